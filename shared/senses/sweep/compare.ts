import type { Situation } from '../../domain/finding.ts';
import type { ListedVersion, ObservedKey, ObservedVersion } from '../../domain/key.ts';
import { keyPolicy } from '../../domain/policy.ts';
import { EMPTY_KEY_RECORD, isGuarded, type KeyRecord } from '../../domain/register.ts';
import type { RotationPolicy } from '../../domain/rotation-policy.ts';
import { pinnedVersions } from '../../domain/survey.ts';
import { HOUR_MS, sameMoment } from '../../domain/time.ts';
import type { ReadVersion } from '../../domain/vault.ts';
import { findings } from '../../guard/keys/findings.ts';
import { isFlapping } from '../../guard/keys/flapping.ts';
import { lastObservedNow } from '../../guard/keys/next-record.ts';
import { deletedAs } from '../../guard/keys/snapshot.ts';
import { isOffSchedule } from '../../rotation/decide.ts';
import { guarded, isTurn, type Listing, type Lists, versionsShown } from './plan.ts';

/** The result of a comparison. */
export interface Compared {
  /** Keys to inspect. */
  readonly differing: readonly string[];
  /** Rows to write: what was observed of keys that are as approved. */
  readonly observed: ReadonlyMap<string, KeyRecord>;
  /** Keys to inspect for their schedule, of those that are as approved: those first that were inspected longest ago. */
  readonly offSchedule: readonly string[];
}

/** Keys of one vault that a sweep has inspected for their schedule at most: making keys has the narrowest limit of a vault. */
export const OFF_SCHEDULE_AT_ONCE = 4;

/**
 * Compares a vault's lists with the register. Pure. A key differs where a rule finds something, where a version is not known,
 * or where its state is still settling.
 */
export function compare(
  listing: Listing,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
  read: ReadonlyMap<string, ReadVersion>,
  policies: ReadonlyMap<string, RotationPolicy | undefined> = new Map(),
): Compared {
  const { policy, vault, lists, register, surveyed, beganAt } = listing;
  const differing: string[] = [];
  const rows = new Map<string, KeyRecord>();
  const offSchedule: { readonly key: string; readonly inspectedAtMs: number }[] = [];
  const names = new Set([
    ...guarded(listing).map(({ key }) => key),
    ...[...lists.unclear, ...register.keys()].filter((key) => keyPolicy(policy, vault, key).guarded),
  ]);
  for (const key of names) {
    const record = register.get(key) ?? EMPTY_KEY_RECORD;
    const observed = observedIn(key, lists, listed.get(key), read, record);
    const pinned = pinnedVersions(surveyed, { vault, key }, beganAt);
    const keyIs = { vault, key, observed, record, policy: keyPolicy(policy, vault, key), pinned, now: beganAt };
    const isClear = !lists.unclear.includes(key) && isAsApproved(keyIs) && !isUnsettled(observed, record, beganAt);
    if (!isClear) differing.push(key);
    // A key that differs has a schedule all the same: what holds its rotation back, and a weaker rotation policy, is alerted. Its
    // inspection writes its row.
    if (observed.kind === 'present' && (isClear || register.has(key))) {
      const shown = isClear ? observedNow(observed, record, listed.has(key), read, beganAt) : record;
      const row = withPolicy(shown, key, policies, beganAt);
      if (isClear) rows.set(key, row);
      const { rotation = {} } = row.observed;
      const newest = observed.versions.find(({ version }) => version === observed.current);
      const isOff = newest !== undefined && isOffSchedule(keyIs.policy.rotation, newest, rotation, !isClear, beganAt);
      if (isOff && !observed.managed) offSchedule.push({ key, inspectedAtMs: rotation.inspectedAt?.getTime() ?? 0 });
    }
  }
  const inTurn = offSchedule.toSorted((one, other) => one.inspectedAtMs - other.inspectedAtMs);
  return { differing, observed: rows, offSchedule: inTurn.slice(0, OFF_SCHEDULE_AT_ONCE).map(({ key }) => key) };
}

