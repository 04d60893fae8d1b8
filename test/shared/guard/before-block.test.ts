import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const inMode = (mode: 'alert' | 'block') => ({ vaults: [{ name: VAULT, mode }] });
const names = Array.from({ length: 30 }, (_, place) => `disk-${String(place).padStart(2, '0')}`);
const vaults = [{ name: VAULT, keys: names.map((name) => ({ name })) }];
type Act = 'disable' | 'delete';

/** A guardian that was only told to tell while so many keys were made unusable, and is told to undo now. */
async function blockAfter(act: Act, count: number): Promise<World> {
  const world = await createWorld({ vaults, policy: inMode('alert') });
  for (const name of names.slice(0, count)) await world.as('attacker')[act](VAULT, name);
  await world.sentry();
  expect(usable(world)).toBe(names.length - count);
  world.changePolicy(inMode('block'));
  return world;
}

const usable = ({ azure }: World): number =>
  names.filter((name) => {
    const state = azure.state(VAULT, name);
    return state.kind === 'present' && state.versions.every(({ enabled }) => enabled);
  }).length;

const brakes = async (world: World) =>
  (await world.incidents(VAULT)).filter(({ kind }) => kind === 'mass-brake').map(({ state }) => state);

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each<Act>(['disable', 'delete'])('what was bad before the last look (%s)', (act) => {
  test('25 keys are held for a person: not one write, one incident for the vault, one judgement for each key', async () => {
    const world = await blockAfter(act, 25);
    await world.pass(180);
    expect(usable(world)).toBe(5);
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(VAULT)).toMatchObject([
      {
        kind: 'mass-brake',
        severity: 'critical',
        state: 'open',
        judgement: 'held for a person',
        summary: expect.stringContaining('25 versions in prod-disks'),
        command: 'key-guardian baseline show prod-disks',
      },
    ]);
    for (const name of names.slice(0, 25))
      expect(await world.incidents(VAULT, name)).toMatchObject([{ state: 'open', judgement: 'withheld: mass-brake' }]);
    expect(world.alerts.filter(({ incident }) => incident.kind === 'mass-brake')).toHaveLength(1);
  });

  test('the brake lets 20 pass and holds 21', async () => {
    for (const [count, left] of [
      [20, 30],
      [21, 9],
    ] as const) {
      const world = await blockAfter(act, count);
      await world.pass(90);
      expect(usable(world)).toBe(left);
    }
  });

  test('15 keys are undone, but only once a sweep has counted them', async () => {
    const world = await blockAfter(act, 15);
    await world.audit();
    expect(world.writes()).toEqual([]);
    await world.pass(90);
    expect(usable(world)).toBe(30);
    expect(world.changes()).toBe(15);
    expect(await brakes(world)).toEqual([]);
  });

  test('what is made unusable now is undone although 25 others are held', async () => {
    const world = await blockAfter(act, 25);
    await world.pass(60);
    await world.as('attacker')[act](VAULT, 'disk-29');
    await world.pass(90);
    expect(usable(world)).toBe(5);
    expect(world.changes()).toBe(1);
    expect(currentOf(world, VAULT, 'disk-29').enabled).toBe(true);
  });

  test('once people have mended enough, the rest is undone and the incident of the vault ends', async () => {
    const world = await blockAfter(act, 25);
    await world.pass(60);
    const mended = act === 'disable' ? 'enable' : 'recover';
    for (const name of names.slice(0, 5)) await world.as('owner')[mended](VAULT, name);
    await world.pass(120);
    expect(usable(world)).toBe(30);
    expect(world.changes()).toBe(20);
    expect(await brakes(world)).toEqual(['resolved']);
  });

  test('30 at once since the last look are all undone', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    for (const name of names) await world.as('attacker')[act](VAULT, name);
    await world.pass(90);
    expect(usable(world)).toBe(30);
    expect(world.changes()).toBe(30);
    expect(await brakes(world)).toEqual([]);
  });
});
