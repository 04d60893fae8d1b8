import {
  type Attributes,
  type ListedVersion,
  type ObservedVersion,
  sameOperations,
  VITAL_OPERATIONS,
} from '../domain/key.ts';
import { type ApprovedVersion, isKept, type KeyRecord } from '../domain/register.ts';
import { DAY_MS, sameMoment, utc } from '../domain/time.ts';

/** An unusable version is suspicious where it was changed within this time, in ms. */
const RECENT_MS = 30 * DAY_MS;

/** A version in the proposal for a baseline. */
export interface Proposed {
  readonly key: string;
  /** `undefined` for a deleted key: its versions cannot be read. Without `detail`, a disabled version whose read the service refuses. */
  readonly shown: ObservedVersion | undefined;
  readonly current: boolean;
  /** Its approved attributes; `undefined` where it is not approved. */
  readonly approved: Attributes | undefined;
  /** Whether its key was deleted with approval, or abandoned, and is back. */
  readonly comesBack: boolean;
  /** Why a person has to decide on it; `undefined` where it is not suspicious. */
  readonly suspicious: string | undefined;
  /** When reading it began: a later change may not be in it. */
  readonly readAt: Date;
  /** When it was last changed, where that was after it was made and less than 30 days ago. */
  readonly changedAt: Date | undefined;
}

/** Its name on the command line: `key/version`. */
export const nameOf = ({ key, shown }: Proposed): string => `${key}/${shown?.version ?? ''}`;

/**
 * The proposal for one version, or for a deleted key.
 *
 * @param shown `undefined` for a deleted key, whose versions cannot be read
 * @param record the register's record of its key; `undefined` where there is none, and for a deleted key
 * @param now when reading it began
 */
export function proposalFor(
  key: string,
  shown: ObservedVersion | undefined,
  current: boolean,
  record: KeyRecord | undefined,
  now: Date,
): Proposed {
  const known = shown && record?.approved.versions[shown.version];
  const approved = known?.attributes;
  const comesBack = record !== undefined && !isKept(record);
  const reasons = [
    comesBack ? 'its key was deleted with approval, or abandoned, and is back' : undefined,
    shown === undefined ? 'the key is deleted' : (suspicion(shown, current, approved, now) ?? refused(known)),
  ].filter((reason) => reason !== undefined);
  return {
    key,
    shown,
    current,
    approved,
    comesBack,
    suspicious: reasons.length === 0 ? undefined : reasons.join('; '),
    readAt: now,
    changedAt: shown !== undefined && changedLately(shown, now) ? shown.updated : undefined,
  };
}

/** Suspicious versions first, then those changed lately. */
export const bySuspicion = (proposed: readonly Proposed[]): readonly Proposed[] =>
  proposed.toSorted((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ suspicious, changedAt }: Proposed): number =>
  suspicious !== undefined ? 0 : changedAt !== undefined ? 1 : 2;

const changedLately = ({ created, updated }: ListedVersion, now: Date): boolean =>
  updated.getTime() > created.getTime() && now.getTime() - updated.getTime() < RECENT_MS;

function suspicion(
  shown: ObservedVersion,
  current: boolean,
  approved: Attributes | undefined,
  now: Date,
): string | undefined {
  const { notBefore, detail } = shown;
  const changed = `was changed on ${utc(shown.updated)}`;
  const recent = now.getTime() - shown.updated.getTime() < RECENT_MS;
  const over = overAt(shown, now);
  if (over !== undefined && current) return `${over} and is the current version: it may be in use`;
  if (over !== undefined && recent) return `${over} and ${changed}`;
  if (notBefore !== undefined && notBefore.getTime() > now.getTime())
    return `it cannot be used before ${utc(notBefore)}`;
  // A key that was made without these operations was never meant for disks.
  const removed = VITAL_OPERATIONS.filter((vital) => detail?.operations.includes(vital) === false);
  if (removed.length > 0 && changedLately(shown, now)) return `it has no ${removed.join(' and ')} and ${changed}`;
  return approved === undefined || isAsApproved(shown, approved) ? undefined : 'it is not as approved';
}

/** Why a version cannot be used any more at this moment; `undefined` where it can, or may be used later. */
function overAt({ enabled, expiresOn }: ListedVersion, now: Date): string | undefined {
  if (!enabled) return 'it is disabled';
  return expiresOn !== undefined && expiresOn.getTime() <= now.getTime() ? 'it has expired' : undefined;
}

/** Why the guardian did not approve a known version. */
const refused = (known: ApprovedVersion | undefined): string | undefined =>
  known === undefined || known.attributes !== undefined
    ? undefined
    : (known.revoked ?? 'it was not approved when it was first observed');

const isAsApproved = ({ enabled, notBefore, expiresOn, detail }: ObservedVersion, approved: Attributes): boolean =>
  enabled === approved.enabled &&
  sameMoment(notBefore, approved.notBefore) &&
  sameMoment(expiresOn, approved.expiresOn) &&
  (detail === undefined || sameOperations(detail.operations, approved.operations));

/** Why a version is unusable as it is now; `undefined` where it is usable. */
export function unusable({ shown, approved }: Proposed, now: Date): string | undefined {
  if (shown === undefined) return 'its key is deleted';
  const over = overAt(shown, now);
  if (over !== undefined) return over;
  if (shown.notBefore !== undefined && shown.notBefore.getTime() > now.getTime()) return 'it cannot be used yet';
  const removed = VITAL_OPERATIONS.filter(
    (vital) => approved?.operations.includes(vital) === true && shown.detail?.operations.includes(vital) === false,
  );
  return removed.length === 0 ? undefined : `it has no ${removed.join(' and ')}`;
}
