import { type Approval, covers, type DatedAct } from '../domain/approval.ts';
import type { Judgement } from '../domain/decision.ts';
import type { Finding, Situation } from '../domain/finding.ts';
import type { Attributes } from '../domain/key.ts';
import type { KeyRecord, RegisterChange } from '../domain/register.ts';
import { CLOCKS_APART_MS } from '../domain/time.ts';
import { withChanges } from '../register/changes.ts';
import { actorOf, CERTAIN_MS } from './actors.ts';

/** The approval that covers what was found, whenever it may have happened; by whom, as far as the audit log has told. */
export function approvalFor(
  finding: Finding,
  { key, record }: Situation,
  approvals: readonly Approval[],
): Approval | undefined {
  const { act } = finding;
  if (act === undefined) return undefined;
  const { version, since, latest = since } = finding;
  if (isOlderThanSeen(finding, record)) return undefined;
  const dated: DatedAct = { act, version, at: since, by: actorOf(finding, record.acts, CERTAIN_MS)?.by.oid };
  return approvals.find((approval) => covers(approval, key, dated) && covers(approval, key, { ...dated, at: latest }));
}

/**
 * Whether what is shown now is older than what was seen after it: an old copy of the vault, as after a failover, or a key
 * that was restored from a backup. What was approved then was spent then.
 */
export function isOlderThanSeen(
  { version, since, latest = since, previous }: Finding,
  { endedDeletion }: KeyRecord,
): boolean {
  if (previous !== undefined) return latest.getTime() < previous.getTime() - CLOCKS_APART_MS;
  if (version !== undefined) return false;
  return endedDeletion !== undefined && latest.getTime() <= endedDeletion.getTime();
}

/**
 * Approvals are spent, not consulted: the state that one allows becomes the approved one. Of several acts on one version
 * each is spent on what the one before it left.
 */
export function spendings(judgements: readonly Judgement[], situation: Situation): readonly RegisterChange[] {
  const changes: RegisterChange[] = [];
  for (const judgement of judgements)
    changes.push(...spending(judgement, { ...situation, record: withChanges(situation.record, changes) }));
  return changes;
}

function spending({ finding, verdict }: Judgement, { observed, record }: Situation): readonly RegisterChange[] {
  if (verdict.kind !== 'approved') return [];
  const by = actorOf(finding, record.acts, CERTAIN_MS)?.by.oid;
  if (observed.kind === 'deleted')
    return [
      {
        kind: 'approve-deletion',
        approval: verdict.approval,
        deletedOn: observed.deletedOn,
        scheduledPurgeOn: observed.scheduledPurgeOn,
        by,
      },
    ];
  const known = finding.version === undefined ? undefined : record.versions[finding.version];
  const shown =
    observed.kind === 'present' ? observed.versions.find((version) => version.version === finding.version) : undefined;
  if (known?.approved === undefined || shown === undefined || finding.act === undefined) return [];
  const approved = allowed(finding.act, known.approved, {
    ...shown,
    operations: shown.detail?.operations ?? known.approved.operations,
  });
  const { act, since: at } = finding;
  const spent = { approval: verdict.approval, act, at, by, after: known.seen?.at, before: known.approved };
  return [
    {
      kind: 'approve-version',
      version: shown.version,
      created: shown.created,
      approved,
      because: `approval ${verdict.approval}`,
      spent,
    },
  ];
}

type Shown = Pick<Attributes, 'enabled' | 'notBefore' | 'expiresOn'> & { readonly operations: readonly string[] };

/** The approved attributes with those replaced that the act is about. */
function allowed(act: NonNullable<Finding['act']>, approved: Attributes, shown: Shown): Attributes {
  switch (act) {
    case 'disable':
    case 'enable':
      return { ...approved, enabled: shown.enabled };
    case 'expire':
      return { ...approved, expiresOn: shown.expiresOn };
    case 'not-before':
      return { ...approved, notBefore: shown.notBefore };
    case 'operations':
      return { ...approved, operations: [...shown.operations] };
    case 'delete':
      return approved;
    default:
      return act satisfies never;
  }
}
