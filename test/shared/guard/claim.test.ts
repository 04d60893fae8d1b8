import { afterEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { DAY_MS, later } from '../../../shared/domain/time.ts';
import { CLAIM_MS, claim, claimedBackSeconds, claimsLeft } from '../../../shared/guard/claim.ts';
import { inspect } from '../../../shared/guard/inspect.ts';
import type { Ports } from '../../../shared/ports.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { versionsOf } from '../../simulation/shown.ts';
import { createWorld } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const IN_ALERT = { vaults: [{ name: VAULT, mode: 'alert' }], channels: ['console'] };

afterEach(resetClock);

test('an inspection that outlived its claim concludes nothing where another one took it over', async () => {
  stopAt();
  const world = await createWorld({ vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}])] }], policy: IN_ALERT });
  await world.sentry();
  await world.pass(120, 10);
  const [older] = versionsOf(world, VAULT, 'disk-a');
  await world.as('attacker').disable(VAULT, 'disk-a', older?.version);
  await world.pass(120, 10);
  const { ports } = world;
  const [reached, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // Its current version is read as good, and the answer is late.
  const reads: Ports['reads'] = (vault) => ({
    ...ports.reads(vault),
    async readDeleted(key) {
      const answer = await ports.reads(vault).readDeleted(key);
      reached.resolve();
      await answered.promise;
      return answer;
    },
  });
  const message = { subject: keyOf({ vault: VAULT, key: 'disk-a' }), hints: [], attempt: 0 };
  const late = inspect(message, { ...ports, reads });
  await reached.promise;
  turnClock(CLAIM_MS + 10_000);
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.wake(VAULT, 'disk-a');
  answered.resolve();
  await late;
  expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ state: 'open' }, { state: 'open' }]);
});

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

  test('is not lost: it inspects the key when it comes again, not before', async () => {
    const keys = Array.from({ length: 20 }, (_, number) => `disk-${number}`);
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: keys.map((name) => ({ name })) }],
      policy: { vaults: [{ name: VAULT, mode: 'block' }], channels: ['console'] },
    });
    await world.sentry();
    world.azure.clearLog();
    const { claims } = world.ports.tables;
    const until = new Date(Date.now() + CLAIM_MS);
    for (const key of keys) {
      const standing = await claims.put(VAULT, key, { owner: 'another', until, intents: [] });
      await world.wake(VAULT, key);
      await claims.remove(standing);
    }
    const inspected = () => keys.filter((name) => world.azure.log.some(({ key }) => key === name));
    expect(inspected()).toEqual([]);
    await world.pass(2);
    expect(inspected()).toEqual([]);
    await world.pass(3);
    expect(inspected().length).toBeGreaterThan(0);
    await world.pass(2);
    expect(inspected()).toEqual(keys);
  });
});

describe('a claim', () => {
  test.each([
    ['while it stands', CLAIM_MS, false],
    ['by a clock that is a little ahead', 2 * CLAIM_MS, false],
    ['by a clock that is a day ahead', DAY_MS, true],
    ['past its end', 0, true],
  ])('%s, with %i ms to go, is taken over: %s', async (_, ms, isTaken) => {
    stopAt();
    const world = await createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
    await world.ports.tables.claims.put(VAULT, 'disk-a', { owner: 'other', until: later(new Date(), ms), intents: [] });
    expect(await claimsLeft(VAULT, world.ports)).toEqual(isTaken ? ['disk-a'] : []);
    expect((await claim(keyOf({ vault: VAULT, key: 'disk-a' }), world.ports)) !== undefined).toBe(isTaken);
  });

  test('that cannot be read is left, and taken over', async () => {
    const world = await createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
    await world.tables.claims.put(VAULT, 'disk-a', { owner: 7 });
    expect(await claimsLeft(VAULT, world.ports)).toEqual(['disk-a']);
    expect(await claim(keyOf({ vault: VAULT, key: 'disk-a' }), world.ports)).toBeDefined();
  });
});
