import type { KeyId, ObservedKey, ObservedVersion, VersionDetail } from '../../domain/key.ts';
import { type KeyRecord, lastPresentAt } from '../../domain/register.ts';
import { CLOCKS_APART_MS, HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import type { ReadVersion, Refusal, VaultReads } from '../../domain/vault.ts';
import { inTurns } from '../../in-turns.ts';

/**
 * An `updated` can move again within its own second, by a clock that is not ours: a reading is settled when it began this
 * much later, in ms.
 */
export const SETTLED_AFTER_MS = 2 * SECOND_MS + CLOCKS_APART_MS;

/**
 * Every approved version is read in full within the hour, since nobody confirmed that a change of operations moves
 * `updated`: from when on it is its turn, in ms after it was last read.
 */
export const FULL_FROM_MS = (2 * HOUR_MS) / 3;

/** Whether it is the turn of what was last observed then. One that a clock set far ahead has observed must not wait for that. */
export const isDue = (observedAt: Date, now: Date): boolean =>
  Math.abs(now.getTime() - observedAt.getTime()) >= FULL_FROM_MS;

/** A key as it is, or why nobody can say. */
export type Observation =
  | { readonly kind: 'observed'; readonly key: ObservedKey }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** What the vault shows is older than what it showed before: a copy that a failover brought forward. */
  | { readonly kind: 'older-copy' };

/** Reads of one key side by side: it may have thousands of versions. */
const READS_AT_ONCE = 8;
type Answered = Awaited<ReturnType<VaultReads['read']>>;

/** The first reads of a key, side by side: the current version in full, the list of versions, and the deleted key. */
export async function firstReads(reads: VaultReads, { key }: KeyId) {
  const [current, versions, deleted] = await Promise.all([
    reads.read(key),
    reads.listVersions(key),
    reads.readDeleted(key),
  ]);
  return { current, versions, deleted };
}

/** What they answered, each by itself: one may be refused where another is not. */
export type FirstReads = Awaited<ReturnType<typeof firstReads>>;

/**
 * The key as the vault shows it. Versions that changed since they were last read in full, that were not settled then, whose
 * turn it is, or that are not known, are read in full; the others keep what was last observed of them.
 *
 * @param readAt when reading it began
 */
export async function observe(
  reads: VaultReads,
  { key }: Pick<KeyId, 'key'>,
  first: FirstReads,
  record: KeyRecord,
  readAt: Date,
  isOldBelieved = false,
): Promise<Observation> {
  const observation = await observeAny(reads, key, first, record, readAt);
  const isOld = observation.kind === 'observed' && !isOldBelieved && isOlder(observation.key, record, readAt);
  return isOld ? { kind: 'older-copy' } : observation;
}

/** Whether a key is shown as it was before it was last observed, by times of the vault's own that only go forward. */
function isOlder(shown: ObservedKey, record: KeyRecord, now: Date): boolean {
  const presentAt = lastPresentAt(record, now);
  switch (shown.kind) {
    case 'present':
      return shown.versions.some(({ version, updated }) => {
        const last = record.observed.versions[version];
        return last !== undefined && updated.getTime() < last.updated.getTime();
      });
    case 'deleted':
      return presentAt !== undefined && shown.deletedOn.getTime() < presentAt.getTime() - CLOCKS_APART_MS;
    case 'absent':
      return false;
    default:
      return shown satisfies never;
  }
}

async function observeAny(
  reads: VaultReads,
  key: string,
  first: FirstReads,
  record: KeyRecord,
  readAt: Date,
): Promise<Observation> {
  const { current, versions, deleted } = first;
  if (versions.kind === 'missing') {
    if (current.kind !== 'ok') return gone(current, deleted);
    // The key answers and its versions do not list yet, as after a recovery: what answers is there.
    return {
      kind: 'observed',
      key: {
        kind: 'present',
        managed: current.value.managed,
        current: current.value.version,
        versions: [current.value],
      },
    };
  }
  if (versions.kind !== 'ok') return { kind: 'refused', refusal: versions };
  if (current.kind === 'missing') return gone(current, deleted);
  if (current.kind !== 'ok' && current.kind !== 'undetailed') return { kind: 'refused', refusal: current };

  const read = new Map<string, ReadVersion>();
  if (current.kind === 'ok') read.set(current.value.version, current.value);
  const isKept = (listed: Listed): boolean => isSettled(listed, record) && !isFullReadDue(listed, record, readAt);
  const wanted = versions.value.filter((listed) => !read.has(listed.version) && !isKept(listed));
  const answers: Answered[] = [];
  await inTurns(READS_AT_ONCE, wanted, async ({ version }) => void answers.push(await reads.read(key, version)));
  for (const answer of answers) {
    if (answer.kind === 'ok') read.set(answer.value.version, answer.value);
    // A version that lists and is not found is settling: the list alone tells of it for now.
    else if (answer.kind !== 'undetailed' && answer.kind !== 'missing') return { kind: 'refused', refusal: answer };
  }
  const newest = versions.value.toSorted((one, other) => other.created.getTime() - one.created.getTime())[0];
  const name = current.kind === 'ok' ? current.value.version : (newest?.version ?? '');
  const shown = versions.value.map(
    (listed): ObservedVersion =>
      read.get(listed.version) ?? { ...listed, detail: isKept(listed) ? detailOf(listed, record) : undefined },
  );
  // The current version was read by itself and may be newer than the list.
  const all =
    shown.some((version) => version.version === name) || current.kind !== 'ok' ? shown : [...shown, current.value];
  return {
    kind: 'observed',
    key: {
      kind: 'present',
      // A disabled key may not be shown: then its list says so.
      managed: all.some(({ managed }) => managed === true),
      current: name,
      versions: all,
    },
  };
}

type Listed = Pick<ObservedVersion, 'version' | 'updated'>;

/** Whether what was last observed of a version still stands: `updated` is the same, and was not of the reading's own moment. */
export function isSettled({ version, updated }: Listed, record: KeyRecord): boolean {
  const last = record.observed.versions[version];
  return (
    last !== undefined &&
    last.updated.getTime() === updated.getTime() &&
    last.inFullAt.getTime() - updated.getTime() >= SETTLED_AFTER_MS
  );
}

/** Whether it is a version's turn to be read in full. */
export function isFullReadDue({ version }: Pick<Listed, 'version'>, record: KeyRecord, now: Date): boolean {
  const last = record.observed.versions[version];
  return last !== undefined && isDue(last.inFullAt, now);
}

function detailOf({ version }: Listed, record: KeyRecord): VersionDetail | undefined {
  const known = record.approved.versions[version];
  const last = record.observed.versions[version];
  if (last === undefined) return undefined;
  if (known?.keyType === undefined || known.fingerprint === undefined) return undefined;
  return {
    operations: last.operations,
    keyType: known.keyType,
    keySizeBits: known.keySizeBits,
    fingerprint: known.fingerprint,
    asLastRead: true,
  };
}

/** Not among the keys: deleted, or in neither list. Only a clear "not found" says so, on both paths. */
function gone(current: FirstReads['current'], deleted: FirstReads['deleted']): Observation {
  if (current.kind !== 'missing' && current.kind !== 'ok' && current.kind !== 'undetailed')
    return { kind: 'refused', refusal: current };
  if (deleted.kind === 'ok')
    return {
      kind: 'observed',
      key: {
        kind: 'deleted',
        managed: deleted.value.managed,
        deletedOn: deleted.value.deletedOn,
        scheduledPurgeOn: deleted.value.scheduledPurgeOn,
      },
    };
  if (deleted.kind === 'missing') return { kind: 'observed', key: { kind: 'absent' } };
  return { kind: 'refused', refusal: deleted };
}
