import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import type { Hint, Inspection } from '../../../shared/domain/hint.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { takeDeadLetter } from '../../../shared/senses/dead-lettered.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';

beforeEach(() => stopAt());
afterEach(resetClock);

/** A swept vault, and the places of its storage that refuse. */
async function sweptWorld(): Promise<{ readonly world: World; readonly away: Set<string> }> {
  const away = new Set<string>();
  const world = await createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}]), seedKey('disk-b', [{}])] }],
    policy: { vaults: [{ name: VAULT }] },
    onStorage(name) {
      if (away.has(name.slice(0, name.indexOf('.')))) throw new Error('it is away');
    },
  });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(120, 10);
  return { world, away };
}

/** Lets time pass while a function takes the dead letters; returns how many there were. */
async function minutes(world: World, count: number): Promise<number> {
  const before = world.poisoned.length;
  let taken = before;
  for (let seconds = 0; seconds < count * 60; seconds += 5) {
    await world.pass(5, 5);
    for (const message of world.poisoned.slice(taken)) await takeDeadLetter('inspections', message, world.ports);
    taken = world.poisoned.length;
  }
  return taken - before;
}

/** Somebody is refused the purge of a key, which leaves nothing in the vault to be found by a sweep. */
const purgeRefused = (world: World): Promise<void> =>
  world.auditMessages([
    {
      time: new Date().toISOString(),
      category: 'AuditEvent',
      operationName: 'KeyPurge',
      resourceId: 'of the vault',
      identity: { claim: { oid: 'somebody' } },
      properties: { id: `https://${VAULT}.vault.azure.net/deletedkeys/disk-a`, httpStatusCode: 403 },
    },
  ]);

const told = (world: World, what: string): readonly string[] =>
  world.alerts.filter(({ incident: { kind, reason } }) => (reason ?? kind) === what).map(({ event }) => event);

const recorded = async (world: World, what: string): Promise<number> =>
  (await world.trail()).filter((record) => record.what === what).length;

describe('audit events with which an inspection failed five times', () => {
  test.each([['outbox'], ['incidents'], ['holds']])('is told once %s takes again', async (place) => {
    const { world, away } = await sweptWorld();
    away.add(place);
    await purgeRefused(world);
    expect(await minutes(world, 6)).toBeGreaterThan(1);
    expect(told(world, 'purge-attempted')).toEqual([]);
    away.clear();
    await minutes(world, 2);
    expect(told(world, 'purge-attempted')).toEqual(['opened']);
    expect(await minutes(world, 10)).toBe(0);
  });

  test('is recorded and quarantined no more often the longer it is tried', async () => {
    const { world, away } = await sweptWorld();
    away.add('holds');
    await purgeRefused(world);
    await minutes(world, 2);
    const [hints, documents] = [await recorded(world, 'hint'), await recorded(world, 'quarantined')];
    expect(documents).toBe(1);
    await minutes(world, 20);
    expect(await recorded(world, 'hint')).toBe(hints);
    expect(await recorded(world, 'quarantined')).toBe(documents);
    expect(told(world, 'quarantined')).toEqual(['opened']);
  });

  test('is recorded once the trail takes again, where nothing took it until then', async () => {
    const { world, away } = await sweptWorld();
    for (const place of ['trail', 'spool']) away.add(place);
    await purgeRefused(world);
    expect(await minutes(world, 6)).toBeGreaterThan(1);
    away.clear();
    await minutes(world, 2);
    expect(await recorded(world, 'hint')).toBe(1);
    expect(told(world, 'purge-attempted')).toEqual(['opened']);
  });

  test('is in the trail of its vault although no inspection came so far as to record it', async () => {
    const { world, away } = await sweptWorld();
    away.add('holds');
    await purgeRefused(world);
    await minutes(world, 3);
    expect((await world.trail()).filter(({ what }) => what === 'hint')).toMatchObject([{ subject: { key: 'disk-a' } }]);
  });

  test('is tried for an hour after it was heard, and then left to people', async () => {
    const { world, away } = await sweptWorld();
    away.add('holds');
    await purgeRefused(world);
    expect(await minutes(world, 65)).toBeGreaterThan(20);
    expect(await minutes(world, 30)).toBe(0);
    const quarantined = (await world.trail()).filter(({ what }) => what === 'quarantined');
    expect(quarantined.map(({ detail }) => detail.because)).toEqual([
      'it failed five times, and is tried again',
      'it failed five times',
    ]);
    const kept = await world.ports.quarantine.read(String(quarantined.at(-1)?.detail.document));
    expect(kept).toContain('KeyPurge');
  });
});

describe('a dead letter', () => {
  const heard = (sense: Hint['sense'], ago: number): Hint => ({
    id: 'one',
    sense,
    sensedAt: later(new Date(), -ago),
    says: { kind: 'refused', operation: 'KeyPurge', status: 403, by: { oid: 'somebody' }, at: new Date() },
  });
  const about = (...hints: readonly Hint[]): Inspection => ({
    subject: keyOf({ vault: VAULT, key: 'disk-a' }),
    hints: [...hints],
    attempt: 2,
  });

  test.each([
    { queue: 'inspections', what: 'of the audit log', message: () => about(heard('audit-log', 0)), back: 1 },
    {
      queue: 'inspections',
      what: 'heard less than an hour ago',
      message: () => about(heard('audit-log', HOUR_MS - MINUTE_MS)),
      back: 1,
    },
    { queue: 'inspections', what: 'heard an hour ago', message: () => about(heard('audit-log', HOUR_MS)), back: 0 },
    {
      queue: 'inspections',
      what: 'heard by a clock that was far ahead',
      message: () => about(heard('audit-log', -HOUR_MS)),
      back: 0,
    },
    { queue: 'inspections', what: 'that a sweep finds again', message: () => about(heard('sweep', 0)), back: 0 },
    { queue: 'inspections', what: 'that says nothing', message: () => about(), back: 0 },
    { queue: 'inspections', what: 'that is no inspection', message: () => ({ key: 'disk-a' }), back: 0 },
    { queue: 'sweeps', what: 'of another queue', message: () => about(heard('audit-log', 0)), back: 0 },
  ])('of $queue, $what, is quarantined, and goes back in $back messages', async ({ queue, message, back }) => {
    const { world } = await sweptWorld();
    const sent: unknown[] = [];
    const inspections = { send: async (one: unknown, seconds?: number) => void sent.push([one, seconds]) };
    await takeDeadLetter(queue, message(), { ...world.ports, queues: { ...world.ports.queues, inspections } });
    expect(await recorded(world, 'quarantined')).toBe(1);
    expect(sent).toEqual(
      Array(back).fill([expect.objectContaining({ subject: keyOf({ vault: VAULT, key: 'disk-a' }), attempt: 3 }), 60]),
    );
  });
});
