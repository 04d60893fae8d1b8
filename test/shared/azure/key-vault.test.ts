import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { resetClock } from '../../../local/clock.ts';
import { keyVaultReads, keyVaultWrites } from '../../../shared/azure/key-vault.ts';
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

/** A vault of 60 keys, whose answers the test can replace. `nth` counts the requests that carry a token. */
function replacing(answer: (nth: number, request: PipelineRequest) => Promise<PipelineResponse> | undefined) {
  const azure = createLocalAzure({
    vaults: [{ name: 'prod-disks', keys: Array.from({ length: 60 }, (_, number) => ({ name: `disk-${number}` })) }],
    identities: [
      {
        name: 'both',
        kind: 'user',
        grants: [
          {
            vault: '*',
            dataActions: ['read', 'update/action'].map((action) => `Microsoft.KeyVault/vaults/keys/${action}`),
          },
        ],
      },
    ],
  });
  let nth = 0;
  const connection = {
    url: 'https://prod-disks.vault.azure.net',
    credential: azure.credential('both'),
    httpClient: {
      sendRequest(request: PipelineRequest) {
        const isFirst = request.headers.get('authorization') === undefined;
        if (!isFirst) nth += 1;
        return (isFirst ? undefined : answer(nth, request)) ?? azure.httpClient.sendRequest(request);
      },
    },
  };
  return { reads: keyVaultReads(connection), writes: keyVaultWrites(connection), requests: () => nth };
}
const silent = (): Promise<never> => new Promise(() => {});

describe('a call ends after 8 s', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ['a read', 1, 1, (vault: ReturnType<typeof replacing>) => vault.reads.read('disk-7')],
    ['a list at its first page', 1, 1, (vault: ReturnType<typeof replacing>) => vault.reads.listKeys()],
    ['a list at a later page', 2, 2, (vault: ReturnType<typeof replacing>) => vault.reads.listKeys()],
    [
      'an update',
      1,
      1,
      (vault: ReturnType<typeof replacing>) => vault.writes.update('disk-7', '1', { enabled: true }, 'an-id'),
    ],
  ])('where the vault is silent: %s', async (_, from, requests, call) => {
    let signal: PipelineRequest['abortSignal'];
    const vault = replacing((nth, request) => {
      if (nth < from) return undefined;
      signal = request.abortSignal;
      return silent();
    });
    const isOver = vi.fn();
    const answer = call(vault).finally(isOver);
    while (vault.requests() < requests) await nextTurn();
    await vi.advanceTimersByTimeAsync(7_999);
    expect(isOver).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toMatchObject({ kind: 'unreachable', error: { cause: { name: 'NoAnswerInTime' } } });
    expect(signal?.aborted).toBe(true);
  });
});

test.each([
  ['retry-after', '40'],
  ['retry-after', 'Mon, 03 Mar 2031 10:10:00 GMT'],
  ['retry-after-ms', '40000'],
  ['x-ms-retry-after-ms', '40000'],
])('a vault that is throttled is said to be so at once, whatever %s it names: %s', async (name, value) => {
  const throttled = (request: PipelineRequest): Promise<PipelineResponse> =>
    Promise.resolve({ request, status: 429, headers: createHttpHeaders({ [name]: value }), bodyAsText: '{}' });
  const vault = replacing((nth, request) => (nth === 2 ? throttled(request) : undefined));
  expect(await vault.reads.listKeys()).toMatchObject({ kind: 'throttled', error: { status: 429 } });
  expect(vault.requests()).toBe(2);
  const again = replacing((_, request) => throttled(request));
  expect(await again.reads.read('disk-7')).toMatchObject({ kind: 'throttled' });
  expect(await again.writes.update('disk-7', '1', { enabled: true }, 'an-id')).toMatchObject({ kind: 'throttled' });
});

test.each([
  ['a date', { expiresOn: new Date('2041-01-01') }, 'date-rejected'],
  ['another date', { notBefore: new Date('2041-01-01') }, 'date-rejected'],
  ['no date', { enabled: true }, 'rejected'],
] as const)('an update of %s that the service calls wrong is told apart', async (_, change, kind) => {
  const bodyAsText = JSON.stringify({ error: { code: 'BadParameter', message: 'no matter' } });
  const { writes } = replacing((_nth, request) =>
    Promise.resolve({ request, status: 400, headers: createHttpHeaders(), bodyAsText }),
  );
  expect((await writes.update('disk-7', '1', change, 'an-id')).kind).toBe(kind);
});

describe('a fingerprint', () => {
  const read = async (key: Readonly<Record<string, unknown>>) => {
    const body = { key: { kid: 'https://prod-disks.vault.azure.net/keys/disk-a/1', key_ops: [], ...key }, attributes };
    const answer = await answering([{ status: 200, body }]).read('disk-a');
    return answer.kind === 'ok' ? answer.value.detail : undefined;
  };
  const n = Buffer.alloc(256, 7);
  const padded = Buffer.concat([Buffer.of(0), n]).toString('base64url');

  test('is that of the numbers, however many zero bytes lead them: a Managed HSM writes the exponent so', async () => {
    const usual = await read({ kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' });
    const { fingerprint, keySizeBits } = (await read({ kty: 'RSA', n: padded, e: 'AAEAAQ' })) ?? {};
    expect(usual).not.toHaveProperty('formerFingerprint');
    expect({ fingerprint, keySizeBits }).toEqual({ fingerprint: usual?.fingerprint, keySizeBits: 2_048 });
    expect((await read({ kty: 'RSA', n: n.toString('base64url'), e: 'AAAD' }))?.fingerprint).not.toBe(fingerprint);
  });

  test('is what registers have held since the first version', async () => {
    expect((await read({ kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' }))?.fingerprint).toBe(
      createHash('sha256')
        .update(n)
        .update('\0')
        .update(Buffer.of(1, 0, 1))
        .update('\0\0\0\0')
        .digest('hex'),
    );
    const ofAnHsm = createHash('sha256')
      .update(n)
      .update('\0')
      .update(Buffer.of(0, 1, 0, 1))
      .update('\0\0\0\0');
    expect(await read({ kty: 'RSA-HSM', n: n.toString('base64url'), e: 'AAEAAQ' })).toMatchObject({
      formerFingerprint: ofAnHsm.digest('hex'),
    });
  });
});
