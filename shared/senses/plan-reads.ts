import type { Due } from '../domain/schedule.ts';
import { DAY_MS, later, SECOND_MS } from '../domain/time.ts';
import { inTurns } from '../in-turns.ts';
import { quarantineRows } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';
import { CHUNK_SETS, NEXT_READS, PLANNED_AGAIN_MS, SETS } from '../propagation/sets.ts';
import { endsHour } from '../propagation/verdict.ts';
import type { Stored } from '../register/rows.ts';
import { isDue, type Schedule, standing } from './sweep/schedule.ts';

/** While reads are due they are planned with each tick, in ms; a tick that comes a little early counts. */
const EVERY_MS = 25 * SECOND_MS;
/**
 * Sets that one planning queues at most, spread over this time, in s. Resource Manager takes 250 reads of a caller in a
 * subscription, and 25 more each second: 600 each half minute are 20 a second.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 */
const MOST_SETS = 600;
const SPREAD_SECONDS = 25;
/** No read is ever planned further ahead, in ms: what is was noted by a clock ahead. */
const FURTHEST_MS = DAY_MS;

/**
 * Queues the reads of sets that are due in messages of up to 16: those that end an hour first, then the longest overdue. What was queued and is not read
 * by the next planning is queued again: a message of a set that was read meanwhile reads nothing. Where two planners run at the
 * same moment, one of them plans.
 */
export async function planReads(schedule: Schedule, ports: Ports): Promise<void> {
  const { tables, queues } = ports;
  const now = ports.now();
  const claimed = await claim(standing(schedule, ...NEXT_READS), now, ports);
  if (claimed === undefined) return;
  const { stored, unreadable } = await tables.sets.list(SETS);
  await quarantineRows(unreadable, ports);
  await inTurns(1, unreadable, async ({ stored: row }) => void (await tables.sets.remove({ row })));
  const watched = stored.flatMap(({ value }) => {
    const { id, rotation, nextReadAt } = value;
    if (nextReadAt === undefined) return [];
    const order = endsHour(value, now) ? 0 : 1;
    return [{ id, key: `${rotation.vault}/${rotation.key}`, order, at: dueAtOf(nextReadAt, now) }];
  });
  const due = watched
    .filter(({ at }) => at <= now)
    .toSorted((one, other) => one.order - other.order || one.at.getTime() - other.at.getTime())
    .slice(0, MOST_SETS)
    // Sets of one key come together: what is known of the key is read once.
    .toSorted((one, other) => one.order - other.order || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  const chunks = Array.from({ length: Math.ceil(due.length / CHUNK_SETS) }, (_, at) =>
    due.slice(at * CHUNK_SETS, (at + 1) * CHUNK_SETS).map(({ id }) => id),
  );
  await inTurns(8, [...chunks.entries()], ([at, ids]) =>
    queues.surveys.send({ kind: 'read-sets', ids }, Math.floor((at * CHUNK_SETS * SPREAD_SECONDS) / MOST_SETS)),
  );
  if (due.length > 0) return;
  const next = Math.min(now.getTime() + PLANNED_AGAIN_MS, ...watched.map(({ at }) => at.getTime()));
  // Where somebody asked for a read meanwhile the row has changed, and the earlier time stands.
  await tables.schedule.replace(claimed, { ...claimed.value, dueAt: new Date(next) });
}

/** Takes the planning on, where it is due; `undefined` where it is not, or somebody else took it. */
async function claim(
  from: Stored<Due> | undefined,
  now: Date,
  { tables: { schedule } }: Ports,
): Promise<Stored<Due> | undefined> {
  for (let before = from; ; before = await schedule.get(...NEXT_READS)) {
    if (before !== undefined && !isDue(before.value, now, PLANNED_AGAIN_MS)) return undefined;
    const generation = (before?.value.generation ?? 0) + 1;
    const claimed = await schedule.write(...NEXT_READS, before, { generation, dueAt: later(now, EVERY_MS) });
    if (claimed !== undefined) return claimed;
  }
}

const dueAtOf = (nextReadAt: Date, now: Date): Date =>
  nextReadAt.getTime() > now.getTime() + FURTHEST_MS ? now : nextReadAt;
