import { describe, expect, test } from 'vitest';
import { vaultObject } from '../../../shared/domain/vault-object.ts';

const version = '0123456789abcdef0123456789abcdef';
const key = { at: 'vault', vault: 'contoso-disks', kind: 'key', name: 'disk-web', version };

describe('the URL of a key', () => {
  test.each([
    ['as the vault writes it', `https://contoso-disks.vault.azure.net/keys/disk-web/${version}`],
    ['with the port that a client sent', `https://contoso-disks.vault.azure.net:443/keys/disk-web/${version}`],
    ['with slashes at its end', `https://contoso-disks.vault.azure.net/keys/disk-web/${version}//`],
    ['in another case', `https://Contoso-Disks.VAULT.azure.net/Keys/Disk-Web/${version.toUpperCase()}`],
    ['of a cloud of its own', `https://contoso-disks.vault.usgovcloudapi.net/keys/disk-web/${version}`],
  ])('%s names vault, key and version', (_, url) => {
    expect(vaultObject(url)).toEqual(key);
  });

  test('without a version names the newest one', () => {
    expect(vaultObject('https://contoso-disks.vault.azure.net/keys/disk-web/')).toEqual({ ...key, version: undefined });
  });

  test('of a Managed HSM is recognised as one', () => {
    expect(vaultObject(`https://contoso-hsm.managedhsm.azure.net/keys/disk-web/${version}`)).toEqual({
      ...key,
      at: 'managed-hsm',
      vault: 'contoso-hsm',
    });
  });
});

test('the URL of a secret names a secret', () => {
  expect(vaultObject('https://contoso-ade.vault.azure.net/secrets/unlock/1')).toEqual({
    at: 'vault',
    vault: 'contoso-ade',
    kind: 'secret',
    name: 'unlock',
    version: '1',
  });
});

test.each([
  ['no URL', 'disk-web'],
  ['another host', 'https://contoso.example/keys/disk-web/1'],
  ['a vault alone', 'https://contoso-disks.vault.azure.net/'],
  ['keys alone', 'https://contoso-disks.vault.azure.net/keys/'],
  ['a certificate', 'https://contoso-disks.vault.azure.net/certificates/web/1'],
  ['a name with other characters', 'https://contoso-disks.vault.azure.net/keys/disk$(web)/1'],
  ['an escaped name', 'https://contoso-disks.vault.azure.net/keys/disk%2Fweb/1'],
  ['a name longer than any key has', `https://contoso-disks.vault.azure.net/keys/${'k'.repeat(128)}/1`],
  ['more than a version', 'https://contoso-disks.vault.azure.net/keys/disk-web/1/backup'],
])('%s names neither a key nor a secret', (_, url) => {
  expect(vaultObject(url)).toBeUndefined();
});
