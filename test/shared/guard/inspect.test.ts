import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';

const block = { vaults: [{ name: 'prod-disks', mode: 'block' }], channels: ['console'] };
const vaults = [{ name: 'prod-disks', keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];
const currentOf = (world: Awaited<ReturnType<typeof createWorld>>, key: string) => {
  const state = world.azure.state('prod-disks', key);
  if (state.kind !== 'present') throw new Error(`${key} is ${state.kind}`);
  return state.versions;
};

beforeEach(() => stopAt());
afterEach(resetClock);

describe('a disabled version', () => {
  test('the latest version is enabled again within one sweep', async () => {
    const world = await createWorld({ vaults, policy: block });
    await world.as('attacker').disable('prod-disks', 'disk-a');
    await world.sentry();
    expect(currentOf(world, 'disk-a').map(({ enabled }) => enabled)).toEqual([true, true]);
    expect(world.changes()).toBe(1);
    expect(world.failures).toEqual([]);
    const [incident] = await world.incidents('prod-disks', 'disk-a');
    expect(incident).toMatchObject({ kind: 'version-disabled', state: 'resolved', judgement: 'undone' });
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'resolved']);
  });
});
