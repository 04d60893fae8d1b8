import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock } from '../../../../local/clock.ts';
import { PolicyInvalid } from '../../../../shared/errors.ts';
import type { Ports } from '../../../../shared/ports.ts';
import { watch } from '../../../../shared/senses/sweep/sentry.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { createWorld } from '../../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

test.each([
  [20, 'vaults[19].name: not the name of a key vault.'],
  [1_000, 'vaults[19].name: not the name of a key vault; and 980 more: "npm run build" lists all.'],
])('a policy with %i faults is told, the first twenty by name', async (count, ends) => {
  const world = await createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
  const faults = Array.from({ length: count }, (_, number) => `vaults[${number}].name: not the name of a key vault`);
  const ports: Ports = Object.defineProperty({ ...world.ports }, 'policy', {
    get: () => {
      throw new PolicyInvalid('policy.json', faults);
    },
  });
  await expect(watch(ports)).rejects.toThrow(PolicyInvalid);
  await world.settle();
  expect(world.alerts).toMatchObject([{ event: 'opened', incident: { kind: 'policy-invalid' } }]);
  expect(world.alerts[0]?.incident.summary.endsWith(ends)).toBe(true);
});
