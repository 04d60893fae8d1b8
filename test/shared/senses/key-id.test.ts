import { expect, test } from 'vitest';
import { namedIn } from '../../../shared/senses/key-id.ts';

const VERSION = '0123456789abcdef0123456789abcdef';
const disk = { vault: 'kv-1', key: 'disk-a', version: undefined };

test.each([
  ['https://kv-1.vault.azure.net/keys/disk-a', disk],
  [`https://kv-1.vault.azure.net/keys/disk-a/${VERSION}`, { ...disk, version: VERSION }],
  [`https://kv-1.vault.azure.net/keys/disk-a/${VERSION}/unwrapkey?api-version=7.4`, { ...disk, version: VERSION }],
  ['https://kv-1.vault.azure.net/deletedkeys/disk-a', disk],
  ['https://kv-1.vault.azure.net:443/keys/disk-a?api-version=7.4', disk],
  ['HTTPS://KV-1.VAULT.AZURE.NET/KEYS/DISK-A', disk],
  ['https://kv-1.privatelink.vaultcore.azure.net/keys/disk-a', disk],
  ['https://kv-1.vault.azure.net/secrets/disk-a', { ...disk, key: undefined }],
  ['https://kv-1.managedhsm.azure.net/keys/disk-a', { ...disk, vault: 'kv-1.managedhsm.azure.net' }],
  ['https://other.kv-1.vault.azure.net/keys/disk-a', { ...disk, vault: 'other.kv-1.vault.azure.net' }],
])('%s names a vault, or a host that is no vault', (id, named) => {
  expect(namedIn(id)).toEqual(named);
});

test.each([
  '',
  'nonsense',
  'http://kv-1.vault.azure.net/keys/disk-a',
  'https:///keys/disk-a',
  'https://kv-1/keys/disk-a',
])('“%s” is no id', (id) => {
  expect(namedIn(id)).toBeUndefined();
});
