import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../../local/azure/azure.ts';
import { attacker, errorBody, later, localAzure, onStoppedClock } from '../requests.ts';

onStoppedClock();

const challenge =
  /^Bearer authorization="https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}", resource="https:\/\/vault\.azure\.net"$/;

async function without(
  azure: LocalAzure,
  authorization: string | undefined,
  path = '/keys?api-version=7.5',
  method = 'GET',
) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const response = await azure.handle({ method, url: `https://kv-one.vault.azure.net${path}`, headers, body: '' });
  return { ...response, json: JSON.parse(response.body) };
}

function jwt(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
}

describe('a call without a valid token gets the challenge', () => {
  it('with the tenant and the audience, and the body that was recorded', async () => {
    const answer = await without(localAzure(), undefined);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(challenge);
    expect(answer.headers['content-length']).toBe('97');
    expect(answer.headers).not.toHaveProperty('x-ms-keyvault-rbac-assignment-id');
    expect(answer.json).toEqual(errorBody('Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'));
  });

  it.each([
    ['an unknown path', '/storage?api-version=7.0', 'GET'],
    ['an unknown key', '/keys/none?api-version=7.5', 'GET'],
    ['a name with illegal characters', '/keys/a_b/create?api-version=7.5', 'POST'],
    ['a missing api-version', '/keys', 'GET'],
    ['a create without a body', '/keys/disk/create?api-version=7.5', 'POST'],
  ])('before %s is looked at', async (_what, path, method) => {
    expect((await without(localAzure(), undefined, path, method)).status).toBe(401);
  });

  it.each([
    [
      'for another resource',
      jwt({ aud: 'https://management.azure.com' }),
      /^AKV10022: Invalid audience\. Expected https:\/\/vault\.azure\.net, found: https:\/\/management\.azure\.com\.$/,
    ],
    ['for the resource with a slash at its end', jwt({ aud: 'https://vault.azure.net/' }), /^AKV10022/],
    [
      'of another tenant',
      jwt({ aud: 'https://vault.azure.net', iss: 'https://sts.windows.net/other/' }),
      /^AKV10032: Invalid issuer\. .*found https:\/\/sts\.windows\.net\/other\/\.$/,
    ],
    ['that nobody gave', 'e30.e30.', /^AKV10046/],
    ['that is no token at all', 'word', /^AKV10046/],
  ])('a token %s is no token', async (_what, token, message) => {
    const answer = await without(localAzure(), `Bearer ${token}`);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(challenge);
    expect(answer.json.error).toMatchObject({ code: 'Unauthorized', message: expect.stringMatching(message) });
  });

  it('a token with its claims copied but made elsewhere is unknown', async () => {
    const azure = localAzure();
    const [header, payload] = (azure.identities.get('attacker')?.token ?? '').split('.');
    const answer = await without(azure, `Bearer ${header}.${payload}.forged`);
    expect(answer.json.error.message).toMatch(/^AKV10046/);
  });

  it('a token whose claims were changed under its signature is unknown', async () => {
    const azure = localAzure({ identities: [attacker, { ...attacker, name: 'watcher', grants: [] }] });
    const [header, , signature] = azure.token('watcher').split('.');
    const [, payload] = azure.token('attacker').split('.');
    expect((await without(azure, `Bearer ${azure.token('attacker')}`)).status).toBe(200);
    const answer = await without(azure, `Bearer ${header}.${payload}.${signature}`);
    expect(answer.json.error.message).toMatch(/^AKV10046/);
  });

  it('a token that the issuer gave for something else is of another audience', async () => {
    const azure = localAzure();
    const answer = await without(azure, `Bearer ${azure.token('attacker', { audience: 'api://key-guardian' })}`);
    expect(answer.json.error.message).toMatch(/^AKV10022: .*found: api:\/\/key-guardian\.$/);
  });

  it('a token of somebody whom this tenant does not know is unknown', async () => {
    const stranger = localAzure({ identities: [{ ...attacker, oid: 'another', appid: 'other' }] }).token('attacker');
    expect((await without(localAzure(), `Bearer ${stranger}`)).json.error.message).toMatch(/^AKV10046/);
  });

  it.each([
    ['a second before it expires', 59_000, 200],
    ['as it expires', 60_000, 401],
    ['300 s before it was issued, as clocks differ', -300_000, 200],
    ['301 s before it was issued', -301_000, 401],
  ])('a token that is valid for a minute, %s, answers by the clock', async (_what, ms, status) => {
    const azure = localAzure();
    const token = azure.token('attacker', { validForSeconds: 60 });
    expect((await without(azure, `Bearer ${token}`)).status).toBe(200);
    later(ms);
    const answer = await without(azure, `Bearer ${token}`);
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.json.error.message).toBe("[TokenExpired] Error validating token: 'S2S12086'.");
  });
});

describe('the tokens', () => {
  it('are signed, name their identity, and are new at every start', () => {
    const first = localAzure().identities.get('attacker');
    const second = localAzure().identities.get('attacker');
    const claims = JSON.parse(Buffer.from(first?.token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    expect(claims).toMatchObject({
      oid: first?.oid,
      appid: first?.appid,
      upn: first?.upn,
      tid: first?.tenantId,
      aud: 'https://vault.azure.net',
    });
    expect(decodeProtectedHeader(first?.token ?? '')).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(first?.oid).toBe(second?.oid);
    expect(first?.token).not.toBe(second?.token);
  });
});
