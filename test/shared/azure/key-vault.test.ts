import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { resetClock } from '../../../local/clock.ts';
import { keyVaultReads } from '../../../shared/azure/key-vault.ts';
import { stopAt } from '../../simulation/clock.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

/** A vault that answers every request in one way, once the client has shown a token. */
function answering(answers: readonly { readonly status: number; readonly body: unknown }[]) {
  const given = [...answers];
  return keyVaultReads({
    url: 'https://prod-disks.vault.azure.net',
    credential: { getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    httpClient: {
      async sendRequest(request) {
        const challenge =
          'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"';
        const asked = request.headers.get('authorization') === undefined;
        const { status, body } = (asked ? undefined : given.shift()) ?? { status: 401, body: {} };
        const headers = createHttpHeaders(status === 401 ? { 'www-authenticate': challenge } : {});
        return { request, status, headers, bodyAsText: JSON.stringify(body) };
      },
    },
  });
}
const attributes = { enabled: true, created: 1, updated: 1 };
const listed = (name: string, more: object) => ({ kid: `https://prod-disks.vault.azure.net/keys/${name}`, ...more });

test('an odd item of a list costs the sight of no other, and is no absence: it is named', async () => {
  const value = [listed('sound', { attributes }), listed('odd', { attributes: { enabled: true } })];
  const answer = await answering([{ status: 200, body: { value, nextLink: null } }]).listKeys();
  expect(answer).toMatchObject({ kind: 'ok', value: { keys: [{ key: 'sound' }], unclear: ['odd'] } });
});

test.each([
  [1970, 0, new Date(0)],
  ['the end of time', 9_000_000_000_000, new Date(8_640_000_000_000_000)],
] as const)('a date of %s is a date', async (_, exp, expiresOn) => {
  const value = [listed('disk-a', { attributes: { ...attributes, exp } })];
  const answer = await answering([{ status: 200, body: { value, nextLink: null } }]).listKeys();
  expect(answer).toMatchObject({ kind: 'ok', value: { keys: [{ expiresOn }], unclear: [] } });
});

test('a version that comes without operations is none: nothing is taken for removed', async () => {
  const key = { kid: 'https://prod-disks.vault.azure.net/keys/disk-a/1', kty: 'RSA', n: 'AQAB', e: 'AQAB' };
  const answer = await answering([{ status: 200, body: { key, attributes } }]).read('disk-a');
  expect(answer).toMatchObject({ kind: 'unreachable', error: { name: 'AnswerUnreadable' } });
});

test('a 404 that is not the service’s own says nothing of the key', async () => {
  expect((await answering([{ status: 404, body: 'a gateway' }]).read('disk-a')).kind).toBe('unreachable');
  expect((await answering([{ status: 404, body: { error: { code: 'KeyNotFound' } } }]).read('disk-a')).kind).toBe(
    'missing',
  );
});

test('every request of a read ends within 8 s, each page of a list for itself', async () => {
  const azure = createLocalAzure({
    vaults: [{ name: 'prod-disks', keys: Array.from({ length: 60 }, (_, number) => ({ name: `disk-${number}` })) }],
    identities: [
      { name: 'reader', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }] },
    ],
  });
  const limitsMs: number[] = [];
  const reads = keyVaultReads({
    url: 'https://prod-disks.vault.azure.net',
    credential: azure.credential('reader'),
    httpClient: {
      sendRequest(request) {
        limitsMs.push(request.timeout);
        return azure.httpClient.sendRequest(request);
      },
    },
  });
  expect(await reads.listKeys()).toMatchObject({ kind: 'ok', value: { keys: { length: 60 } } });
  expect(await reads.read('disk-7')).toMatchObject({ kind: 'ok' });
  expect(limitsMs.length).toBeGreaterThanOrEqual(5);
  expect(new Set(limitsMs)).toEqual(new Set([8_000]));
});
