import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { resetClock } from '../../../local/clock.ts';
import { received } from '../../../shared/senses/received.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

test('a message is not handled again because the sweeps cannot be looked after', async () => {
  const world = await createWorld({
    vaults: [{ name: 'prod-disks' }],
    policy: { vaults: [{ name: 'prod-disks' }] },
    onStorage(name) {
      if (name === 'vaults.list') throw new Error('it is away');
    },
  });
  const handled: unknown[] = [];
  await received('alert', z.string(), 'an alert', world.ports, async (message) => void handled.push(message));
  expect(handled).toEqual(['an alert']);
});
