import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { guardianIdentities } from '../../../local/azure/guardian-identities.ts';
import { attacker, sender } from './requests.ts';

const roles: unknown = JSON.parse(readFileSync(new URL('../../../infra/roles.json', import.meta.url), 'utf8'));

async function tried(identity: string, vault: string, method: string, path: string, body?: unknown): Promise<number> {
  const azure = createLocalAzure({
    vaults: [
      { name: 'kv-block', keys: [{ name: 'disk' }] },
      { name: 'kv-alert', keys: [{ name: 'disk' }] },
    ],
    identities: [attacker, ...guardianIdentities(roles, ['kv-block'])],
    behaviours: { settleMs: 0 },
    seed: 7,
  });
  if (path.startsWith('/deletedkeys/')) await sender(azure, 'attacker', vault)('DELETE', '/keys/disk');
  return (await sender(azure, identity, vault)(method, path, body)).status;
}

describe('the guardian may do exactly what infra/roles.json says', () => {
  it.each([
    ['watcher', 'kv-block', 'GET', '/keys', 200],
    ['watcher', 'kv-alert', 'GET', '/keys/disk', 200],
    ['watcher', 'kv-alert', 'GET', '/deletedkeys', 200],
    ['watcher', 'kv-block', 'PATCH', '/keys/disk', 403],
    ['watcher', 'kv-block', 'POST', '/deletedkeys/disk/recover', 403],
    ['keeper', 'kv-block', 'GET', '/keys/disk', 200],
    ['keeper', 'kv-block', 'PATCH', '/keys/disk', 200],
    ['keeper', 'kv-block', 'POST', '/deletedkeys/disk/recover', 200],
    ['keeper', 'kv-block', 'DELETE', '/keys/disk', 403],
    ['keeper', 'kv-block', 'DELETE', '/deletedkeys/disk', 403],
    ['keeper', 'kv-block', 'POST', '/keys/disk/create', 403],
    ['keeper', 'kv-block', 'POST', '/keys/disk/wrapkey', 403],
    ['keeper', 'kv-block', 'POST', '/keys/disk/unwrapkey', 403],
    ['keeper', 'kv-alert', 'PATCH', '/keys/disk', 403],
    ['keeper', 'kv-alert', 'GET', '/keys/disk', 403],
  ])('%s on %s: %s %s answers %i', async (identity, vault, method, path, status) => {
    expect(await tried(identity, vault, method, path, {})).toBe(status);
  });

  it('and roles of another shape stop the start', () => {
    expect(() => guardianIdentities({ identities: { watcher: {} } }, [])).toThrow();
  });
});
