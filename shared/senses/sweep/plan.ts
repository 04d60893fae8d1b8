import type { ListedVersion } from '../../domain/key.ts';
import { keyPolicy, type Policy } from '../../domain/policy.ts';
import { approvedVersions, EMPTY_KEY_RECORD, type KeyRecord, type LastObserved } from '../../domain/register.ts';
import { isWatched, pinnedVersions, type Surveyed } from '../../domain/survey.ts';
import { HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import type { DeletedKey, KeyList, ListedKey } from '../../domain/vault.ts';
import { FULL_FROM_MS, isDue, isFullReadDue, isSettled } from '../../guard/keys/snapshot.ts';

/** The lists of a vault that a sweep has read. */
export interface Lists extends KeyList {
  readonly deleted: readonly DeletedKey[];
}

/** The register's records, by key. */
export type Register = ReadonlyMap<string, KeyRecord>;

/** What a sweep knows once it has read the lists of a vault's keys. */
export interface Listing {
  readonly policy: Policy;
  readonly vault: string;
  readonly lists: Lists;
  readonly register: Register;
  /** What the surveys know of the keys' users. */
  readonly surveyed: Surveyed;
  /** When the sweep began: a later change may not be in its lists. */
  readonly beganAt: Date;
  /** Time between two sweeps, in seconds. */
  readonly sweepEverySeconds: number;
}

/**
 * The last third of an hour, in ms. Every approved version is read in full once an hour, and versions that are not swept each
 * minute are listed once an hour. They are due after two thirds of the hour; each sweep takes a few of them, the oldest
 * first, so that versions accepted at the same moment are not all read at the same moment.
 */
const FULL_WITHIN_MS = HOUR_MS - FULL_FROM_MS;

/** How many of `all` one sweep takes, so that all are read within the hour. */
const turnsOf = (all: number, sweepEverySeconds: number): number =>
  Math.ceil((all * sweepEverySeconds * SECOND_MS) / FULL_WITHIN_MS);

/** The guarded keys of a list. */
export const guarded = ({ policy, vault, lists }: Pick<Listing, 'policy' | 'vault' | 'lists'>): readonly ListedKey[] =>
  lists.keys.filter((listed) => keyPolicy(policy, vault, listed.key).guarded);

/**
 * The keys whose versions the sweep has to list: those with older versions that a known user may need, those that may have a
 * new version, and some of the others that are due within the hour.
 */
export function keysToList(listing: Listing): readonly string[] {
  const { vault, register, surveyed, beganAt, sweepEverySeconds } = listing;
  const always: string[] = [];
  const hourly: { readonly key: string; readonly observedAtMs: number }[] = [];
  for (const listed of guarded(listing)) {
    const record = register.get(listed.key) ?? EMPTY_KEY_RECORD;
    const { approved, observed } = record;
    const current = observed.current === undefined ? undefined : approved.versions[observed.current];
    const others = Object.entries(approved.versions).filter(([version]) => version !== observed.current);
    const pinned = pinnedVersions(surveyed, { vault, key: listed.key }, beganAt);
    const watched = others.some(([version, known]) => known.attributes?.enabled === true && isWatched(version, pinned));
    const observedAtMs = Math.min(
      ...others.map(([version]) => observed.versions[version]?.at.getTime() ?? Number.NEGATIVE_INFINITY),
    );
    if (
      current === undefined ||
      current.created.getTime() !== listed.created.getTime() ||
      watched ||
      observedAtMs === Number.NEGATIVE_INFINITY
    )
      always.push(listed.key);
    else if (others.length > 0) hourly.push({ key: listed.key, observedAtMs });
  }
  const due = hourly
    .filter(({ observedAtMs }) => isDue(new Date(observedAtMs), beganAt))
    .toSorted((one, other) => one.observedAtMs - other.observedAtMs)
    .slice(0, turnsOf(hourly.length, sweepEverySeconds));
  return [...always, ...due.map(({ key }) => key)];
}

/** A version that a sweep has to read in full. */
export interface VersionToRead {
  readonly key: string;
  readonly version: string;
}

/**
 * The approved versions that the sweep has to read in full: those whose `updated` is new or was not settled, and some of
 * those that are due within the hour.
 *
 * @param listed the versions of the keys that `keysToList` named
 */
export function versionsToRead(
  listing: Listing,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
): readonly VersionToRead[] {
  const { register, beganAt, sweepEverySeconds } = listing;
  const shown = guarded(listing).flatMap((key) => {
    const record = register.get(key.key) ?? EMPTY_KEY_RECORD;
    return versionsShown(key, listed.get(key.key), record).map((version) => ({
      key: key.key,
      version,
      record,
      last: record.observed.versions[version.version],
    }));
  });
  const approved = shown.filter(
    ({ record, version }) => record.approved.versions[version.version]?.attributes !== undefined,
  );
  const changed = approved.filter(({ version, record }) => !isSettled(version, record));
  const due = approved
    .filter(({ version, record }) => isSettled(version, record) && isFullReadDue(version, record, beganAt))
    .toSorted((one, other) => (one.last?.inFullAt.getTime() ?? 0) - (other.last?.inFullAt.getTime() ?? 0))
    .slice(0, turnsOf(approvedIn(listing), sweepEverySeconds));
  return [...changed, ...due].map(({ key, version }) => ({ key, version: version.version }));
}

/** The keys whose rotation policies the sweep has to read, as their schedule asks for: each once an hour, some in each sweep. */
export function policiesToRead(listing: Listing): readonly string[] {
  const { policy, vault, register, beganAt, sweepEverySeconds } = listing;
  const scheduled = guarded(listing)
    .filter(({ key, managed }) => !managed && keyPolicy(policy, vault, key).rotation !== undefined)
    // A sweep does not write the row of a key that differs: it would stay the oldest, and take the turn of every other key.
    .filter(({ key }) => register.get(key)?.observed.foundSomething !== true)
    .map(({ key }) => ({ key, readAt: register.get(key)?.observed.rotation?.policy?.readAt }));
  return scheduled
    .filter(({ readAt }) => readAt === undefined || isDue(readAt, beganAt))
    .toSorted((one, other) => (one.readAt?.getTime() ?? 0) - (other.readAt?.getTime() ?? 0))
    .slice(0, turnsOf(scheduled.length, sweepEverySeconds))
    .map(({ key }) => key);
}

/** How many versions of the vault's keys are approved, listed in this sweep or not. */
const approvedIn = (listing: Listing): number =>
  guarded(listing).reduce(
    (sum, { key }) => sum + approvedVersions(listing.register.get(key) ?? EMPTY_KEY_RECORD).length,
    0,
  );

/** Whether a version is due: it was last observed long ago, or never. */
export const isTurn = (last: LastObserved | undefined, now: Date): boolean => last === undefined || isDue(last.at, now);

/** The versions of a key as the lists show them: all where they were listed, otherwise only the current one. */
export function versionsShown(
  key: ListedKey,
  listed: readonly ListedVersion[] | undefined,
  record: KeyRecord,
): readonly ListedVersion[] {
  if (listed !== undefined) return listed;
  const { current } = record.observed;
  return current === undefined ? [] : [{ ...key, version: current }];
}
