import { test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { createWorld } from '../../simulation/world.ts';
import { KeyClient } from '@azure/keyvault-keys';
test('x', async () => {
  const world = await createWorld({ vaults: [{ name: 'prod-disks', keys: [{ name: 'disk-a', versions: [{ }] }] }], policy: { vaults: [{ name: 'prod-disks', mode: 'block' }] } , behaviours: {disabledKeyRead: 403}});
  await world.as('attacker').disable('prod-disks', 'disk-a');
  const c = new KeyClient('https://prod-disks.vault.azure.net', world.azure.credential('watcher'), {httpClient: world.azure.httpClient});
  try { await c.getKey('disk-a'); } catch (e) { console.log(e, Object.keys(e.response ?? {}), e.response?.bodyAsText); }
  resetClock();
});
