import type { Finding } from '../domain/finding.ts';
import type { ListedVersion, ObservedKey, ObservedVersion } from '../domain/key.ts';
import { keyPolicy, type Policy } from '../domain/policy.ts';
import { approvedVersions, EMPTY_KEY_RECORD, type KeyRecord, type VersionRecord } from '../domain/register.ts';
import { HOUR_MS, SECOND_MS, sameMoment } from '../domain/time.ts';
import type { DeletedKey, ListedKey, ReadVersion } from '../domain/vault.ts';
import { hasCalmed } from '../guard/contested.ts';
import { wasBadBefore } from '../guard/decide.ts';
import { findings } from '../guard/findings.ts';
import { isSettled } from '../guard/observe.ts';

/** What a pass over a vault has read so far. */
export interface Lists {
  readonly keys: readonly ListedKey[];
  readonly deleted: readonly DeletedKey[];
}

type Register = ReadonlyMap<string, KeyRecord>;

/**
 * Every approved version is read in full within the hour, since nobody confirmed that a change of operations moves
 * `updated`; so are versions listed that are not looked at each minute. They may come again when two thirds of their hour
 * are over, a few in each pass, those that waited longest first: what was accepted in one moment must not be read in one.
 */
const FULL_FROM_MS = (2 * HOUR_MS) / 3;
const FULL_WITHIN_MS = HOUR_MS - FULL_FROM_MS;

/** How many of `all` one pass takes, so that each has had its turn when the hour is over. */
const turnsOf = (all: number, sweepEverySeconds: number): number =>
  Math.ceil((all * sweepEverySeconds * SECOND_MS) / FULL_WITHIN_MS);

/** The guarded keys of a list. */
const guarded = (policy: Policy, vault: string, lists: Lists): readonly ListedKey[] =>
  lists.keys.filter((listed) => keyPolicy(policy, vault, listed.key).guarded);

/**
 * The keys whose versions the pass must list: those of which more than the current version is watched, what looks new, and
 * of the others those whose turn it is within the hour.
 *
 * @param sweepEverySeconds time between two passes
 */
export function keysToList(
  policy: Policy,
  vault: string,
  lists: Lists,
  register: Register,
  now: Date,
  sweepEverySeconds = 60,
): readonly string[] {
  const always: string[] = [];
  const hourly: { readonly key: string; readonly seenAt: number }[] = [];
  for (const listed of guarded(policy, vault, lists)) {
    const record = register.get(listed.key) ?? EMPTY_KEY_RECORD;
    const current = record.current === undefined ? undefined : record.versions[record.current];
    const others = Object.entries(record.versions).filter(([version]) => version !== record.current);
    const watched = others.some(([, known]) => known.approved?.enabled === true);
    const seenAt = Math.min(...others.map(([, known]) => known.seen?.at.getTime() ?? Number.NEGATIVE_INFINITY));
    if (
      current === undefined ||
      current.created.getTime() !== listed.created.getTime() ||
      (watched && keyPolicy(policy, vault, listed.key).olderVersions === 'each-minute') ||
      seenAt === Number.NEGATIVE_INFINITY
    )
      always.push(listed.key);
    else if (others.length > 0) hourly.push({ key: listed.key, seenAt });
  }
  const due = hourly
    .filter(({ seenAt }) => now.getTime() - seenAt >= FULL_FROM_MS)
    .toSorted((one, other) => one.seenAt - other.seenAt)
    .slice(0, turnsOf(hourly.length, sweepEverySeconds));
  return [...always, ...due.map(({ key }) => key)];
}

export interface VersionToRead {
  readonly key: string;
  readonly version: string;
}

/**
 * The approved versions that the pass must read in full: `updated` is new or was not settled, or it is their turn within
 * the hour.
 *
 * @param sweepEverySeconds time between two passes
 */
