import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { WatchedSet } from '../../../shared/domain/propagation.ts';
import type { SurveyorMessage } from '../../../shared/domain/survey.ts';
import { later, MINUTE_MS } from '../../../shared/domain/time.ts';
import type { Ports } from '../../../shared/ports.ts';
import { NEXT_READS, planReadsAt, rowOfSet, watchOf } from '../../../shared/propagation/sets.ts';
import { planReads } from '../../../shared/senses/plan-reads.ts';
import { scheduleOf } from '../../../shared/senses/sweep/schedule.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

interface Sent {
  readonly message: SurveyorMessage;
  readonly delaySeconds: number;
}

/** A guardian that watches so many sets, each of them due `dueInMs` from now, and what planning queues. */
async function watching(sets: number, dueInMs: number) {
  const world = await createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
  const now = new Date();
  const rotation = { vault: 'prod-disks', key: 'disk-a', version: '2'.repeat(32), created: now };
  for (let at = 0; at < sets; at += 1) {
    const set = { id: `/des-${at}`, name: `des-${at}`, versions: [] };
    const row = { ...watchOf(set, rotation, now, now), nextReadAt: later(now, dueInMs + at) };
    await world.ports.tables.sets.insert(...rowOfSet(set.id), row);
  }
  const sent: Sent[] = [];
  const ports = sending(world, sent);
  const plan = async (): Promise<void> =>
    planReads(scheduleOf((await world.ports.tables.schedule.list()).stored), ports);
  const row = async (id: string, more: Partial<WatchedSet>): Promise<void> => {
    const set = { id, name: id.slice(1), versions: [] };
    await world.ports.tables.sets.insert(...rowOfSet(id), { ...watchOf(set, rotation, now, now), ...more });
  };
  /** Plans, and does something once the sets were listed. */
  const planWhile = async (meanwhile: () => Promise<void>): Promise<void> => {
    const { sets } = ports.tables;
    const list: typeof sets.list = async (partition) => {
      const listed = await sets.list(partition);
      await meanwhile();
      return listed;
    };
    const { stored } = await world.ports.tables.schedule.list();
    await planReads(scheduleOf(stored), { ...ports, tables: { ...ports.tables, sets: { ...sets, list } } });
  };
  const dueAt = async () => (await world.ports.tables.schedule.get(...NEXT_READS))?.value.dueAt;
  return { world, sent, plan, planWhile, row, dueAt };
}

const sending = ({ ports }: World, sent: Sent[]): Ports => ({
  ...ports,
  get policy() {
    return ports.policy;
  },
  queues: {
    ...ports.queues,
    surveys: { send: async (message, delaySeconds = 0) => void sent.push({ message, delaySeconds }) },
  },
});
const idsIn = (sent: readonly Sent[]): readonly string[] =>
  sent.flatMap(({ message }) => ('kind' in message && message.kind === 'read-sets' ? message.ids : []));

describe('the reads of sets', () => {
  test('that are due are queued in messages of 16, spread so that Resource Manager takes them', async () => {
    const { sent, plan } = await watching(650, -MINUTE_MS);
    await plan();
    expect(idsIn(sent)).toHaveLength(600);
    expect(
      Math.max(
        ...sent.map(({ message }) => ('kind' in message && message.kind === 'read-sets' ? message.ids.length : 0)),
      ),
    ).toBe(16);
    const within = (seconds: number) => idsIn(sent.filter(({ delaySeconds }) => delaySeconds <= seconds)).length;
    for (let second = 0; second < 25; second += 1) expect(within(second)).toBeLessThanOrEqual(250 + 25 * second);
    expect(Math.max(...sent.map(({ delaySeconds }) => delaySeconds))).toBeLessThan(25);
  });

  test('are queued the longest overdue first', async () => {
    const { sent, plan } = await watching(601, -MINUTE_MS);
    await plan();
    expect(idsIn(sent)).not.toContain('/des-600');
  });

  test('that end an hour are queued before others that are overdue for longer', async () => {
    const { sent, plan, row } = await watching(600, -MINUTE_MS);
    const now = new Date();
    await row('/last', { from: later(now, -58 * MINUTE_MS), nextReadAt: now });
    await row('/judged', { from: later(now, -58 * MINUTE_MS), nextReadAt: now, verdict: { kind: 'late', shows: '' } });
    await plan();
    expect(idsIn(sent)[0]).toBe('/last');
    expect(idsIn(sent)).not.toContain('/judged');
  });

  test.each([
    ['nothing is known to be due', 0],
    ['others are due later', 1],
  ])('of a set that is new while planning lists the others are planned in time, where %s', async (_what, others) => {
    const { world, sent, plan, planWhile, row, dueAt } = await watching(others, 40 * MINUTE_MS);
    const at = later(new Date(), 2 * MINUTE_MS);
    await planWhile(async () => {
      await row('/new', { nextReadAt: at });
      await planReadsAt(at, world.ports);
    });
    expect((await dueAt())?.getTime()).toBeLessThanOrEqual(at.getTime());
    turnClock(2 * MINUTE_MS);
    await plan();
    expect(idsIn(sent)).toEqual(['/new']);
  });

  test('are planned although somebody asks for one since the schedule was read', async () => {
    const { world, sent } = await watching(1, 0);
    await planReadsAt(new Date(), world.ports);
    const before = scheduleOf((await world.ports.tables.schedule.list()).stored);
    await planReadsAt(new Date(), world.ports);
    await planReads(before, sending(world, sent));
    expect(idsIn(sent)).toEqual(['/des-0']);
  });

  test('that are not due are not queued, and planning waits for them', async () => {
    const { sent, plan, dueAt } = await watching(3, 7 * MINUTE_MS);
    await plan();
    expect(sent).toEqual([]);
    expect(await dueAt()).toEqual(later(new Date(), 7 * MINUTE_MS));
    turnClock(7 * MINUTE_MS - 1);
    await plan();
    expect(sent).toEqual([]);
    turnClock(1);
    await plan();
    expect(idsIn(sent)).toEqual(['/des-0']);
  });

  test('that a killed execution left are queued again half a minute later', async () => {
    const { sent, plan } = await watching(1, 0);
    await plan();
    turnClock(20_000);
    await plan();
    expect(sent).toHaveLength(1);
    turnClock(10_000);
    await plan();
    expect(sent).toHaveLength(2);
  });

  test('are planned by one of two planners at the same moment', async () => {
    const { sent, plan } = await watching(1, 0);
    await Promise.all([plan(), plan()]);
    expect(sent).toHaveLength(1);
  });

  test('are planned at least once an hour, where nothing is due or a clock ahead noted it', async () => {
    const { plan, dueAt } = await watching(0, 0);
    await plan();
    expect(await dueAt()).toEqual(later(new Date(), 60 * MINUTE_MS));
    const ahead = await watching(1, 30 * 24 * 60 * MINUTE_MS);
    await ahead.plan();
    expect(idsIn(ahead.sent)).toEqual(['/des-0']);
  });

  test('go on where the row of another set cannot be read, which is quarantined and removed', async () => {
    const { world, sent, plan } = await watching(1, 0);
    const [partition, row] = rowOfSet('/broken');
    await world.tables.sets.insert(partition, row, { v: 1, id: 7 });
    await plan();
    expect(idsIn(sent)).toEqual(['/des-0']);
    expect(await world.tables.sets.get(partition, row)).toBeUndefined();
  });
});
