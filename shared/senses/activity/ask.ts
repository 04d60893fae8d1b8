import type { AccessMessage } from '../../domain/activity.ts';
import { digest } from '../../domain/digest.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { inTurns } from '../../in-turns.ts';
import type { Ports } from '../../ports.ts';
import { isDue, type Schedule } from '../sweep/schedule.ts';

/** The partition of the table `schedule` with what is to be read until it is good: a vault, a set or an identity a row. */
const ACCESS = 'access';
/** What is not good, or cannot be read, is read again after so long, in ms: the event that says so may be lost. */
const AGAIN_MS = 5 * MINUTE_MS;
/** What was queued is queued again after so long unless it was read, in ms. */
const UNREAD_MS = MINUTE_MS;
/** What is queued at once at most: by one event, and by one tick. A role assignment for a subscription touches every vault in it. */
const MOST_QUEUED = 16;
/** Rows that are written at the same time. */
const AT_ONCE = 8;

/** What may have changed. */
export type Asked = Partial<Pick<AccessMessage, 'vaults' | 'sets' | 'identities'>>;

/** Whether so much is queued at once. */
export const isFew = (asked: readonly unknown[]): boolean => asked.length <= MOST_QUEUED;

/**
 * Has vaults, sets and identities read until they are good: at once where they are few, and otherwise some with each tick. What
 * was queued within the last minute is not queued again: whoever reads it leaves its row where that was asked for meanwhile.
 */
export async function askAccess(
  { vaults = [], sets = [], identities = [] }: Asked,
  changed: AccessMessage['changed'],
  ports: Ports,
): Promise<void> {
  const { tables, queues, scope } = ports;
  const nothing: AccessMessage = {
    ...{ kind: 'read-access', vaults: [], sets: [], identities: [] },
    ...(changed && { changed }),
  };
  // The surveys know the id of a deleted vault for two hours: its row keeps it.
  const withId = ({ name, id }: AccessMessage['vaults'][number]) => {
    const known = scope.surveyed.vaults.get(name)?.id ?? id;
    return known === undefined ? { name } : { name, id: known };
  };
  const asked: readonly AccessMessage[] = [
    ...vaults.map((vault) => ({ ...nothing, vaults: [withId(vault)] })),
    ...sets.map((set) => ({ ...nothing, sets: [set] })),
    ...identities.map((identity) => ({ ...nothing, identities: [identity] })),
  ];
  const now = ports.now();
  const isSent = isFew(asked);
  const dueAt = later(now, isSent ? UNREAD_MS : 0);
  await inTurns(AT_ONCE, asked, async (one) => {
    let isQueued = false;
    await tables.schedule.change(...rowOf(one), (standing) => {
      isQueued = standing !== undefined && standing.dueAt > now && standing.dueAt <= dueAt;
      return {
        generation: (standing?.generation ?? 0) + 1,
        // What waits for a tick keeps its place.
        dueAt: standing !== undefined && standing.dueAt < dueAt && (isQueued || !isSent) ? standing.dueAt : dueAt,
        access: { ...one, vaults: standing?.access?.vaults ?? one.vaults },
      };
    });
    if (isSent && !isQueued) await queues.surveys.send(one);
  });
}

/** Queues what is due, the longest overdue first. Where two planners run at the same moment, one of them queues it. */
export async function planAccess(schedule: Schedule, { tables, queues, now }: Ports): Promise<void> {
  const due = [...schedule.values()]
    .filter(({ row, value }) => row.partition === ACCESS && isDue(value, now(), AGAIN_MS))
    .toSorted((one, other) => one.value.dueAt.getTime() - other.value.dueAt.getTime())
    .slice(0, MOST_QUEUED);
  await inTurns(AT_ONCE, due, async (stored) => {
    const { access } = stored.value;
    if (access === undefined) return void (await tables.schedule.remove(stored));
    const claimed = await tables.schedule.replace(stored, { ...stored.value, dueAt: later(now(), AGAIN_MS) });
    if (claimed !== undefined) await queues.surveys.send(access);
  });
}

/**
 * Reads a vault, a set or an identity, and has it read again unless it is good. Where it is asked for meanwhile, that stands.
 *
 * @param read gets it as it was first asked for; returns whether it is good
 */
export async function readUntilGood(
  asked: AccessMessage,
  read: (asked: AccessMessage) => Promise<boolean>,
  { tables: { schedule }, now }: Ports,
): Promise<void> {
  const stored = await schedule.get(...rowOf(asked));
  const { changed: _, ...access } = { ...asked, vaults: stored?.value.access?.vaults ?? asked.vaults };
  const isGood = await read({ ...access, ...(asked.changed && { changed: asked.changed }) });
  if (!isGood) {
    // Whoever changed it has been named.
    const generation = (stored?.value.generation ?? 0) + 1;
    await schedule.write(...rowOf(asked), stored, { generation, dueAt: later(now(), AGAIN_MS), access });
  } else if (stored !== undefined) await schedule.remove(stored);
}

function rowOf({ vaults, sets, identities }: AccessMessage): readonly [partition: string, row: string] {
  const names = JSON.stringify([vaults.map(({ name }) => name), sets, identities]);
  return [ACCESS, digest(names)];
}
