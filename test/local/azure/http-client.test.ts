import { createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../local/azure/azure.ts';
import { currentVersion, localAzure } from './requests.ts';

const noRetries = { retryOptions: { maxRetries: 0 } };
const url = 'https://kv-one.vault.azure.net';

function keyClient(azure: LocalAzure): KeyClient {
  return new KeyClient(url, azure.credential('attacker'), { httpClient: azure.httpClient, ...noRetries });
}

describe('the real Key Vault clients, in process', () => {
  it('answer the challenge once and read, change and list keys', async () => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', keys: Array.from({ length: 30 }, (_, index) => ({ name: `key-${index}` })) }],
      behaviours: { emptyPages: 0.5 },
    });
    const client = keyClient(azure);
    const names: string[] = [];
    for await (const { name } of client.listPropertiesOfKeys()) names.push(name);
    expect(names).toHaveLength(30);
    const { properties } = await client.updateKeyProperties('key-1', {
      enabled: false,
      expiresOn: new Date('2030-01-01T00:00:00Z'),
    });
    expect(properties).toMatchObject({
      enabled: false,
      expiresOn: new Date('2030-01-01T00:00:00Z'),
      version: currentVersion(azure, 'key-1'),
    });
    expect((await client.getKey('key-1')).properties.enabled).toBe(false);
    expect(azure.log.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('create, delete, recover and purge by their pollers', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', purgeProtection: false }], behaviours: { settleMs: 30 } });
    const client = keyClient(azure);
    await client.createEcKey('made');
    const deletion = await client.beginDeleteKey('made', { intervalInMs: 5 });
    expect((await deletion.pollUntilDone()).properties.recoveryId).toBe(`${url}/deletedkeys/made`);
    const recovery = await client.beginRecoverDeletedKey('made', { intervalInMs: 5 });
    expect((await recovery.pollUntilDone()).name).toBe('made');
    await (await client.beginDeleteKey('made', { intervalInMs: 5 })).pollUntilDone();
    await client.purgeDeletedKey('made');
    expect(azure.state('kv-one', 'made')).toEqual({ kind: 'none' });
  });

  it('wrap and unwrap', async () => {
    const azure = localAzure();
    const client = new CryptographyClient(`${url}/keys/disk/${currentVersion(azure)}`, azure.credential('attacker'), {
      httpClient: azure.httpClient,
    });
    const { result } = await client.wrapKey('RSA-OAEP-256', Buffer.from('secret'));
    expect(Buffer.from((await client.unwrapKey('RSA-OAEP-256', result)).result).toString()).toBe('secret');
    expect(azure.log.map(({ operation }) => operation)).toContain('unwrapkey');
  });

  it('see an error’s status, code and sentence', async () => {
    await expect(keyClient(localAzure()).getKey('none')).rejects.toMatchObject({
      name: 'RestError',
      statusCode: 404,
      code: 'KeyNotFound',
    });
  });

  it('see a broken connection as they would a real one', async () => {
    const azure = localAzure();
    azure.fault({ match: {}, answer: { kind: 'unreachable' } });
    await expect(keyClient(azure).getKey('disk')).rejects.toMatchObject({ name: 'RestError', code: 'ECONNRESET' });
  });
});

describe('the HTTP client', () => {
  const request = (target: string, options: object = {}) =>
    createPipelineRequest({ url: target, method: 'GET', ...options });

  it.each(['https://graph.microsoft.com/', 'https://vault.azure.net.example.com/', 'https://vault.azure.net/'])(
    'refuses %s: it serves vaults and Resource Manager only',
    async (target) => {
      const refused = localAzure().httpClient.sendRequest(request(target));
      await expect(refused).rejects.toThrow(RestError);
      await expect(refused).rejects.toThrow(`not ${new URL(target).hostname}`);
    },
  );

  it('finds no host for a vault that is not there', async () => {
    await expect(
      localAzure().httpClient.sendRequest(request('https://kv-none.vault.azure.net/keys')),
    ).rejects.toMatchObject({ name: 'RestError', code: 'ENOTFOUND' });
  });

  it('does not begin what is aborted already', async () => {
    const azure = localAzure();
    await expect(
      azure.httpClient.sendRequest(request(`${url}/keys`, { abortSignal: AbortSignal.abort() })),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(azure.log).toEqual([]);
  });

  it('stops waiting when aborted, while the service goes on', async () => {
    const azure = localAzure();
    azure.fault({ match: {}, answer: { kind: 'slow', ms: 5 } });
    const served = new Promise<number>((resolve) => azure.onAnswer((_request, { status }) => resolve(status)));
    const aborter = new AbortController();
    const sent = azure.httpClient.sendRequest(request(`${url}/keys`, { abortSignal: aborter.signal }));
    aborter.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    expect(azure.log).toEqual([]);
    expect(await served).toBe(401);
  });

  it('gives up at the request’s time-out; what was begun is done all the same', async () => {
    const azure = localAzure();
    azure.fault({ match: {}, answer: { kind: 'slow', ms: 30 } });
    const served = new Promise<number>((resolve) => azure.onAnswer((_request, { status }) => resolve(status)));
    await expect(azure.httpClient.sendRequest(request(`${url}/keys`, { timeout: 5 }))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await served).toBe(401);
  });
});

describe('a credential', () => {
  it('gives its identity’s token for vaults and for nothing else', async () => {
    const azure = localAzure();
    const credential = azure.credential('attacker');
    expect((await credential.getToken('https://vault.azure.net/.default'))?.token).toBe(
      azure.identities.get('attacker')?.token,
    );
    await expect(credential.getToken(['https://storage.azure.com/.default'])).rejects.toThrow(
      'gives attacker no token for https://storage.azure.com/.default',
    );
  });
});
