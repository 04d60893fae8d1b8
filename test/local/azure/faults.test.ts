import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../local/azure/types.ts';
import { attacker, errorBody, localAzure, onStoppedClock, sender } from './requests.ts';

onStoppedClock();

const disable = { attributes: { enabled: false } };

function faulty(fault: Fault) {
  const azure = localAzure({
    vaults: [
      { name: 'kv-one', keys: [{ name: 'disk' }, { name: 'other' }] },
      { name: 'kv-two', accessModel: 'access-policy', keys: [{ name: 'disk' }] },
    ],
    identities: [attacker, { ...attacker, name: 'owner' }],
  });
  const remove = azure.fault(fault);
  return { azure, remove, send: sender(azure) };
}

describe('a planned fault', () => {
  it.each([
    ['throttled', 429, undefined],
    ['forbidden-by-permission', 403, 'ForbiddenByRbac'],
    ['forbidden-by-firewall', 403, 'ForbiddenByFirewall'],
    ['read-only', 503, undefined],
    ['internal-error', 500, undefined],
    ['conflict', 409, undefined],
  ] as const)('%s answers %i and changes nothing', async (kind, status, innererror) => {
    const { azure, send } = faulty({ match: {}, answer: { kind } });
    const before = azure.state('kv-one', 'disk');
    const answer = await send('PATCH', '/keys/disk', disable);
    expect(answer.status).toBe(status);
    if (innererror !== undefined) expect(answer.json).toMatchObject({ error: { innererror: { code: innererror } } });
    else expect(answer.json).not.toHaveProperty('error.innererror');
    expect(azure.state('kv-one', 'disk')).toEqual(before);
    expect(azure.log).toMatchObject([{ status, changed: false, identity: 'attacker' }]);
  });

  it.each([
    ['unknown-token', /^AKV10046: /],
    ['expired-token', /^\[TokenExpired\] Error validating token: 'S2S12086'\.$/],
  ] as const)(
    'unauthorized by %s refuses a good token with the challenge, once if told so',
    async (because, message) => {
      const { azure, send } = faulty({
        match: { identity: 'attacker' },
        answer: { kind: 'unauthorized', because },
        times: 1,
      });
      const answer = await send('PATCH', '/keys/disk', disable);
      expect(answer).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': expect.stringContaining('resource="https://vault.azure.net"') },
        json: { error: { code: 'Unauthorized', message: expect.stringMatching(message) } },
      });
      expect(azure.log).toMatchObject([{ status: 401, changed: false, identity: undefined }]);
      expect((await send('PATCH', '/keys/disk', disable)).status).toBe(200);
    },
  );

  it('unauthorized leaves alone whom it does not match', async () => {
    const { azure, send } = faulty({
      match: { identity: 'owner' },
      answer: { kind: 'unauthorized', because: 'unknown-token' },
    });
    expect((await send('GET', '/keys/disk')).status).toBe(200);
    expect((await sender(azure, 'owner')('GET', '/keys/disk')).status).toBe(401);
  });

  it('forbids in the words of an access policy where the vault has those', async () => {
    const { azure } = faulty({ match: {}, answer: { kind: 'forbidden-by-permission' } });
    const answer = await sender(azure, 'attacker', 'kv-two')('GET', '/keys/disk');
    expect(answer.json).toMatchObject({ error: { innererror: { code: 'ForbiddenByPolicy' } } });
  });

  it('names the caller’s address at the firewall', async () => {
    const { azure } = faulty({ match: {}, answer: { kind: 'forbidden-by-firewall' } });
    const { token, appid, oid, tenantId } = azure.identities.get('attacker') ?? { token: '' };
    const { body } = await azure.handle({
      method: 'GET',
      url: 'https://kv-one.vault.azure.net/keys?api-version=7.5',
      headers: { authorization: `Bearer ${token}` },
      body: '',
      address: '198.51.100.7',
    });
    const message = `Client address is not authorized and caller is not a trusted service.\r\nClient address: 198.51.100.7\r\nCaller: appid=${appid};oid=${oid};iss=https://sts.windows.net/${tenantId}/\r\nVault: kv-one;location=westeurope`;
    expect(JSON.parse(body)).toEqual(errorBody('Forbidden', message, 'ForbiddenByFirewall'));
  });

  it.each([
    [
      'POST',
      '/deletedkeys/disk/recover',
      /^There was a conflict while recovering the soft-deleted key 'https:\/\/kv-one\.vault\.azure\.net\/keys\/disk\/[0-9a-f]{32}'\./,
    ],
    [
      'DELETE',
      '/keys/disk',
      /^There was a conflict while deleting key 'https:\/\/kv-one\.vault\.azure\.net\/keys\/disk\/[0-9a-f]{32}'\./,
    ],
    ['PATCH', '/keys/disk', /^There was a conflict\./],
  ])('conflict on %s %s passes: it has no inner error', async (method, path, message) => {
    const { send } = faulty({ match: {}, answer: { kind: 'conflict' } });
    expect(await send(method, path)).toMatchObject({
      status: 409,
      json: { error: { message: expect.stringMatching(message) } },
    });
  });

  it.each([
    ['GET', '/keys', 200],
    ['GET', '/keys/disk', 200],
    ['GET', '/deletedkeys', 200],
    ['POST', '/keys/disk/wrapkey', 200],
    ['PATCH', '/keys/disk', 503],
    ['DELETE', '/keys/disk', 503],
    ['POST', '/deletedkeys/disk/recover', 503],
    ['DELETE', '/deletedkeys/disk', 503],
    ['POST', '/keys/disk/create', 503],
    ['POST', '/keys/disk/rotate', 503],
    ['PUT', '/keys/disk', 503],
  ])('read-only: %s %s answers %i', async (method, path, status) => {
    const { send } = faulty({ match: {}, answer: { kind: 'read-only' } });
    expect((await send(method, path, { alg: 'RSA-OAEP', value: 'AQAB' })).status).toBe(status);
  });

  it('read-only names the operation as the log does', async () => {
    const { send } = faulty({ match: {}, answer: { kind: 'read-only' } });
    expect((await send('PATCH', '/keys/disk', disable)).json).toEqual(
      errorBody(
        'ServiceUnavailable',
        'Operation "KeyUpdate" is unavailable: the service is currently in a read-only state.',
      ),
    );
  });

  it('unreachable breaks before the vault sees the request', async () => {
    const { azure, send } = faulty({ match: {}, answer: { kind: 'unreachable' } });
    await expect(send('PATCH', '/keys/disk', disable)).rejects.toMatchObject({
      name: 'ConnectionBroken',
      code: 'ECONNRESET',
    });
    expect(azure.log).toEqual([]);
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: true }] });
  });

  it('lost-answer does it, and breaks then', async () => {
    const { azure, send } = faulty({ match: { operation: 'update' }, answer: { kind: 'lost-answer' } });
    await expect(send('PATCH', '/keys/disk', disable)).rejects.toMatchObject({ name: 'ConnectionBroken' });
    expect(azure.log).toMatchObject([{ status: 200, changed: true }]);
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: false }] });
  });

  it('malformed does it, and answers the given body, marked as malformed on purpose', async () => {
    const { azure, send } = faulty({ match: {}, answer: { kind: 'malformed', body: '<html>' } });
    const answers: boolean[] = [];
    azure.onAnswer((_request, response) => answers.push(response.malformedOnPurpose === true));
    expect(await send('PATCH', '/keys/disk', disable)).toMatchObject({
      status: 200,
      body: '<html>',
      malformedOnPurpose: true,
    });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: false }] });
    expect(answers).toEqual([true]);
  });

  it('slow answers late, and rightly', async () => {
    const { send } = faulty({ match: {}, answer: { kind: 'slow', ms: 20 } });
    const before = performance.now();
    expect((await send('GET', '/keys')).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
  });

  it('does not stand before the challenge', async () => {
    const { azure } = faulty({ match: {}, answer: { kind: 'internal-error' } });
    const { status } = await azure.handle({
      method: 'GET',
      url: 'https://kv-one.vault.azure.net/keys',
      headers: {},
      body: '',
    });
    expect(status).toBe(401);
  });
});

