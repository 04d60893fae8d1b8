import { type ApprovableAct, type Approval, covers, mayCover } from '../domain/approval.ts';
import type { Finding } from '../domain/finding.ts';
import { type ObservedKey, type ObservedVersion, sameOperations } from '../domain/key.ts';
import type { KeyPolicy } from '../domain/policy.ts';
import type { KeyRecord, VersionRecord } from '../domain/register.ts';
import { sameMoment } from '../domain/time.ts';

/** How far the audit log's time of an act may lie from the vault's own, in ms. */
export const SAME_ACT_MS = 5_000;

type Dates = Pick<Finding, 'since' | 'latest' | 'earlier'>;

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
    const { since, latest, undated } = dated;
    return { since, ...(latest === undefined ? {} : { latest }), earlier: undated === true ? 'undated' : 'dated' };
  }
  // Nobody confirmed that a change of operations moves `updated`: then it was at any time since they were last read.
  if (act === 'operations' && !stands && sameMoment(seen.updated, version.updated))
    return { since: seen.inFullAt, latest: now };
  return { since: version.updated };
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
  /** When a pass over the vault last ended well before this look; `undefined` where none did. */
  readonly lastPassAt: Date | undefined;
}

/**
 * Whether nobody can say when a version came to be as it is, and an approval covers it or not, depending on that. It came
 * to be since the guardian last saw it otherwise. Acts that the audit log told of since then narrow it to theirs.
 */
export function isUndated(finding: Finding, { key, observed, record, policy, approvals, lastPassAt }: Looked): boolean {
  const { act, version, since, latest, earlier, remedy } = finding;
  const known = version === undefined ? undefined : record.versions[version];
  if (approvals.length === 0 || act === undefined || known?.seen === undefined || remedy.kind !== 'restore')
    return false;
  if (earlier !== undefined) return earlier === 'undated';
  const isCurrent = observed.kind === 'present' && observed.current === version && record.current === version;
  // A pass shows the others only where they are listed each minute.
  const passed = isCurrent || (policy.olderVersions === 'each-minute' && known.approved?.enabled === true);
  const seenAt = Math.max(known.seen.at.getTime(), passed ? (lastPassAt?.getTime() ?? 0) : 0);
  // What a pass lists does not show operations, and its time may not tell of them.
  const after = act === 'operations' ? known.seen.inFullAt : new Date(seenAt);
  const told = record.acts.filter(
    ({ operation, version: of, at }) =>
      operation === 'KeyUpdate' && (of === undefined || of === version) && at.getTime() > after.getTime(),
  );
  return approvals.some((approval) =>
    told.length === 0
      ? mayCover(approval, key, { act, version, at: latest ?? since, by: undefined }, after)
      : told.some(({ at, by }) => covers(approval, key, { act, version, at, by: by.oid })),
  );
}
