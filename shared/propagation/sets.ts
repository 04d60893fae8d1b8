import type { KeyUser } from '../domain/key-use.ts';
import type { Rotation, WatchedSet } from '../domain/propagation.ts';
import { placeOf } from '../domain/subject.ts';
import { HOUR_MS } from '../domain/time.ts';
import { RowUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { readKey } from '../register/keys.ts';
import { readUse } from '../register/uses.ts';
import { firstReadAt } from './verdict.ts';

/** Rows of sets that are written at the same time. */
export const SETS_AT_ONCE = 8;
/** Sets in one message at most. */
export const CHUNK_SETS = 16;
/** The row of the next planning of reads in the table `schedule`. */
export const NEXT_READS = ['propagation', 'next'] as const;
/** Reads are planned this often, also where none is known to be due, in ms. */
export const PLANNED_AGAIN_MS = HOUR_MS;

/** Where the row of a set stands. */
export function rowOfSet(id: string): readonly [partition: string, row: string] {
  const { partition, row } = placeOf({ kind: 'disk-encryption-set', id: id.toLowerCase() });
  return [partition, row];
}

/** The partition of all sets. */
export const [SETS] = rowOfSet('');

/** The newest version of a key, as the register knows it; `undefined` where it knows none. */
export async function rotationOf(vault: string, key: string, { tables }: Pick<Ports, 'tables'>) {
  const { record } = await readKey(tables.keys, { vault, key }).catch((error: unknown) => {
    // The sweep alerts of such a row.
    if (error instanceof RowUnreadable) return { record: undefined };
    throw error;
  });
  const version = record?.observed.current;
  const created = version === undefined ? undefined : record?.approved.versions[version]?.created;
  const rotation: Rotation | undefined =
    version === undefined || created === undefined ? undefined : { vault, key, version, created };
  return { record, rotation };
}

/** Watches every set that is known to use a key which has a new version. A set that is watched for this version already, or for a newer one, stays as it is. */
export async function watchRotation(rotation: Rotation, ports: Ports): Promise<void> {
  const use = await readUse(ports.tables, rotation);
  // What cannot be read the next survey writes anew, and it finds the sets that lag behind.
  if (use === undefined || use === 'unreadable') return;
  const sets = use.users.filter(({ kind }) => kind === 'disk-encryption-set');
  const now = ports.now();
  await inTurns(SETS_AT_ONCE, sets, async (set) => {
    await ports.tables.sets.change(...rowOfSet(set.id), (standing) =>
      standing !== undefined && isForThis(standing, rotation)
        ? standing
        : watchOf(set, rotation, rotation.created, now),
    );
  });
  await planReadsAt(firstReadAt(rotation.created, now), ports);
}

/** Whether a set is watched for a version of this key that is as new. */
const isForThis = ({ rotation: its }: WatchedSet, { vault, key, created }: Rotation): boolean =>
  its.vault === vault && its.key === key && its.created >= created;

/** The beginning of the watch of a set. @param from when its hour begins */
export const watchOf = (
  { id, name, versions }: Pick<KeyUser, 'id' | 'name' | 'versions'>,
  rotation: Rotation,
  from: Date,
  now: Date,
): WatchedSet => ({
  ...{ id, name, rotation, from },
  progress: versions.some((version) => version !== rotation.version) ? { showedOther: true } : {},
  verdict: { kind: 'waiting' },
  since: now,
  nextReadAt: firstReadAt(from, now),
});

/**
 * Has some sets read now: something changed them, or what they need. A set that no survey has found on a key which the register
 * knows is left to the next survey.
 *
 * @param ids in Resource Manager, in any case
 * @param changed who changed them, where that is known
 */
export async function lookAtSets(ids: readonly string[], ports: Ports, changed?: WatchedSet['changed']): Promise<void> {
  const known: WatchedSet[] = [];
  await inTurns(SETS_AT_ONCE, ids, async (id) => {
    const set = (await ports.tables.sets.get(...rowOfSet(id)))?.value ?? (await foundOn(id.toLowerCase(), ports));
    if (set !== undefined) known.push(set);
  });
  await lookAt(known, ports, changed);
}

/** As `lookAtSets`, of sets with their rows; those without one get theirs. */
export async function lookAt(
  sets: readonly WatchedSet[],
  ports: Ports,
  changed?: WatchedSet['changed'],
): Promise<void> {
  if (sets.length === 0) return;
  const now = ports.now();
  await inTurns(SETS_AT_ONCE, sets, async (set) => {
    await ports.tables.sets.change(...rowOfSet(set.id), (standing) =>
      standing === undefined ? { ...readNow(set, now, changed), from: set.from } : readNow(standing, now, changed),
    );
  });
  if (sets.length <= CHUNK_SETS) await ports.queues.surveys.send({ kind: 'read-sets', ids: sets.map(({ id }) => id) });
  await planReadsAt(now, ports);
}

/** The row of a set that is to be read now. Of one whose watch was over a new hour begins. */
const readNow = (set: WatchedSet, now: Date, changed: WatchedSet['changed']): WatchedSet => ({
  ...set,
  from: set.nextReadAt === undefined ? now : set.from,
  nextReadAt: now,
  // Events come in any order.
  ...(changed === undefined || (set.changed !== undefined && set.changed.at > changed.at) ? {} : { changed }),
});

/** A set that was never watched, by the key on which the last survey found it. */
async function foundOn(id: string, ports: Ports): Promise<WatchedSet | undefined> {
  const { stored } = await ports.tables.uses.list();
  for (const { row, value } of stored) {
    const user = value.users.find((each) => each.id === id && each.kind === 'disk-encryption-set');
    const { rotation } = user === undefined ? {} : await rotationOf(row.partition, row.row, ports);
    if (user !== undefined && rotation !== undefined) return watchOf(user, rotation, ports.now(), ports.now());
  }
  return undefined;
}

/**
 * Has the reads planned at a moment, or before. The tick that comes then queues what is due. The row changes also where it
 * names an earlier time: whoever is planning meanwhile may have listed the sets before theirs was written, and then names no
 * later one.
 */
export const planReadsAt = async (at: Date, { tables }: Pick<Ports, 'tables'>): Promise<void> =>
  void (await tables.schedule.change(...NEXT_READS, (standing) => ({
    generation: (standing?.generation ?? 0) + 1,
    dueAt: standing !== undefined && standing.dueAt <= at ? standing.dueAt : at,
  })));
