import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { guardianIdentities, OWN_VAULT, SIGNING_KEY } from '../../../local/azure/guardian-identities.ts';
import { attacker, sender } from './requests.ts';
import { KEY_URL, managedAzure, managing, set } from './resource-manager/managed.ts';

const roles: unknown = JSON.parse(readFileSync(new URL('../../../infra/roles.json', import.meta.url), 'utf8'));

const signing = { name: SIGNING_KEY, versions: [{ kty: 'EC', crv: 'P-256', keyOps: ['sign', 'verify'] }] } as const;
const digest = { alg: 'ES256', value: Buffer.alloc(32).toString('base64url') };

async function tried(identity: string, vault: string, method: string, path: string, body?: unknown): Promise<number> {
  const azure = createLocalAzure({
    vaults: [
      { name: 'kv-block', keys: [{ name: 'disk' }] },
      { name: 'kv-alert', keys: [{ name: 'disk' }] },
      { name: OWN_VAULT, keys: [signing, { name: 'other', versions: signing.versions }] },
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

  it.each([
    ['watcher', SIGNING_KEY, 200],
    ['watcher', 'other', 403],
    ['keeper', SIGNING_KEY, 403],
  ])('%s signs with the key %s of the own vault with the answer %i', async (identity, key, status) => {
    expect(await tried(identity, OWN_VAULT, 'POST', `/keys/${key}/sign`, digest)).toBe(status);
  });

  it.each([
    [true, 202],
    [false, 403],
  ])('keeper writes to disk encryption sets where it updates them (%s) with the answer %i', async (updates, status) => {
    const azure = managedAzure({
      identities: guardianIdentities(roles, ['kv-one'], { updates }),
    });
    const patch = { properties: { activeKey: { keyUrl: KEY_URL } } };
    const path = `${set('set-one').id}?api-version=2024-03-02`;
    expect((await managing(azure, 'keeper')('PATCH', path, patch)).status).toBe(status);
    expect((await managing(azure, 'keeper')('DELETE', path)).status).toBe(403);
  });

  it('and roles of another shape stop the start', () => {
    expect(() => guardianIdentities({ identities: { watcher: {} } }, [])).toThrow();
  });
});
