import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runQuery } from '../../../local/azure/monitor/run.ts';
import { AUDIT_TABLE } from '../../../local/azure/monitor/tables.ts';
import { resetClock } from '../../../local/clock.ts';
import { logQueries } from '../../../local/log-queries.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, WORKSPACE, type World, type WorldOptions } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const made = (more: Partial<WorldOptions> = {}): Promise<World> =>
  createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    monitor: 'AZKVAuditLogs',
    ...more,
  });

beforeEach(() => stopAt());
afterEach(resetClock);

const [, once = ''] = logQueries().find(([name]) => name === 'records-once') ?? [];
/** What the saved function gives now. */
const rows = ({ azure }: World) => runQuery(once, azure.monitor.workspace(WORKSPACE).table).rows;
const tableOf = ({ azure }: World) => azure.monitor.workspace(WORKSPACE).table(AUDIT_TABLE)?.rows ?? [];
const idsIn = (some: readonly Readonly<Record<string, unknown>>[]) =>
  some.map(({ RecordId }) => String(RecordId)).toSorted();
const toldOf = (world: World, reason: string) =>
  world.alerts.filter(({ incident }) => incident.reason === reason).map(({ event }) => event);

describe('the records of the trail', () => {
  test('reach the workspace within minutes, each with its own time', async () => {
    const world = await made();
    await world.sentry();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(600, 5);
    const trail = await world.trail();
    const recorded = trail.filter(({ time }) => Date.now() - time.getTime() > 400_000);
    expect(recorded.map(({ what }) => what)).toContain('outcome');
    expect(idsIn(rows(world))).toEqual(expect.arrayContaining(recorded.map(({ id }) => id)));
    const undone = rows(world).find(({ What }) => What === 'outcome');
    const told = trail.find(({ id }) => id === undone?.RecordId);
    expect(new Date(String(undone?.RecordedAt))).toEqual(told?.time);
    expect(undone).toMatchObject({ Subject: told?.subject, RecordHash: told?.hash, Sequence: told?.sequence });
    expect(world.failures).toEqual([]);
  });

  test('all arrive after an outage of a day, once, with their real times; operators are alerted after 15 minutes', async () => {
    const world = await made();
    await world.sentry();
    const remove = world.azure.monitor.fault('send', { kind: 'unreachable' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(14 * 60, 30);
    expect(toldOf(world, 'trail-not-shipped')).toEqual([]);
    await world.pass(180, 30);
    expect(toldOf(world, 'trail-not-shipped')).toEqual(['opened']);
    await world.pass(26 * 3_600, 3_600);
    remove();
    await world.pass(900, 30);
    expect(toldOf(world, 'trail-not-shipped')).toEqual(['opened', 'resolved']);
    const before = (await world.trail()).filter(({ time }) => Date.now() - time.getTime() > 800_000);
    const arrived = new Map(rows(world).map((row) => [row.RecordId, new Date(String(row.RecordedAt))]));
    for (const { id, time } of before) expect(arrived.get(id)).toEqual(time);
    const places = tableOf(world).map(({ values: { Stream, Sequence } }) => `${Stream} ${Sequence}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test('that arrive twice after a lost answer are one for the saved function', async () => {
    const world = await made();
    const remove = world.azure.monitor.fault('send', { kind: 'lost-answer' });
    await world.sentry();
    remove();
    await world.pass(600, 30);
    expect(tableOf(world).length).toBeGreaterThan(rows(world).length + 1);
    expect(new Set(idsIn(rows(world))).size).toBe(rows(world).length);
  });

  test('of which the service refuses one are sent without it: it is quarantined, and operators are alerted', async () => {
    const world = await made();
    world.azure.monitor.fault('send', { kind: 'refuses', text: '"What":"baseline"' });
    await world.sentry();
    await world.pass(600, 30);
    const kinds = new Set(rows(world).map(({ What }) => What));
    expect(kinds.has('register')).toBe(true);
    expect(kinds.has('baseline')).toBe(false);
    expect(toldOf(world, 'quarantined')).toEqual(['opened']);
    expect(
      (await world.trail()).filter(({ what, detail }) => what === 'quarantined' && detail.source === 'ship-audit'),
    ).not.toEqual([]);
  });

  test('go on from where they were after a crash at any step of a turn', async () => {
    let crashAt = Number.POSITIVE_INFINITY;
    let calls = 0;
    const onStorage = (name: string): void => {
      if (!name.startsWith('workspaces.')) return;
      calls += 1;
      if (calls === crashAt) throw new Error('the process is gone');
    };
    for (let step = 1; step <= 6; step += 1) {
      crashAt = Number.POSITIVE_INFINITY;
      const world = await made({ onStorage });
      calls = 0;
      crashAt = step;
      await world.sentry().catch(() => {});
      crashAt = Number.POSITIVE_INFINITY;
      await world.pass(900, 30);
      const before = (await world.trail()).filter(({ time }) => Date.now() - time.getTime() > 400_000);
      expect([step, idsIn(rows(world))]).toEqual([step, expect.arrayContaining(before.map(({ id }) => id))]);
    }
  });
});

test('an undo is as quick while the workspace does not answer', async () => {
  const undoneAfter = async (isAway: boolean): Promise<readonly string[]> => {
    stopAt();
    const world = await made();
    if (isAway) world.azure.monitor.fault('send', { kind: 'unreachable' });
    if (isAway) world.azure.monitor.fault('query', { kind: 'unreachable' });
    await world.sentry();
    await world.as('attacker').disable(VAULT, 'disk-a');
    const from = Date.now();
    await world.pass(90, 5);
    return (await world.trail())
      .filter(({ what }) => what === 'outcome')
      .map(({ time }) => `${time.getTime() - from} ms`);
  };
  const usual = await undoneAfter(false);
  expect(usual).toHaveLength(1);
  expect(await undoneAfter(true)).toEqual(usual);
});

test('a guardian without a workspace sends nothing and alerts nobody', async () => {
  const { monitor: _, ...others } = { monitor: undefined };
  const world = await createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    ...others,
  });
  await world.sentry();
  await world.pass(3_600, 60);
  expect(world.azure.monitor.log).toEqual([]);
  expect(world.alerts).toEqual([]);
});
