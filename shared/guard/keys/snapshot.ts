import { type KeyId, newestOf, type ObservedKey, type ObservedVersion, type VersionDetail } from '../../domain/key.ts';
import { type KeyRecord, lastPresentAt } from '../../domain/register.ts';
import { agoMs, CLOCKS_APART_MS, HOUR_MS, SECOND_MS } from '../../domain/time.ts';
import type { DeletedKey, ReadVersion, Refusal, VaultReads } from '../../domain/vault.ts';
import { inTurns } from '../../in-turns.ts';

/**
 * A version can change twice within one second of `updated`, by the vault's clock. An observation counts as settled where it
 * began this much later than `updated`, in ms.
 */
export const SETTLED_AFTER_MS = 2 * SECOND_MS + CLOCKS_APART_MS;

/**
 * Every approved version is read in full once an hour, since it is not documented that a change of operations moves
 * `updated`. It is due so long after it was last read in full, in ms.
 */
export const FULL_FROM_MS = (2 * HOUR_MS) / 3;

/** Whether a version is due for a full read. A date in the future counts as due. */
export const isDue = (observedAt: Date, now: Date): boolean => agoMs(observedAt, now) >= FULL_FROM_MS;

/** A key as it was observed, or why it could not be observed. */
export type Observation =
  | { readonly kind: 'observed'; readonly key: ObservedKey }
  /** `older-copy`: the vault shows an older state than before, a copy that a failover brought forward. */
  | { readonly kind: 'unread'; readonly because: Refusal['kind'] | 'older-copy' };

const refused = ({ kind: because }: Refusal): Observation => ({ kind: 'unread', because });

const present = (managed: boolean, current: string, versions: readonly ObservedVersion[]): Observation => ({
  kind: 'observed',
  key: { kind: 'present', managed, current, versions },
});

/** Reads of one key at the same time: it may have thousands of versions. */
const READS_AT_ONCE = 8;

/** The first reads of a key, made at the same time: the current version in full, the list of versions, and the deleted key. */
export async function firstReads(reads: VaultReads, { key }: KeyId) {
  const [current, versions, deleted] = await Promise.all([
    reads.read(key),
    reads.listVersions(key),
    reads.readDeleted(key),
  ]);
  return { current, versions, deleted };
}

/** The answers of the first reads: one may be refused where another is not. */
export type FirstReads = Awaited<ReturnType<typeof firstReads>>;

/**
 * The key as the vault shows it. A version is read in full where it changed since it was last read in full, was not settled
 * then, is due, or is not known; any other version keeps what was last observed of it.
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
  return isOld ? { kind: 'unread', because: 'older-copy' } : observation;
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
    // The key can be read and its versions are not listed yet, as after a recovery: then the version that was read exists.
    return present(current.value.managed, current.value.version, [current.value]);
  }
  if (versions.kind !== 'ok') return refused(versions);
  if (current.kind === 'missing') return gone(current, deleted);
  if (current.kind !== 'ok' && current.kind !== 'undetailed') return refused(current);

  const read = new Map<string, ReadVersion>();
  if (current.kind === 'ok') read.set(current.value.version, current.value);
  const isKept = (listed: Listed): boolean => isSettled(listed, record) && !isFullReadDue(listed, record, readAt);
  const wanted = versions.value.filter((listed) => !read.has(listed.version) && !isKept(listed));
  const answers: Awaited<ReturnType<VaultReads['read']>>[] = [];
  await inTurns(READS_AT_ONCE, wanted, async ({ version }) => void answers.push(await reads.read(key, version)));
  for (const answer of answers) {
    if (answer.kind === 'ok') read.set(answer.value.version, answer.value);
    // A version that is listed and not found is settling: for now only its item in the list is known.
    else if (answer.kind !== 'undetailed' && answer.kind !== 'missing') return refused(answer);
  }
  const name = current.kind === 'ok' ? current.value.version : (newestOf(versions.value)?.version ?? '');
  const shown = versions.value.map(
    (listed): ObservedVersion =>
      read.get(listed.version) ?? { ...listed, detail: isKept(listed) ? detailOf(listed, record) : undefined },
  );
  // The current version was read on its own and may be newer than the list.
  const all =
    shown.some((version) => version.version === name) || current.kind !== 'ok' ? shown : [...shown, current.value];
  // A disabled key may not be shown: then the list shows whether it is managed.
  const isManaged = all.some(({ managed }) => managed === true);
  return present(isManaged, name, all);
}

type Listed = Pick<ObservedVersion, 'version' | 'updated'>;

/** Whether the last observation of a version is still valid: `updated` is the same, and the observation was settled. */
export function isSettled({ version, updated }: Listed, record: KeyRecord): boolean {
  const last = record.observed.versions[version];
  return (
    last !== undefined &&
    last.updated.getTime() === updated.getTime() &&
    last.inFullAt.getTime() - updated.getTime() >= SETTLED_AFTER_MS
  );
}

/** Whether a version is due for a full read. */
export function isFullReadDue({ version }: Pick<Listed, 'version'>, record: KeyRecord, now: Date): boolean {
  const last = record.observed.versions[version];
  return last !== undefined && isDue(last.inFullAt, now);
}

function detailOf({ version }: Listed, { approved, observed }: KeyRecord): VersionDetail | undefined {
  const operations = observed.versions[version]?.operations;
  const { keyType, keySizeBits, fingerprint } = approved.versions[version] ?? {};
  if (operations === undefined || keyType === undefined || fingerprint === undefined) return undefined;
  return { operations, keyType, keySizeBits, fingerprint, asLastRead: true };
}

/** A soft-deleted key, as observed. */
export const deletedAs = ({ key: _, ...deletion }: DeletedKey): ObservedKey => ({ kind: 'deleted', ...deletion });

/** A key that is not among the keys: deleted, or in neither list. Only the answer "not found" to both reads means the latter. */
function gone(current: FirstReads['current'], deleted: FirstReads['deleted']): Observation {
  if (current.kind !== 'missing' && current.kind !== 'ok' && current.kind !== 'undetailed') return refused(current);
  if (deleted.kind === 'ok') return { kind: 'observed', key: deletedAs(deleted.value) };
  if (deleted.kind === 'missing')
    return { kind: 'observed', key: { kind: 'absent', ...(deleted.isFinal ? { isFinal: true } : {}) } };
  return refused(deleted);
}
