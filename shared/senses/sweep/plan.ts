import type { ListedVersion } from '../../domain/key.ts';
import { keyPolicy, type Policy } from '../../domain/policy.ts';
import { approvedVersions, EMPTY_KEY_RECORD, type KeyRecord, type VersionRecord } from '../../domain/register.ts';
import { HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import type { DeletedKey, KeyList, ListedKey } from '../../domain/vault.ts';
import { isSettled } from '../../guard/observe.ts';

/** What a pass over a vault has read so far. */
export interface Lists extends KeyList {
  readonly deleted: readonly DeletedKey[];
}

/** How many keys the vault lists. */
export const listedKeys = ({ keys, unclear }: Pick<Lists, 'keys' | 'unclear'>): number => keys.length + unclear.length;

/** What was approved and last seen, by key. */
export type Register = ReadonlyMap<string, KeyRecord>;

/** What a pass over a vault starts from, once the lists of its keys have been read. */
export interface Sight {
  readonly policy: Policy;
  readonly vault: string;
  readonly lists: Lists;
  readonly register: Register;
  /** When the pass began: what came to be later may not be in its lists. */
  readonly beganAt: Date;
  /** Time between two passes, in seconds. */
  readonly sweepEverySeconds: number;
}

/**
 * Every approved version is read in full within the hour, since nobody confirmed that a change of operations moves
 * `updated`; so are versions listed that are not looked at each minute. They may come again when two thirds of their hour
 * are over, a few in each pass, those that waited longest first: what was accepted in one moment must not be read in one.
 */
const FULL_FROM_MS = (2 * HOUR_MS) / 3;
const FULL_WITHIN_MS = HOUR_MS - FULL_FROM_MS;

/** Whether it is the turn of what was last looked at then. One that a clock set far ahead has seen must not wait for that. */
const isDue = (seenAt: Date, now: Date): boolean => Math.abs(now.getTime() - seenAt.getTime()) >= FULL_FROM_MS;

/** How many of `all` one pass takes, so that each has had its turn when the hour is over. */
const turnsOf = (all: number, sweepEverySeconds: number): number =>
  Math.ceil((all * sweepEverySeconds * SECOND_MS) / FULL_WITHIN_MS);

/** The guarded keys of a list. */
export const guarded = ({ policy, vault, lists }: Pick<Sight, 'policy' | 'vault' | 'lists'>): readonly ListedKey[] =>
  lists.keys.filter((listed) => keyPolicy(policy, vault, listed.key).guarded);

/**
 * The keys whose versions the pass must list: those of which more than the current version is watched, what looks new, and
 * of the others those whose turn it is within the hour.
 */
export function keysToList(sight: Sight): readonly string[] {
  const { policy, vault, register, beganAt, sweepEverySeconds } = sight;
  const always: string[] = [];
  const hourly: { readonly key: string; readonly seenAtMs: number }[] = [];
  for (const listed of guarded(sight)) {
    const record = register.get(listed.key) ?? EMPTY_KEY_RECORD;
    const current = record.current === undefined ? undefined : record.versions[record.current];
    const others = Object.entries(record.versions).filter(([version]) => version !== record.current);
    const watched = others.some(([, known]) => known.approved?.enabled === true);
    const seenAtMs = Math.min(...others.map(([, known]) => known.seen?.at.getTime() ?? Number.NEGATIVE_INFINITY));
    if (
      current === undefined ||
      current.created.getTime() !== listed.created.getTime() ||
      (watched && keyPolicy(policy, vault, listed.key).olderVersions === 'each-minute') ||
      seenAtMs === Number.NEGATIVE_INFINITY
    )
      always.push(listed.key);
    else if (others.length > 0) hourly.push({ key: listed.key, seenAtMs });
  }
  const due = hourly
    .filter(({ seenAtMs }) => isDue(new Date(seenAtMs), beganAt))
    .toSorted((one, other) => one.seenAtMs - other.seenAtMs)
    .slice(0, turnsOf(hourly.length, sweepEverySeconds));
  return [...always, ...due.map(({ key }) => key)];
}

/** A version that a pass has to read in full. */
export interface VersionToRead {
  readonly key: string;
  readonly version: string;
}

/**
 * The approved versions that the pass must read in full: `updated` is new or was not settled, or it is their turn within
 * the hour.
 *
 * @param listed the versions of the keys that `keysToList` named
 */
export function versionsToRead(
  sight: Sight,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
): readonly VersionToRead[] {
  const { register, beganAt, sweepEverySeconds } = sight;
  const shown = guarded(sight).flatMap((key) => {
    const record = register.get(key.key) ?? EMPTY_KEY_RECORD;
    return versionsShown(key, listed.get(key.key), record).map((version) => ({
      key: key.key,
      version,
      record,
      seen: record.versions[version.version]?.seen,
    }));
  });
  const approved = shown.filter(({ record, version }) => record.versions[version.version]?.approved !== undefined);
  const changed = approved.filter(({ version, record }) => !isSettled(version, record));
  const due = approved
    .filter(
      ({ version, record, seen }) => isSettled(version, record) && seen !== undefined && isDue(seen.inFullAt, beganAt),
    )
    .toSorted((one, other) => (one.seen?.inFullAt.getTime() ?? 0) - (other.seen?.inFullAt.getTime() ?? 0))
    .slice(0, turnsOf(approvedIn(sight), sweepEverySeconds));
  return [...changed, ...due].map(({ key, version }) => ({ key, version: version.version }));
}

/** How many versions of the vault's keys are approved, listed in this pass or not. */
const approvedIn = (sight: Sight): number =>
  guarded(sight).reduce(
    (sum, { key }) => sum + approvedVersions(sight.register.get(key) ?? EMPTY_KEY_RECORD).length,
    0,
  );

/** Whether a version was last looked at so long ago that it is its turn, or never. */
export const isTurn = (seen: VersionRecord['seen'], now: Date): boolean => seen === undefined || isDue(seen.at, now);

/** The versions of a key as the lists show them: all where they were listed, else the current one alone. */
export function versionsShown(
  key: ListedKey,
  listed: readonly ListedVersion[] | undefined,
  record: KeyRecord,
): readonly ListedVersion[] {
  if (listed !== undefined) return listed;
  return record.current === undefined ? [] : [{ ...key, version: record.current }];
}
