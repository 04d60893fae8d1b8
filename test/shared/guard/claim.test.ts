import { afterEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { CLAIM_MS, claimedBackSeconds } from '../../../shared/guard/claim.ts';
import { createWorld } from '../../simulation/world.ts';

const VAULT = 'prod-disks';

afterEach(resetClock);

describe('a message that meets a claim', () => {
  test.each([
    ['00000000', 3],
    ['00000001', 4],
    ['00000004', 7],
    ['00000005', 3],
    ['ffffffff', 3],
  ])('goes back for 3 to 7 s, by chance: %s gives %i', (id, seconds) => {
    expect(claimedBackSeconds({ newId: () => `${id}-0000-4000-8000-000000000000` })).toBe(seconds);
  });

  test('is not lost: it looks at the key when it comes again, not before', async () => {
    const keys = Array.from({ length: 20 }, (_, number) => `disk-${number}`);
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: keys.map((name) => ({ name })) }],
      policy: { vaults: [{ name: VAULT, mode: 'block' }], channels: ['console'] },
    });
    const { claims } = world.ports.tables;
    const until = new Date(Date.now() + CLAIM_MS);
    for (const key of keys) {
      const claim = await claims.put(VAULT, key, { owner: 'another', until, intents: [] });
      await world.wake(VAULT, key);
      await claims.remove(claim);
    }
    const looked = () => keys.filter((name) => world.azure.log.some(({ key }) => key === name));
    expect(looked()).toEqual([]);
    await world.pass(2);
    expect(looked()).toEqual([]);
    await world.pass(3);
    expect(looked().length).toBeGreaterThan(0);
    await world.pass(2);
    expect(looked()).toEqual(keys);
  });
});
