import { unwrapsOf } from '../domain/arrivals.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import { digest } from '../domain/digest.ts';
import { type Inspection, inspectionFor } from '../domain/hint.ts';
import { isEmpty, type KeyUser } from '../domain/key-use.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { Rotation, SetsMessage, Verdict, WatchedSet } from '../domain/propagation.ts';
import type { KeyRecord } from '../domain/register.ts';
import { keyOf } from '../domain/subject.ts';
import { RowUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { quarantineRows } from '../incidents/quarantine.ts';
import { endIncidents } from '../incidents/store.ts';
import { kept } from '../kept.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';
import { readUse } from '../register/uses.ts';
import { readVaultRecords } from '../register/vaults.ts';
import { entry } from '../trail/entries.ts';
import { alertOfVerdict, isOfWatch } from './alerts.ts';
import { vaultFacts } from './causes.ts';
import { rotationOf, rowOfSet, SETS_AT_ONCE, watchRotation } from './sets.ts';
import { isToUpdate } from './update.ts';
import { isFollowed, isOpen, type KnownOfKey, minuteOf, nextReadAt, type SetRead, verdictOf } from './verdict.ts';

/** Takes a message about sets. Throws where storage does not answer: delivered again, it reads only sets that are still due. */
export const takeSets = (message: SetsMessage, ports: Ports): Promise<void> =>
  message.kind === 'rotated' ? watchRotation(message.rotation, ports) : readSets(message.ids, ports);

/** A set after a read, before anybody knows of it. */
export interface ReadSet {
  readonly stored: Stored<WatchedSet>;
  readonly next: WatchedSet;
  readonly read: SetRead;
  readonly record: KeyRecord | undefined;
  /** As the last survey found it on the key; `undefined` where it did not. */
  readonly user: KeyUser | undefined;
}

/**
 * Reads the sets that are due, judges and records. A new verdict is written before anybody is alerted of it, so that people are
 * alerted of what the row says, and of nothing where somebody else wrote the row meanwhile. Until they were, it stays due: an
 * execution that is killed on the way is repeated.
 */
async function readSets(ids: readonly string[], ports: Ports): Promise<void> {
  await ports.scope.refresh();
  const keys = kept((name) => knownOf(name, ports));
  const read: ReadSet[] = [];
  await inTurns(SETS_AT_ONCE, ids, async (id) => {
    const stored = await rowOf(id, ports);
    const at = ports.now();
    const due = stored?.value.nextReadAt;
    if (stored === undefined || due === undefined || due > at) return;
    if (isWatchedStill(stored.value, ports)) read.push(await readSet(stored, keys, ports));
    else await unwatch(stored, ports);
  });
  await ports.trail.append(read.flatMap((one) => recordOf(one, ports)));
  const rows: { readonly one: ReadSet; readonly row: Stored<WatchedSet> }[] = [];
  await inTurns(SETS_AT_ONCE, read, async (one) => {
    const { nextReadAt } = one.stored.value;
    const row = isNews(one)
      ? await ports.tables.sets.replace(one.stored, { ...one.next, nextReadAt, unsaid: true })
      : one.stored;
    if (row !== undefined) rows.push({ one, row });
  });
  const vaults = kept((name) => vaultFacts(name, ports));
  await inTurns(1, rows, async ({ one }) => {
    if (isNews(one)) await alertOfVerdict(one, vaults, ports);
  });
  await inTurns(SETS_AT_ONCE, rows, async ({ one: { next }, row }) => {
    if (isLeft(next.verdict)) await ports.tables.sets.remove(row);
    else await ports.tables.sets.replace(row, next);
  });
  const toUpdate = rows.filter(({ one: { next } }) => isToUpdate(next, ports.policy));
  await inTurns(SETS_AT_ONCE, toUpdate, ({ one: { next } }) =>
    ports.queues.inspections.send(inspectionOf(next.id, ports)),
  );
}

/** Whether its key is guarded: a policy may leave it out during a watch. */
const isWatchedStill = ({ rotation }: WatchedSet, { policy }: Ports): boolean =>
  keyPolicy(policy, rotation.vault, rotation.key).guarded;

async function unwatch(stored: Stored<WatchedSet>, ports: Ports): Promise<void> {
  const subject = { kind: 'disk-encryption-set', id: stored.value.id } as const;
  await endIncidents(subject, isOfWatch, 'its key is not guarded any more', ports);
  await ports.tables.sets.remove(stored);
}

/** The inspection of a set that is to be pointed at a version. While it is not, each read asks for another. */
const inspectionOf = (id: string, { newId, now }: Ports): Inspection =>
  inspectionFor(
    { kind: 'disk-encryption-set', id },
    {
      ...{ id: newId(), sense: 'follow-up', sensedAt: now() },
      says: { kind: 'inspect-again', why: 'it takes no new version by itself' },
    },
  );

/** Whether people are yet to be alerted of what a read showed. */
const isNews = ({ stored: { value: before }, next }: ReadSet): boolean =>
  next.since !== before.since || before.unsaid === true;

/** The row of a set. One that cannot be read is quarantined, and removed by the next planning. */
async function rowOf(id: string, ports: Ports): Promise<Stored<WatchedSet> | undefined> {
  try {
    return await ports.tables.sets.get(...rowOfSet(id));
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    await quarantineRows([error], ports);
    return undefined;
  }
}

/** What is known of a key, `vault/key`, from the register, the last survey and the records of its vault. */
async function knownOf(name: string, ports: Ports) {
  const [vault = '', key = ''] = name.split('/');
  const [{ record, rotation }, use, records] = await Promise.all([
    rotationOf(vault, key, ports),
    readUse(ports.tables, { vault, key }),
    readVaultRecords(ports.tables, vault).catch((error: unknown) => {
      // Whoever writes the row next meets the same error.
      if (error instanceof RowUnreadable) return undefined;
      throw error;
    }),
  ]);
  return { record, rotation, use: use === 'unreadable' ? undefined : use, records };
}

async function readSet(
  stored: Stored<WatchedSet>,
  keys: (name: string) => ReturnType<typeof knownOf>,
  ports: Ports,
): Promise<ReadSet> {
  const before = stored.value;
  const { vault, key } = before.rotation;
  const [answer, { record, rotation, use, records }] = await Promise.all([
    ports.resourceManager.diskEncryptionSet(before.id),
    keys(`${vault}/${key}`),
  ]);
  const user = use?.users.find(({ id }) => id === before.id);
  const at = ports.now();
  const watch = rotation === undefined ? before : withNewest(before, rotation);
  const read: SetRead = { answer, at, isEmpty: user && use && isEmpty(user, use) };
  const callers = [...(user?.objectIds ?? []), ...(user?.applicationId === undefined ? [] : [user.applicationId])];
  const { followsSince } = watch.progress;
  const known: KnownOfKey = {
    createdOf: (version) => record?.approved.versions[version]?.created,
    isGuarded: (of, name) => keyPolicy(ports.policy, of, name).guarded,
    unwraps:
      records === undefined || followsSince === undefined
        ? undefined
        : unwrapsOf(records, { key, version: watch.rotation.version, callers }, followsSince),
  };
  const judged = verdictOf(watch, read, known);
  const isSame = watch === before && isSameVerdict(judged.verdict, before.verdict);
  const { nextReadAt: _, unsaid: __, ...last } = watch;
  const due = nextReadAt(watch.from, judged, read);
  const next: WatchedSet = {
    ...last,
    ...judged,
    readAt: at,
    since: isSame ? before.since : at,
    ...(due === undefined ? {} : { nextReadAt: due }),
  };
  return { stored, next, read, record, user };
}

/** Whether the set is no longer one of this key: another guarded key has watches of its own. */
const isLeft = (verdict: Verdict): boolean =>
  verdict.kind === 'gone' || (verdict.kind === 'moved' && verdict.isGuarded);

/** Whether two verdicts say the same to people: a set that is late stays so, whatever it shows meanwhile. */
const isSameVerdict = (one: Verdict, other: Verdict): boolean =>
  one.kind === other.kind &&
  (one.kind === 'late' || one.kind === 'unreachable' || JSON.stringify(one) === JSON.stringify(other));

/** The watch of the newest version: a second rotation may come while the first is still under way. */
function withNewest(watch: WatchedSet, rotation: Rotation): WatchedSet {
  if (rotation.created <= watch.rotation.created) return watch;
  const { version } = rotation;
  return {
    ...{ ...watch, rotation, from: rotation.created },
    progress: watch.rotation.version === version ? {} : { showedOther: true },
    verdict: { kind: 'waiting' },
  };
}

/** The record of a verdict that is new and final for now. Its id follows from what it says and what stood before: after a kill it is the same record. */
function recordOf({ stored: { value: before }, next, read }: ReadSet, ports: Ports): readonly AuditEntry[] {
  const { id: set, rotation, verdict, from } = next;
  if (isOpen(verdict) || next.since === before.since) return [];
  const said = { set, version: rotation.version, verdict };
  const id = digest(JSON.stringify({ ...said, from, after: before.since }));
  const minute = Math.round(minuteOf(from, read.at) * 10) / 10;
  return [entry('verdict', keyOf(rotation), { ...said, minute, follows: isFollowed(verdict) }, ports, { id })];
}
