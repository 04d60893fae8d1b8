import { afterEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../local/clock.ts';
import { stopAt } from './clock.ts';
import type { Interruption } from './deliveries.ts';
import { seedKey } from './end-state.ts';
import { createWorld, type WorldOptions } from './world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }];
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };

afterEach(resetClock);

/** A world in which one inspection of a key is queued, and what instances did of it. */
async function inspecting({ ends, ...options }: Partial<WorldOptions> & { readonly ends?: number } = {}) {
  stopAt();
  let claims = 0;
  let steps = 0;
  const world = await createWorld({
    vaults,
    policy,
    onStep({ name, when }) {
      steps += 1;
      // An inspection claims its key; the sweeps that go on beside it claim nothing.
      if (name === 'claims.insert' && when === 'before') claims += 1;
      if (steps === ends) throw new Error('the process is gone');
    },
    ...options,
  });
  await world.wake(VAULT, 'disk-a');
  return { world, steps: () => steps, inspections: () => claims };
}

describe('a message', () => {
  test('is gone once its execution came to its end', async () => {
    const { world, inspections } = await inspecting();
    expect(inspections()).toBe(1);
    await world.pass(1_200, 5);
    expect(inspections()).toBe(1);
  });

  const firstOnly = (by: Interruption) => (execution: number) => (execution === 1 ? by : undefined);

  test('that was processed and not deleted comes again after ten minutes, once', async () => {
    const { world, inspections } = await inspecting({ interrupts: firstOnly({ kind: 'not-deleted' }) });
    await world.pass(599);
    expect(inspections()).toBe(1);
    await world.pass(1);
    expect(inspections()).toBe(2);
    await world.pass(1_200, 5);
    expect(inspections()).toBe(2);
  });

  test.each([0, 1, 5, 20])(
    'whose execution is aborted after %i steps comes again after ten minutes',
    async (afterSteps) => {
      const { world, steps, inspections } = await inspecting({
        interrupts: firstOnly({ kind: 'aborted', afterSteps }),
      });
      expect(steps()).toBe(afterSteps);
      const before = inspections();
      await world.pass(599);
      expect(inspections()).toBe(before);
      await world.pass(1);
      expect(inspections()).toBe(before + 1);
      expect(world.failures).toEqual([]);
    },
  );

  test('whose instance ends comes again after ten minutes', async () => {
    const { world, inspections } = await inspecting({ ends: 3 });
    expect(inspections()).toBe(1);
    await world.pass(599);
    expect(inspections()).toBe(1);
    await world.pass(1);
    expect(inspections()).toBe(2);
    expect(world.failures).toEqual([]);
  });

  test('whose handler throws comes again after five seconds', async () => {
    let isAway = true;
    const { world, inspections } = await inspecting({
      onStorage(name) {
        if (isAway && name === 'claims.insert') throw new Error('storage is away');
      },
    });
    isAway = false;
    expect(world.failures).toHaveLength(1);
    await world.pass(4);
    expect(inspections()).toBe(1);
    await world.pass(1);
    expect(inspections()).toBe(2);
  });
});
