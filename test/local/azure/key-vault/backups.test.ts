import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LocalAzure } from '../../../../local/azure/azure.ts';
import { currentVersion, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const versions = [
  { created: startSeconds - 900, updated: startSeconds - 800, tags: { old: 'yes' } },
  { created: startSeconds - 600, updated: startSeconds - 500, enabled: false, exp: startSeconds + 900 },
];
const vaults = [
  { name: 'kv-one', purgeProtection: false, keys: [{ name: 'Disk', versions }] },
  { name: 'kv-two', keys: [] },
  { name: 'kv-far', subscriptionId: 'another', keys: [] },
];
const azureWithKey = (): LocalAzure => localAzure({ vaults, behaviours: { settleMs: 0 } });

const blobOf = (json: unknown): string => z.object({ value: z.string() }).parse(json).value;

async function purged(azure: LocalAzure): Promise<string> {
  const send = sender(azure);
  const blob = blobOf((await send('POST', '/keys/disk/backup')).json);
  await send('DELETE', '/keys/disk');
  await send('DELETE', '/deletedkeys/disk');
  return blob;
}

describe('a backup', () => {
  it('begins as those of the service do, and holds no key', async () => {
    const blob = blobOf((await sender(azureWithKey())('POST', '/keys/disk/backup')).json);
    expect(Buffer.from(blob, 'base64url').toString()).toMatch(
      /^&AzureKeyVaultKeyBackupV1\.microsoft\.com[0-9a-f]{64}$/,
    );
  });

  it('restores a purged key with its versions, their dates and their material', async () => {
    const azure = azureWithKey();
    const send = sender(azure);
    const before = await send('GET', '/keys/disk');
    const states = azure.state('kv-one', 'disk');
    const value = await purged(azure);
    expect((await send('GET', '/keys/disk')).status).toBe(404);
    expect(await send('POST', '/keys/restore', { value })).toMatchObject({ status: 200, body: before.body });
    expect(azure.state('kv-one', 'disk')).toEqual(states);
    expect(azure.log.at(-1)).toMatchObject({ operation: 'restore', changed: true });
  });

  it('holds what the key was as it was made', async () => {
    const azure = azureWithKey();
    const send = sender(azure);
    const value = blobOf((await send('POST', '/keys/disk/backup')).json);
    await send('PATCH', '/keys/disk', { attributes: { enabled: true } });
    await send('DELETE', '/keys/disk');
    await send('DELETE', '/deletedkeys/disk');
    expect(await send('POST', '/keys/restore', { value })).toMatchObject({ json: { attributes: { enabled: false } } });
  });

  it('restores into another vault of its subscription, where the key has a life of its own', async () => {
    const azure = azureWithKey();
    const value = blobOf((await sender(azure)('POST', '/keys/disk/backup')).json);
    expect((await sender(azure, 'attacker', 'kv-two')('POST', '/keys/restore', { value })).status).toBe(200);
    expect(currentVersion(azure, 'disk', 'kv-two')).toBe(currentVersion(azure));
    await sender(azure, 'attacker', 'kv-two')('PATCH', '/keys/disk', { attributes: { enabled: true } });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: true }, { enabled: false }] });
  });

  it.each([
    ['is no backup', 'kv-one', 'AQAB'],
    ['is one of another subscription', 'kv-far', undefined],
  ])('that %s is refused', async (_what, vault, blob) => {
    const azure = azureWithKey();
    const value = blob ?? (await purged(azure));
    expect(await sender(azure, 'attacker', vault)('POST', '/keys/restore', { value })).toMatchObject({
      status: 400,
      json: { error: { code: 'Malformed backup blob', message: 'Backup blob is corrupt.' } },
    });
  });

  it('does not replace a key that is there, nor one that is deleted and can be recovered', async () => {
    const send = sender(azureWithKey());
    const value = blobOf((await send('POST', '/keys/disk/backup')).json);
    expect(await send('POST', '/keys/restore', { value })).toMatchObject({
      status: 409,
      json: { error: { message: expect.stringMatching(/^There was a conflict restoring the key/) } },
    });
    await send('DELETE', '/keys/disk');
    expect(await send('POST', '/keys/restore', { value })).toMatchObject({
      status: 409,
      json: { error: { innererror: { code: 'ObjectIsDeletedButRecoverable' } } },
    });
  });

  it('is made of a key that is there', async () => {
    expect((await sender(azureWithKey())('POST', '/keys/none/backup')).status).toBe(404);
  });

  it('is made and restored by the real client', async () => {
    const azure = azureWithKey();
    const client = (vault: string) =>
      new KeyClient(`https://${vault}.vault.azure.net`, azure.credential('attacker'), azure);
    const blob = await client('kv-one').backupKey('disk');
    if (blob === undefined) throw new Error('The client gave no backup.');
    const { properties } = await client('kv-two').restoreKeyBackup(blob);
    expect(properties).toMatchObject({ name: 'Disk', version: currentVersion(azure) });
  });
});
