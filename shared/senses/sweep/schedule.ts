import { digest } from '../../domain/digest.ts';
import { type Chain, chains, type Due, nextAt, type ScheduledMessage } from '../../domain/schedule.ts';
import { HOUR_MS, later, SECOND_MS } from '../../domain/time.ts';
import { unlessStorageIsAway } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import type { Ports } from '../../ports.ts';
import type { Stored } from '../../register/rows.ts';

/** The partitions of the table `schedule`. */
export const TICKS = 'ticks';
const SWEEPS = 'sweeps';
/** The row of the timer, which has no message that could be lost. */
export const SENTRY = 'sentry';

/** Vaults in one message at most. */
export const CHUNK_VAULTS = 16;
/** Chunks that are planned at the same time. */
const AT_ONCE = 8;
/** A chunk that was due so long ago is none of the policy's any more, in ms. */
const FORGOTTEN_MS = HOUR_MS;
/** A chunk is due by this share of the interval early: a tick that comes a little early then costs no minute. */
const EARLY_SHARE = 0.1;

/** The rows of the table `schedule`, by partition and row. */
export type Schedule = ReadonlyMap<string, Stored<Due>>;

/** The rows that were read, for `standing`. */
export const scheduleOf = (rows: readonly Stored<Due>[]): Schedule =>
  new Map(rows.map((stored) => [`${stored.row.partition}/${stored.row.row}`, stored]));

/** A row of the schedule; `undefined` where there is none. */
export const standing = (schedule: Schedule, partition: string, row: string): Stored<Due> | undefined =>
  schedule.get(`${partition}/${row}`);

/** The time between two sweeps of a vault, in ms. */
export const everyMs = ({ settings }: Pick<Ports, 'settings'>): number => settings.sweepEverySeconds * SECOND_MS;

/** Whether something is due. A time farther ahead than any that is ever planned was set by a wrong clock, and counts as due. */
export const isDue = ({ dueAt }: Due, now: Date, intervalMs: number): boolean =>
  dueAt <= now || dueAt.getTime() > now.getTime() + 2 * intervalMs;

/**
 * Queues the next tick of a chain, and then notes it: a tick that is killed in between has its successor all the same. Where
 * another instance was faster, the other successor counts. Throws where the queue does not answer.
 */
export async function queueTick(
  chain: Chain,
  generation: number,
  from: Stored<Due> | undefined,
  ports: Ports,
): Promise<void> {
  const now = ports.now();
  const dueAt = nextAt(chains.indexOf(chain), now, everyMs(ports));
  const next = { generation: generation + 1, token: ports.newId() };
  const delaySeconds = Math.ceil((dueAt.getTime() - now.getTime()) / SECOND_MS);
  await ports.queues.sweeps.send({ kind: 'tick', chain, ...next }, delaySeconds);
  await unlessStorageIsAway(() => ports.tables.schedule.write(TICKS, chain, from, { ...next, dueAt }));
}

/**
 * Starts each chain of ticks that has none, or whose next one is overdue by a quarter of an interval: the other chain comes
 * half an interval later, and its clock may be behind.
 */
export async function keepChains(schedule: Schedule, ports: Ports): Promise<void> {
  await inTurns(1, chains, async (chain) => {
    const stored = standing(schedule, TICKS, chain);
    const overdueAt = later(ports.now(), -everyMs(ports) / 4);
    if (stored !== undefined && !isDue(stored.value, overdueAt, 2 * everyMs(ports))) return;
    await queueTick(chain, stored?.value.generation ?? 0, stored, ports);
  });
}

/**
 * Queues the sweep of each chunk of vaults that is due: half of them with each chain. Where two planners run at the same
 * moment, one of them plans it. A chunk whose planner is killed before it was queued is due again with the next tick.
 *
 * @param startedGeneration the highest generation that a vault was swept by: moved to another chunk, it is swept all the same
 */
export async function planSweeps(
  vaults: readonly string[],
  startedGeneration: number,
  schedule: Schedule,
  ports: Ports,
): Promise<void> {
  const { tables, queues, now } = ports;
  const intervalMs = everyMs(ports);
  const generation = Math.max(startedGeneration, ...[...schedule.values()].map(({ value }) => value.generation)) + 1;
  await inTurns(AT_ONCE, chunksOf(vaults), async ({ phase, chunk }) => {
    const row = rowOf(chunk);
    const before = standing(schedule, SWEEPS, row);
    if (before !== undefined && !isDue(before.value, now(), intervalMs)) return;
    const claimed = { generation, dueAt: later(now(), intervalMs / 4) };
    const stored = await tables.schedule.write(SWEEPS, row, before, claimed);
    if (stored === undefined) return;
    await queues.sweeps.send({ kind: 'sweep', generation, vaults: [...chunk] } satisfies ScheduledMessage);
    const dueAt = later(nextAt(phase, now(), intervalMs), -EARLY_SHARE * intervalMs);
    await tables.schedule.replace(stored, { generation, dueAt });
  });
  await forgetChunks(schedule, ports);
}

/** Removes the rows of chunks that nobody has planned for long: the policy names other vaults now. */
const forgetChunks = (schedule: Schedule, ports: Ports): Promise<void> =>
  inTurns(
    AT_ONCE,
    [...schedule.values()].filter(
      ({ row, value }) => row.partition === SWEEPS && isDue(value, later(ports.now(), -FORGOTTEN_MS), FORGOTTEN_MS),
    ),
    async (stored) => void (await ports.tables.schedule.remove(stored)),
  );

const chunksOf = (vaults: readonly string[]) =>
  Array.from({ length: Math.ceil(vaults.length / CHUNK_VAULTS) }, (_, at) => ({
    phase: at,
    chunk: vaults.slice(at * CHUNK_VAULTS, (at + 1) * CHUNK_VAULTS),
  }));

/** The row of a chunk, by the vaults in it: while a deployment replaces one policy with another, each plans its own. */
const rowOf = (chunk: readonly string[]): string => digest(chunk.join());
