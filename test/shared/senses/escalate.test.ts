import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import { acknowledgeIncident } from '../../../shared/approvals/close.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }];

beforeEach(() => stopAt());
afterEach(resetClock);

/** A world in `alert`, where a key has just been disabled. */
async function attacked(): Promise<World> {
  const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
  await world.sentry();
  await world.pass(600, 30);
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.pass(90, 15);
  return world;
}

/** First lines of the alerts of the disabled version, without what changes with each run. */
const told = ({ alerts }: World): readonly string[] =>
  alerts
    .filter(({ incident: { kind } }) => kind === 'version-disabled')
    .map((alert) => firstLine(alert, alert.incident.since).split(': ').slice(0, 2).join(': '));

const open = async ({ ports }: World) =>
  (await readIncidents(ports, keyOf({ vault: VAULT, key: 'disk-a' }))).stored
    .map(({ value }) => value)
    .find(({ kind }) => kind === 'version-disabled');

describe('an incident with a deadline that nobody acknowledges', () => {
  test('is alerted again when a quarter, a half and three quarters of the time are over', async () => {
    const world = await attacked();
    expect(told(world)).toEqual(['critical: prod-disks/disk-a']);
    for (const quarters of [1, 2, 3]) {
      await world.pass(900, 30);
      expect((await open(world))?.escalated).toBe(quarters);
    }
    await world.pass(3_600, 60);
    expect(told(world).slice(1)).toEqual(Array(3).fill('nobody has acknowledged this: critical'));
  });

  test('is alerted no more from the moment on that somebody works on it', async () => {
    const world = await attacked();
    await world.pass(900, 30);
    const id = (await open(world))?.id ?? '';
    await acknowledgeIncident(id, { oid: 'a-person' }, world.ports);
    await world.settle();
    const alerts = told(world).length;
    expect(told(world).at(-1)).toBe('update: critical');
    await world.pass(3_600, 60);
    expect(told(world)).toHaveLength(alerts);
    const rows = (await world.ports.tables.schedule.list('escalations')).stored;
    expect(rows).toEqual([]);
  });

  test('is alerted no more once it is resolved', async () => {
    const world = await attacked();
    await world.as('attacker').enable(VAULT, 'disk-a');
    await world.pass(900, 30);
    expect((await open(world))?.state).toBe('resolved');
    const alerts = told(world).length;
    await world.pass(1_800, 60);
    expect(told(world)).toHaveLength(alerts);
  });
});

describe('the deadline of an expiry', () => {
  /** A world in `alert`, whose key is set to expire in so many days. */
  async function expiring(days: number): Promise<World> {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    await world.sentry();
    await world.pass(600, 30);
    await expireIn(world, days);
    return world;
  }

  async function expireIn(world: World, days: number): Promise<void> {
    const expiry = new Date(Math.floor(later(world.ports.now(), days * DAY_MS).getTime() / 1000) * 1000);
    await world.as('attacker').expire(VAULT, 'disk-a', expiry);
    await world.pass(90, 15);
  }

  const expiringNow = async ({ ports }: World) =>
    (await readIncidents(ports, keyOf({ vault: VAULT, key: 'disk-a' }))).stored
      .map(({ value }) => value)
      .find(({ kind, state }) => kind === 'version-expiring' && state === 'open');

  /** Minutes from now to the deadline. */
  const minutesLeft = async (world: World): Promise<number> =>
    Math.round((((await expiringNow(world))?.deadline?.getTime() ?? 0) - world.ports.now().getTime()) / MINUTE_MS);
  const minutes = (days: number): number => days * 24 * 60 + 60;

  test('is an hour after it, and follows it while nothing has stopped', async () => {
    const world = await expiring(10);
    expect(await minutesLeft(world)).toBeCloseTo(minutes(10), -1);
    await expireIn(world, 20);
    expect(await minutesLeft(world)).toBeCloseTo(minutes(20), -1);
  });

  test('that is set into the past is an hour after that act', async () => {
    const world = await expiring(10);
    await expireIn(world, -1);
    expect(await minutesLeft(world)).toBeGreaterThan(50);
    expect(await minutesLeft(world)).toBeLessThanOrEqual(60);
    expect(
      firstLine({ event: 'changed', incident: (await expiringNow(world)) as Incident }, world.ports.now()),
    ).toMatch(/disks fail in 5\d min/);
  });

  test('that comes near is escalated within its hour, also where somebody worked on it who had days', async () => {
    const world = await expiring(10);
    await acknowledgeIncident((await expiringNow(world))?.id ?? '', { oid: 'a-person' }, world.ports);
    turnClock(9 * DAY_MS);
    await expireIn(world, -1);
    expect((await expiringNow(world))?.acknowledged).toBeUndefined();
    await world.pass(3_000, 30);
    expect((await expiringNow(world))?.escalated).toBe(3);
  });

  test('follows a date to come also after one that had come, and is alerted of and escalated when that comes', async () => {
    const world = await expiring(10);
    await expireIn(world, -1);
    await acknowledgeIncident((await expiringNow(world))?.id ?? '', { oid: 'a-person' }, world.ports);
    await expireIn(world, 3);
    expect(await minutesLeft(world)).toBeCloseTo(minutes(3), -1);
    turnClock(3 * DAY_MS);
    await world.pass(3_000, 30);
    expect(await expiringNow(world)).toMatchObject({ escalated: 3 });
    expect(await minutesLeft(world)).toBeLessThanOrEqual(60);
  });

  test('stays when it is reached, and people are alerted of that', async () => {
    const world = await expiring(1);
    turnClock(DAY_MS - 5 * MINUTE_MS);
    await world.pass(600, 30);
    const [last] = world.alerts.slice(-1);
    const now = world.ports.now();
    expect(last && firstLine(last, now)).toContain(' expired on ');
    expect(last && detailLines(last, now)[0]).toMatch(/^Do not stop, restart or redeploy/);
    expect(await minutesLeft(world)).toBeGreaterThan(50);
    expect(await minutesLeft(world)).toBeLessThanOrEqual(60);
  });

  test('is escalated when a quarter of the time is over, and no more where there is more time', async () => {
    const world = await expiring(10);
    await world.pass(1_800, 60);
    expect((await expiringNow(world))?.escalated).toBeUndefined();
    turnClock(3 * DAY_MS);
    await world.pass(120, 30);
    expect((await expiringNow(world))?.escalated).toBe(1);
    await expireIn(world, 100);
    expect((await expiringNow(world))?.escalated).toBeUndefined();
  });
});
