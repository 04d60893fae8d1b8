import { type ApprovableAct, type Approval, attributeOf, covers } from '../../domain/approval.ts';
import type { Judgement } from '../../domain/decision.ts';
import type { Finding, Situation } from '../../domain/finding.ts';
import { type Attributes, versionNamed } from '../../domain/key.ts';
import type { RegisterChange } from '../../domain/register.ts';
import { withChanges } from '../../register/changes.ts';

/** The approval that covers a finding; `undefined` where none does. */
export const approvalFor = (
  { act, version, otherwiseAt }: Finding,
  { key, now }: Pick<Situation, 'key' | 'now'>,
  approvals: readonly Approval[],
): Approval | undefined =>
  approvals.find((approval) => act !== undefined && covers(approval, { key, version, act, otherwiseAt }, now));

/**
 * The changes of the register by which approvals are consumed: the state that an approval allows becomes the approved one.
 * Several approvals for one version are applied one after the other.
 */
export function consumptions(judgements: readonly Judgement[], situation: Situation): readonly RegisterChange[] {
  const changes: RegisterChange[] = [];
  for (const judgement of judgements)
    changes.push(...consumption(judgement, { ...situation, record: withChanges(situation.record, changes) }));
  return changes;
}

function consumption({ finding, verdict }: Judgement, { observed, record }: Situation): readonly RegisterChange[] {
  if (verdict.kind !== 'approved') return [];
  const { approval } = verdict;
  const { act, since, otherwiseAt, version } = finding;
  if (observed.kind === 'deleted') {
    const { deletedOn, scheduledPurgeOn } = observed;
    const standing = { kind: 'deletion-approved', approval, deletedOn, otherwiseAt, scheduledPurgeOn } as const;
    return [{ kind: 'set-standing', standing }];
  }
  const known = version === undefined ? undefined : record.approved.versions[version];
  const shown = versionNamed(observed, version);
  if (known?.attributes === undefined || shown === undefined || act === undefined) return [];
  const operations = [...(shown.detail?.operations ?? known.attributes.operations)];
  return [
    {
      kind: 'approve-version',
      version: shown.version,
      created: shown.created,
      attributes: allowed(act, known.attributes, { ...shown, operations }),
      because: `approval ${approval}`,
      consumed: { approval, act, at: since, otherwiseAt, before: known.attributes },
    },
  ];
}

/** The approved attributes, with the attribute that the act changes replaced by the one observed. */
function allowed(act: ApprovableAct, approved: Attributes, shown: Attributes): Attributes {
  const attribute = attributeOf[act];
  return attribute === undefined ? approved : { ...approved, [attribute]: shown[attribute] };
}