/**
 * Whether no rule finds anything of a key. False where a rule throws: the key's own inspection then throws as well, and the
 * other keys are compared.
 */
function isAsApproved(situation: Situation): boolean {
  try {
    return findings(situation).length === 0;
  } catch {
    return false;
  }
}

function observedIn(
  key: string,
  lists: Lists,
  listed: readonly ListedVersion[] | undefined,
  read: ReadonlyMap<string, ReadVersion>,
  record: KeyRecord,
): ObservedKey {
  const present = lists.keys.find((candidate) => candidate.key === key);
  if (present === undefined) {
    const deleted = lists.deleted.find((candidate) => candidate.key === key);
    return deleted === undefined ? { kind: 'absent' } : deletedAs(deleted);
  }
  const shown = versionsShown(present, listed, record);
  const versions = shown.map(
    (version): ObservedVersion => read.get(`${key}/${version.version}`) ?? { ...version, detail: undefined },
  );
  const unlisted = listed === undefined ? unlistedVersions(record) : [];
  const current =
    listed?.find((version) => version.created.getTime() === present.created.getTime())?.version ??
    record.observed.current ??
    '';
  return { kind: 'present', managed: present.managed, current, versions: [...versions, ...unlisted] };
}

/** The versions that this sweep did not list, as they were last observed. */
const unlistedVersions = ({ approved, observed }: KeyRecord): readonly ObservedVersion[] =>
  Object.entries(observed.versions).flatMap(([version, { updated, enabled, notBefore, expiresOn }]) => {
    const created = approved.versions[version]?.created;
    if (version === observed.current || created === undefined) return [];
    return [{ version, created, updated, enabled, notBefore, expiresOn, detail: undefined }];
  });

/** Whether the key needs an inspection although no rule finds anything. */
function isUnsettled(shown: ObservedKey, record: KeyRecord, now: Date): boolean {
  const { observed, inFlight, approved } = record;
  if (observed.foundSomething === true || inFlight.unreadable !== undefined) return true;
  switch (shown.kind) {
    case 'present':
      return (
        observed.absentSince !== undefined ||
        inFlight.recovering !== undefined ||
        isFlapping(record, now) ||
        inFlight.undone.some(({ at }) => now.getTime() - at.getTime() >= HOUR_MS) ||
        shown.versions.some((version) => approved.versions[version.version] === undefined) ||
        !isGuarded(record)
      );
    case 'deleted':
      return observed.absentSince !== undefined;
    case 'absent':
      return false;
    default:
      return shown satisfies never;
  }
}

/** The register's row with the rotation policy that this sweep has read; as it is where it read none. */
function withPolicy(
  row: KeyRecord,
  key: string,
  policies: ReadonlyMap<string, RotationPolicy | undefined>,
  readAt: Date,
): KeyRecord {
  if (!policies.has(key)) return row;
  const rotation = { ...row.observed.rotation, policy: { readAt, is: policies.get(key) } };
  return { ...row, observed: { ...row.observed, rotation } };
}

/** The register's row with what this sweep observed. A version that was not read keeps its last observed operations. */
function observedNow(
  shown: Extract<ObservedKey, { kind: 'present' }>,
  record: KeyRecord,
  isListed: boolean,
  read: ReadonlyMap<string, ReadVersion>,
  now: Date,
): KeyRecord {
  const readNow = new Set([...read.values()].map(({ version }) => version));
  const changed = shown.versions.filter((version) => {
    // Without a list only the current version was observed now: the others stand as they were last observed.
    if (!isListed && version.version !== shown.current) return false;
    const last = record.observed.versions[version.version];
    return (
      readNow.has(version.version) ||
      (last !== undefined && !sameMoment(last.updated, version.updated)) ||
      (!version.enabled && isTurn(last, now))
    );
  });
  if (changed.length === 0) return record;
  return { ...record, observed: { ...record.observed, versions: lastObservedNow(changed, record, now) } };
}
