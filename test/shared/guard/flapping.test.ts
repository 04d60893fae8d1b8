import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf, oidOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const block = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];

const guardian = (): Promise<World> => createWorld({ vaults, policy: block });
const isEnabled = (world: World): boolean => {
  const state = world.azure.state(VAULT, 'disk-a');
  return state.kind === 'present' && state.versions.every(({ enabled }) => enabled);
};
const contested = async (world: World) =>
  (await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === 'key-contested');
/** When each of the guardian's writes happened, in seconds after the start. */
const writtenAt = (world: World, startedAt: Date): readonly number[] =>
  world.azure.log
    .filter(({ identity, changed }) => identity === 'keeper' && changed)
    .map(({ at }) => Math.floor((at.getTime() - startedAt.getTime()) / 1000));

/** Makes the key unusable and lets the guardian look at it, as often as there are waits; each wait follows, in seconds. */
async function attack(world: World, waitsSeconds: readonly number[], act: 'disable' | 'delete' = 'disable') {
  for (const wait of waitsSeconds) {
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    await world.pass(wait);
  }
}

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each(['disable', 'delete'] as const)('a key that is made unusable again and again (%s)', (act) => {
  test('the first two acts are undone at once, and nobody is told that it is contested', async () => {
    const world = await guardian();
    const startedAt = new Date();
    await attack(world, [10, 10], act);
    expect(writtenAt(world, startedAt)).toEqual([0, 10]);
    expect(isEnabled(world)).toBe(true);
    expect(await contested(world)).toEqual([]);
  });

  test('the third within an hour is undone a minute after the second was, and pages on-call', async () => {
    const world = await guardian();
    const startedAt = new Date();
    await attack(world, [10, 10, 0], act);
    expect(isEnabled(world)).toBe(false);
    expect(await contested(world)).toMatchObject([
      { severity: 'critical', state: 'open', command: 'key-guardian hold set prod-disks/disk-a --why "…"' },
    ]);
    await world.pass(55);
    expect(isEnabled(world)).toBe(true);
    const [, second = 0, third = 0, ...more] = writtenAt(world, startedAt);
    expect(third - second).toBeGreaterThanOrEqual(59);
    expect(third - second).toBeLessThanOrEqual(61);
    expect(more).toEqual([]);
  });

  test('the third pages on-call also where it comes late enough to be undone at once', async () => {
    const world = await guardian();
    const startedAt = new Date();
    await attack(world, [300, 300, 1], act);
    expect(writtenAt(world, startedAt)).toEqual([0, 300, 600]);
    expect(await contested(world)).toMatchObject([{ state: 'open' }]);
  });
});

describe('a contested key', () => {
  test('three acts of which the first is more than an hour ago are not contested', async () => {
    const world = await guardian();
    const startedAt = new Date();
    await attack(world, [1800, 1810, 5]);
    expect(writtenAt(world, startedAt)).toEqual([0, 1800, 3610]);
    expect(await contested(world)).toEqual([]);
  });

  test('goes on being restored at most once a minute, and on-call is told once an hour, by name', async () => {
    const world = await guardian();
    const startedAt = new Date();
    await world.sentry();
    // From 09:10 to 10:15, the attacker disables it whenever it is enabled.
    for (let passed = 0; passed < 65 * 60; passed += 5) {
      if (isEnabled(world)) await world.as('attacker').disable(VAULT, 'disk-a');
      await world.pass(5, 5);
      if (passed % 300 === 0) await world.audit();
    }
    const gaps = writtenAt(world, startedAt)
      .slice(2)
      .map((at, place, all) => at - (all[place - 1] ?? Number.NEGATIVE_INFINITY));
    expect(gaps.length).toBeGreaterThan(50);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(59);
    const attacker = { oid: oidOf(world, 'attacker') };
    const pages = (await contested(world)).toSorted((one, other) => one.since.getTime() - other.since.getTime());
    expect(pages).toMatchObject([
      { state: 'open', who: attacker },
      { state: 'open', who: attacker },
    ]);
    expect(pages.map(({ since }) => since.getUTCHours())).toEqual([9, 10]);
    const told = world.alerts.filter(({ incident }) => incident.kind === 'key-contested').map(({ event }) => event);
    // The name may come later than the page: one change at most.
    expect(told.filter((event) => event === 'opened')).toHaveLength(2);
    expect(told.length).toBeLessThanOrEqual(4);
  });

  test('is named once the audit log tells who does it', async () => {
    const world = await guardian();
    await attack(world, [10, 10, 60]);
    expect((await contested(world))[0]?.who).toBeUndefined();
    await world.audit();
    expect((await contested(world))[0]?.who?.oid).toBe(oidOf(world, 'attacker'));
  });

  test('is left alone once a person sets a hold', async () => {
    const world = await guardian();
    await attack(world, [10, 10, 0]);
    await world.hold({ vault: VAULT, key: 'disk-a' });
    await world.pass(300);
    expect(isEnabled(world)).toBe(false);
    expect(world.changes()).toBe(2);
  });

  test('is contested no more once fewer than three acts were undone within the last hour', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 70]);
    expect(await contested(world)).toMatchObject([{ state: 'open' }]);
    await world.pass(3560, 20);
    expect(await contested(world)).toMatchObject([{ state: 'resolved' }]);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    expect(isEnabled(world)).toBe(true);
    expect(currentOf(world, VAULT, 'disk-b').enabled).toBe(true);
  });
});

test('a contested version is not kept down by acts on other versions: each has its own minute', async () => {
  const versions = Array.from({ length: 30 }, (_, number) => ({ version: String(number + 1).padStart(32, '0') }));
  const world = await createWorld({ vaults: [{ name: VAULT, keys: [{ name: 'disk-a', versions }] }], policy: block });
  await attack(world, [5, 5, 61]);
  await world.as('attacker').disable(VAULT, 'disk-a');
  let downSeconds = 0;
  for (const { version } of versions.slice(0, 10)) {
    await world.as('attacker').disable(VAULT, 'disk-a', version);
    await world.wake(VAULT, 'disk-a');
    for (let second = 0; second < 40; second += 1) {
      await world.pass(1);
      if (!currentOf(world, VAULT, 'disk-a').enabled) downSeconds += 1;
    }
  }
  expect(downSeconds).toBeLessThanOrEqual(60);
});
