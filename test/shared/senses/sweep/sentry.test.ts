import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock } from '../../../../local/clock.ts';
import { PolicyInvalid } from '../../../../shared/errors.ts';
import type { Ports } from '../../../../shared/ports.ts';
import { wakeAndWatch, watch } from '../../../../shared/senses/sweep/sentry.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { createWorld, type World } from '../../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

/** The world's ports, under a policy that cannot be used. */
const withoutPolicy = ({ ports }: World, faults: readonly string[]): Ports =>
  Object.defineProperty({ ...ports }, 'policy', {
    get: () => {
      throw new PolicyInvalid('policy.json', faults);
    },
  });

test.each([
  [20, 'vaults[19].name: not the name of a key vault.'],
  [1_000, 'vaults[19].name: not the name of a key vault; and 980 more: "npm run build" lists all.'],
])('a policy with %i faults is told, the first twenty by name', async (count, ends) => {
  const world = await createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
  const faults = Array.from({ length: count }, (_, number) => `vaults[${number}].name: not the name of a key vault`);
  await expect(watch(withoutPolicy(world, faults))).rejects.toThrow(PolicyInvalid);
  await world.settle();
  expect(world.alerts).toMatchObject([
    { event: 'opened', incident: { kind: 'guardian-blind', reason: 'policy-invalid' } },
  ]);
  expect(world.alerts[0]?.incident.summary.endsWith(ends)).toBe(true);
});

test('people are told of what no message woke a sender for, also while the policy cannot be used', async () => {
  let isAway = true;
  const world = await createWorld({
    vaults: [{ name: 'prod-disks', keys: [{ name: 'disk-a' }] }],
    policy: { vaults: [{ name: 'prod-disks' }] },
    onStorage(name) {
      if (isAway && name === 'alerts.send') throw new Error('it is away');
    },
  });
  await world.as('attacker').disable('prod-disks', 'disk-a');
  await world.wake('prod-disks', 'disk-a');
  expect(world.alerts).toEqual([]);
  isAway = false;
  await expect(wakeAndWatch(withoutPolicy(world, ['it is empty']))).rejects.toThrow(PolicyInvalid);
  await world.settle();
  expect(world.alerts.map(({ incident: { kind, reason } }) => reason ?? kind).toSorted()).toEqual([
    'policy-invalid',
    'version-disabled',
  ]);
});
