import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'old-disks';

beforeEach(() => stopAt());
afterEach(resetClock);

/** A swept vault in block that keeps no deleted keys. */
async function guarded(keys: readonly string[]): Promise<World> {
  const world = await createWorld({
    vaults: [
      { name: VAULT, softDeleteDays: 0, purgeProtection: false, keys: keys.map((key) => seedKey(key, [{}, {}])) },
    ],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
  });
  await world.sentry();
  await world.pass(120, 10);
  return world;
}

test('a vault that keeps no deleted keys is not blind: its versions are guarded', async () => {
  const world = await guarded(['disk-a']);
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.pass(600, 10);
  expect(world.azure.state(VAULT, 'disk-a')).toMatchObject({ versions: [{ enabled: true }, { enabled: true }] });
  expect(world.alerts.map(({ incident: { kind } }) => kind)).toEqual(['version-disabled']);
});

test.each([
  ['one of its keys', ['disk-a', 'disk-b']],
  ['its only key', ['disk-a']],
])('the deletion of %s there is alerted at once as final, with the command that restores a backup', async (_, keys) => {
  const world = await guarded(keys);
  await world.as('attacker').delete(VAULT, 'disk-a');
  await world.pass(60, 5);
  const [incident] = await world.incidents(VAULT, 'disk-a');
  expect(incident).toMatchObject({ kind: 'key-missing', state: 'open', severity: 'critical', audience: 'on-call' });
  expect(incident?.summary).toContain('is deleted, and its vault keeps no deleted keys: its material is lost');
  expect(incident?.commands.join()).toContain('az keyvault key restore');
  await world.pass(600, 10);
  expect(await world.incidents(VAULT)).toEqual([]);
  expect(world.writes()).toEqual([]);
});

test('a vault that refuses to show deleted keys is blind where none of its keys says that it keeps none', async () => {
  const world = await createWorld({
    vaults: [{ name: VAULT, softDeleteDays: 0, purgeProtection: false, keys: [] }],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    baseline: false,
  });
  await world.sentry();
  await world.pass(300, 10);
  expect(await world.incidents(VAULT)).toMatchObject([{ reason: 'vault-unreadable', state: 'open' }]);
});
