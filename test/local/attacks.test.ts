import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import { actNames, attack } from '../../local/attacks.ts';
import { createLocalAzure, type LocalAzure } from '../../local/azure/azure.ts';
import type { VersionState } from '../../local/azure/types.ts';
import { people } from '../../local/estate.ts';

const VAULT = 'kv-one';

function world(purgeProtection: boolean): { readonly azure: LocalAzure; readonly client: KeyClient } {
  const azure = createLocalAzure({
    vaults: [{ name: VAULT, purgeProtection, keys: [{ name: 'disk' }] }],
    identities: people,
    behaviours: { settleMs: 0 },
    seed: 7,
  });
  const options = { httpClient: azure.httpClient, retryOptions: { maxRetries: 0 } };
  return { azure, client: new KeyClient(`https://${VAULT}.vault.azure.net`, azure.credential('attacker'), options) };
}

const current = (azure: LocalAzure): Partial<VersionState> => {
  const state = azure.state(VAULT, 'disk');
  return state.kind === 'present' ? (state.versions.at(-1) ?? {}) : {};
};

describe('an attack', () => {
  it('is one of these', () => {
    expect(actNames).toEqual(['disable', 'delete', 'expire', 'not-before', 'strip-operations', 'rotate', 'purge']);
  });

  it.each([
    ['disable', { enabled: false }],
    ['expire', { enabled: true, exp: expect.any(Number) }],
    ['not-before', { enabled: true, nbf: expect.any(Number) }],
    ['strip-operations', { enabled: true, keyOps: ['encrypt'] }],
  ])('%s leaves the current version unusable', async (act, expected) => {
    const { azure, client } = world(true);
    await attack(act, client, 'disk');
    const { nbf = 0, exp = Number.POSITIVE_INFINITY, ...version } = current(azure);
    expect({ ...version, nbf, exp }).toMatchObject(expected);
    const now = Date.now() / 1000;
    const usable = version.enabled === true && nbf <= now && exp > now && version.keyOps?.includes('wrapKey') === true;
    expect(usable).toBe(false);
  });

  it('rotate makes a new version', async () => {
    const { azure, client } = world(true);
    const before = current(azure).version;
    expect(await attack('rotate', client, 'disk')).toContain('the new version is');
    expect(current(azure).version).not.toBe(before);
  });

  it('delete leaves a deleted key, and purge none', async () => {
    const deleted = world(true);
    await attack('delete', deleted.client, 'disk');
    expect(deleted.azure.state(VAULT, 'disk').kind).toBe('deleted');
    const purged = world(false);
    await attack('purge', purged.client, 'disk');
    expect(purged.azure.state(VAULT, 'disk').kind).toBe('none');
  });

  it('purge ends with a deleted key where purge protection is on', async () => {
    const { azure, client } = world(true);
    await expect(attack('purge', client, 'disk')).rejects.toMatchObject({ statusCode: 403 });
    expect(azure.state(VAULT, 'disk').kind).toBe('deleted');
  });

  it('purge destroys a key that is deleted already', async () => {
    const { azure, client } = world(false);
    await attack('delete', client, 'disk');
    expect(await attack('purge', client, 'disk')).toBe('disk: purged.');
    expect(azure.state(VAULT, 'disk').kind).toBe('none');
  });

  it('purge says that the guardian was faster', async () => {
    const { azure, client } = world(false);
    await attack('delete', client, 'disk');
    // It recovers the key once the attacker has seen it as deleted.
    const owner = new KeyClient(`https://${VAULT}.vault.azure.net`, azure.credential('owner'), {
      httpClient: azure.httpClient,
    });
    const seen = client.getDeletedKey.bind(client);
    client.getDeletedKey = async (name) => {
      const deleted = await seen(name);
      await (await owner.beginRecoverDeletedKey(name)).pollUntilDone();
      return deleted;
    };
    await expect(attack('purge', client, 'disk')).rejects.toThrow(
      'disk: the guardian recovered it before it could be purged.',
    );
    expect(azure.state(VAULT, 'disk').kind).toBe('present');
  });

  it('of another name is refused with those that there are', async () => {
    await expect(attack('shred', world(true).client, 'disk')).rejects.toThrow(
      'There is no act shred. There are: disable',
    );
  });
});