export function versionsToRead(
  policy: Policy,
  vault: string,
  lists: Lists,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
  register: Register,
  now: Date,
  sweepEverySeconds = 60,
): readonly VersionToRead[] {
  const shown = guarded(policy, vault, lists).flatMap((key) => {
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
      ({ version, record, seen }) =>
        isSettled(version, record) && seen !== undefined && now.getTime() - seen.inFullAt.getTime() >= FULL_FROM_MS,
    )
    .toSorted((one, other) => (one.seen?.inFullAt.getTime() ?? 0) - (other.seen?.inFullAt.getTime() ?? 0))
    .slice(0, turnsOf(approvedIn(policy, vault, lists, register), sweepEverySeconds));
  return [...changed, ...due].map(({ key, version }) => ({ key, version: version.version }));
}

/** How many versions of the vault's keys are approved, listed in this pass or not. */
const approvedIn = (policy: Policy, vault: string, lists: Lists, register: Register): number =>
  guarded(policy, vault, lists).reduce(
    (sum, { key }) => sum + approvedVersions(register.get(key) ?? EMPTY_KEY_RECORD).length,
    0,
  );

/** Whether a version was last looked at so long ago that it is its turn, or never. */
const isTurn = (seen: VersionRecord['seen'], now: Date): boolean =>
  seen === undefined || now.getTime() - seen.at.getTime() >= FULL_FROM_MS;

/** The versions of a key as the lists show them: all where they were listed, else the current one alone. */
function versionsShown(
  key: ListedKey,
  listed: readonly ListedVersion[] | undefined,
  record: KeyRecord,
): readonly ListedVersion[] {
  if (listed !== undefined) return listed;
  return record.current === undefined ? [] : [{ ...key, version: record.current }];
}

/** What a pass came to. */
export interface Pass {
  /** Keys to inspect. */
  readonly differing: readonly string[];
  /** Versions that were bad before the last look and would be undone now. */
  readonly standing: number;
  /** Rows to write: what was seen of keys that are as approved. */
  readonly seen: ReadonlyMap<string, KeyRecord>;
}

/**
 * Compares a vault's lists with the register. Pure: a key differs where a rule finds something, where a version is not
 * known, or where something of it is still settling.
 */
export function compare(
  policy: Policy,
  vault: string,
  lists: Lists,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
  read: ReadonlyMap<string, ReadVersion>,
  register: Register,
  now: Date,
): Pass {
  const differing: string[] = [];
  const seen = new Map<string, KeyRecord>();
  let standing = 0;
  const names = new Set([
    ...guarded(policy, vault, lists).map(({ key }) => key),
    ...[...register.keys()].filter((key) => keyPolicy(policy, vault, key).guarded),
  ]);
  for (const key of names) {
    const record = register.get(key) ?? EMPTY_KEY_RECORD;
    const observed = observedIn(key, lists, listed.get(key), read, record);
    const situation = {
      vault,
      key,
      observed,
      record,
      policy: keyPolicy(policy, vault, key),
      now,
      listed: lists.keys.length,
    };
    const found = findings(situation);
    // What is behind a certificate is never written to.
    if (situation.policy.mode === 'block' && !(observed.kind !== 'absent' && observed.managed))
      standing += versionsOf(
        found.filter((finding) => wasBadBefore(finding, situation)),
        record,
      );
    if (found.length > 0 || hasNews(observed, record, now)) differing.push(key);
    else if (observed.kind === 'present') seen.set(key, seenNow(observed, record, read, now));
  }
  return { differing, standing, seen };
}

/** How many versions some findings are about: a deletion takes all of them. */
function versionsOf(found: readonly Finding[], record: KeyRecord): number {
  if (found.some(({ version }) => version === undefined)) return approvedVersions(record).length;
  return new Set(found.map(({ version }) => version)).size;
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
    return deleted === undefined
      ? { kind: 'absent' }
      : {
          kind: 'deleted',
          managed: deleted.managed,
          deletedOn: deleted.deletedOn,
          scheduledPurgeOn: deleted.scheduledPurgeOn,
        };
  }
  const shown = versionsShown(present, listed, record);
  const versions = shown.map(
    (version): ObservedVersion => read.get(`${key}/${version.version}`) ?? { ...version, detail: undefined },
  );
  const unlisted = listed === undefined ? unwatched(record) : [];
  const current =
    listed?.find((version) => version.created.getTime() === present.created.getTime())?.version ?? record.current ?? '';
  return { kind: 'present', managed: present.managed, current, versions: [...versions, ...unlisted] };
}

/** The versions that this pass did not list stand as they were last seen. */
function unwatched(record: KeyRecord): readonly ObservedVersion[] {
  return Object.entries(record.versions).flatMap(([version, { created, seen }]) =>
    version === record.current || seen === undefined
      ? []
      : [
          {
            version,
            created,
            updated: seen.updated,
            enabled: seen.enabled,
            notBefore: seen.notBefore,
            expiresOn: seen.expiresOn,
            detail: undefined,
          },
        ],
  );
}

/** Whether there is anything that only an inspection can settle. */
function hasNews(observed: ObservedKey, record: KeyRecord, now: Date): boolean {
  switch (observed.kind) {
    case 'present':
      return (
        record.approvedDeletion !== undefined ||
        record.absentSince !== undefined ||
        record.recovering !== undefined ||
        record.failing !== undefined ||
        record.lastLookFound === true ||
        hasCalmed(record, now) ||
        observed.versions.some((version) => record.versions[version.version] === undefined) ||
        approvedVersions(record).length === 0
      );
    case 'deleted':
    case 'absent':
      return false;
    default:
      return observed satisfies never;
  }
}

/** The register's row with what this pass saw. A version that was not read keeps the operations it was last seen with. */
function seenNow(
  observed: Extract<ObservedKey, { kind: 'present' }>,
  record: KeyRecord,
  read: ReadonlyMap<string, ReadVersion>,
  now: Date,
): KeyRecord {
  const readNow = new Set([...read.values()].map(({ version }) => version));
  const changed = observed.versions.filter((version) => {
    const seen = record.versions[version.version]?.seen;
    return (
      readNow.has(version.version) ||
      (seen !== undefined && !sameMoment(seen.updated, version.updated)) ||
      (!version.enabled && isTurn(seen, now))
    );
  });
  if (changed.length === 0) return record;
  const versions = { ...record.versions };
  for (const { version, updated, enabled, notBefore, expiresOn, detail } of changed) {
    const known = versions[version];
    // What is disabled may not be shown in full: then its list is all that there is to see until it is enabled.
    const operations = detail?.operations ?? (enabled ? undefined : known?.approved?.operations);
    if (known === undefined || operations === undefined) continue;
    versions[version] = {
      ...known,
      seen: {
        at: now,
        updated,
        enabled,
        notBefore,
        expiresOn,
        operations: [...operations],
        inFullAt: now,
        verdict: 'good',
      },
    };
  }
  return { ...record, versions };
}
