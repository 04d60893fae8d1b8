import { type ApprovableAct, type Approval, covers, mayCover } from '../domain/approval.ts';
import type { Finding } from '../domain/finding.ts';
import { type ObservedKey, type ObservedVersion, sameOperations } from '../domain/key.ts';
import type { KeyPolicy } from '../domain/policy.ts';
import { actsOn, type KeyRecord, type VersionRecord } from '../domain/register.ts';
import { MINUTE_MS, SECOND_MS, sameMoment } from '../domain/time.ts';

/** How far the audit log's time of an act may lie from the vault's own, in ms. */
export const SAME_ACT_MS = 5_000;

type Dates = Pick<Finding, 'since' | 'latest' | 'previous' | 'earlier' | 'after'>;

/**
 * When an attribute of a version came to be as it is. The vault's time is that of the version's last change, which may
 * have been another: what an earlier look dated keeps its date for as long as it stays as it was.
 */
export function datesOf(
  act: ApprovableAct | undefined,
  version: ObservedVersion,
  known: VersionRecord | undefined,
  now: Date,
): Dates {
  const seen = known?.seen;
  if (act === undefined || seen === undefined) return { since: version.updated };
  const stands = isAsSeen(act, version, seen);
  const dated = known?.differing?.[act];
  if (stands && dated !== undefined) {
    const { undated, ...dates } = dated;
    return { ...dates, earlier: undated === true ? 'undated' : 'dated' };
  }
  // Nobody confirmed that a change of operations moves `updated`: then it was at any time since they were last read.
  if (act === 'operations' && !stands && sameMoment(seen.updated, version.updated))
    return { since: seen.inFullAt, latest: now };
  return { since: version.updated, previous: seen.updated };
}

/** Whether the attribute that an act is about is as the last look saw it. */
function isAsSeen(act: ApprovableAct, version: ObservedVersion, seen: NonNullable<VersionRecord['seen']>): boolean {
  switch (act) {
    case 'disable':
    case 'enable':
      return version.enabled === seen.enabled;
    case 'expire':
      return sameMoment(version.expiresOn, seen.expiresOn);
    case 'not-before':
      return sameMoment(version.notBefore, seen.notBefore);
    case 'operations':
      return version.detail === undefined || sameOperations(version.detail.operations, seen.operations);
    case 'delete':
      return false;
    default:
      return act satisfies never;
  }
}

interface Looked {
  readonly key: string;
  readonly observed: ObservedKey;
  readonly record: KeyRecord;
  readonly policy: KeyPolicy;
  readonly approvals: readonly Approval[];
  /** When the last pass over the vault began that ended well before this look; `undefined` where none did. */
  readonly lastPassAt: Date | undefined;
  readonly now: Date;
}

/** Between which moments an act happened. */
type Hidden = Required<Pick<Finding, 'after'>> & Pick<Finding, 'latest'>;

/**
 * After which moment an act happened, at the earliest, where a later change may have moved the vault's time: when the
 * guardian last saw the version otherwise. `undefined` where its date is certain.
 */
function hiddenAfter(finding: Finding, { observed, record, policy, lastPassAt }: Looked): Hidden | undefined {
  const { act, version, earlier, after } = finding;
  const known = version === undefined ? undefined : record.versions[version];
  if (act === undefined || known?.seen === undefined) return undefined;
  const shown =
    observed.kind === 'present' ? observed.versions.find((candidate) => candidate.version === version) : undefined;
  // What stands as it was may have been put back and done again since, where the version was changed.
  if (earlier === 'dated')
    return shown === undefined || sameMoment(shown.updated, known.seen.updated)
      ? undefined
      : { after: known.seen.at, latest: shown.updated };
  if (earlier === 'undated') return { after: after ?? known.created };
  // What a pass lists does not show operations, and its time may not tell of them.
  if (act === 'operations') return { after: known.seen.inFullAt };
  const isCurrent = observed.kind === 'present' && observed.current === version && record.current === version;
  // A pass shows the others only where they are listed each minute.
  const passed = isCurrent || (policy.olderVersions === 'each-minute' && known.approved?.enabled === true);
  // One that began after the vault's time saw it as it is now.
  const sawOtherwise =
    passed &&
    lastPassAt !== undefined &&
    lastPassAt.getTime() < finding.since.getTime() + SECOND_MS &&
    // A pass ends well although it was refused this key: since then none saw it.
    record.failing === undefined;
  return { after: new Date(Math.max(known.seen.at.getTime(), sawOtherwise ? lastPassAt.getTime() : 0)) };
}

/** The finding, marked where its act cannot be dated and that matters. */
export function ifUndated(found: Finding, looked: Looked): Finding {
  const hidden = hiddenAfter(found, looked);
  if (hidden === undefined) return found;
  const finding = { ...found, ...hidden };
  if (isUndated(finding, looked)) return { ...finding, undated: true };
  return found.earlier === 'dated' ? found : finding;
}

/**
 * Audit records come so late at most, in ms, and in any order: before, those that are here tell nothing of the others.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/logging
 */
const RECORDS_LATE_MS = 10 * MINUTE_MS;

/**
 * Whether nobody can say when a version came to be as it is, and an approval covers it or not, depending on that. Acts that
 * the audit log has told of narrow it to theirs, once all have had the time to be told.
 */
function isUndated(
  { act, version, since, latest = since, after }: Finding,
  { key, record, approvals, now }: Looked,
): boolean {
  if (act === undefined || after === undefined) return false;
  const mayBeCovered = approvals.some((approval) =>
    mayCover(approval, key, { act, version, at: latest, by: undefined }, after),
  );
  if (!mayBeCovered) return false;
  const told = actsOn(record, 'KeyUpdate', version).filter(
    ({ at }) => at.getTime() > after.getTime() && at.getTime() <= latest.getTime() + SAME_ACT_MS,
  );
  const areAllKept = record.actsCutUntil === undefined || record.actsCutUntil.getTime() <= after.getTime();
  const isAllTold = told.length > 0 && areAllKept && now.getTime() - latest.getTime() >= RECORDS_LATE_MS;
  return (
    !isAllTold ||
    approvals.some((approval) => told.some(({ at, by }) => covers(approval, key, { act, version, at, by: by.oid })))
  );
}
