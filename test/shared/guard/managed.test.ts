import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { stopAt } from '../../simulation/clock.ts';
import { withheldIn } from '../../simulation/shown.ts';
import { createWorld } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [{ name: 'cert-a', managed: true }, { name: 'disk-a' }] }];

beforeEach(() => stopAt());
afterEach(resetClock);

describe('a key behind a certificate', () => {
  test.each([200, 403] as const)(
    'is alerted and never written to when it is disabled (reading a disabled key is answered %i)',
    async (disabledKeyRead) => {
      const world = await createWorld({ vaults, policy, behaviours: { disabledKeyRead } });
      await world.as('owner').disable(VAULT, 'cert-a');
      await world.sentry();
      await world.pass(120, 10);
      expect(world.writes()).toEqual([]);
      expect(await withheldIn(world)).toEqual(['managed']);
      expect(await world.incidents(VAULT, 'cert-a')).toMatchObject([{ kind: 'version-disabled', state: 'open' }]);
    },
  );

  test('is alerted and not recovered when it is deleted', async () => {
    const world = await createWorld({ vaults, policy });
    await world.as('owner').delete(VAULT, 'cert-a');
    await world.sentry();
    await world.pass(120, 10);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['managed']);
    expect(await world.incidents(VAULT, 'cert-a')).toMatchObject([{ kind: 'key-deleted', state: 'open' }]);
  });
});