describe('a fault is met by', () => {
  it.each<[string, Fault['match'], boolean]>([
    ['anything where nothing is named', {}, true],
    ['its vault, without regard to case', { vault: 'KV-One' }, true],
    ['no other vault', { vault: 'kv-two' }, false],
    ['its key', { key: 'disk' }, true],
    ['no other key', { key: 'other' }, false],
    ['its operation', { operation: 'get' }, true],
    ['no other operation', { operation: 'list' }, false],
    ['its identity', { identity: 'attacker' }, true],
    ['no other identity', { identity: 'owner' }, false],
    ['its method', { method: 'get' }, true],
    ['no other method', { method: 'PATCH' }, false],
    [
      'all that is named together',
      { vault: 'kv-one', key: 'disk', operation: 'get', identity: 'attacker', method: 'GET' },
      true,
    ],
    ['not by a part of it', { vault: 'kv-one', key: 'disk', operation: 'list' }, false],
  ])('%s', async (_what, match, met) => {
    const { send } = faulty({ match, answer: { kind: 'internal-error' } });
    expect((await send('GET', '/keys/disk')).status).toBe(met ? 500 : 200);
  });

  it('as many requests as were planned, and those it does not fit are not counted', async () => {
    const { send } = faulty({ match: { operation: 'get' }, answer: { kind: 'internal-error' }, times: 2 });
    const statuses: number[] = [];
    for (const path of ['/keys', '/keys/disk', '/keys', '/keys/disk', '/keys/disk'])
      statuses.push((await send('GET', path)).status);
    expect(statuses).toEqual([200, 500, 200, 500, 200]);
  });

  it('every request until it is removed or all are cleared', async () => {
    const { azure, remove, send } = faulty({ match: {}, answer: { kind: 'internal-error' } });
    expect((await send('GET', '/keys')).status).toBe(500);
    remove();
    expect((await send('GET', '/keys')).status).toBe(200);
    azure.fault({ match: {}, answer: { kind: 'throttled' } });
    azure.clearFaults();
    expect((await send('GET', '/keys')).status).toBe(200);
  });
});
