import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { callerCheck } from '../../../shared/people/token.ts';
import { stopAt } from '../../simulation/clock.ts';
import { type Api, CLIENT, FOREIGN, GROUP, OPERATOR, oidOf, people } from './people.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const TENANT_2 = '0ther000-0000-4000-8000-000000000000';

describe('a caller', () => {
  test.each<[what: string, claims: Readonly<Record<string, unknown>>, says: object]>([
    ['a person, by the scope of the token', {}, { kind: 'person', roles: OPERATOR.roles, guest: false, groups: [] }],
    ['an application, which has no scope', { scp: undefined }, { kind: 'application' }],
    ['an application, where the token says so', { idtyp: 'app' }, { kind: 'application' }],
    ['one with groups', { groups: [GROUP] }, { groups: [GROUP] }],
    ['one in too many groups', { _claim_names: { groups: 'src1' } }, { groups: undefined }],
    ['a guest, by the account', { acct: 1 }, { guest: true }],
    ['a guest, by the identity provider', { idp: FOREIGN }, { guest: true }],
    ['a member, by the account', { acct: 0 }, { guest: false }],
  ])('is %s', async (_, claims, says) => {
    const { check, token, world } = await people();
    const caller = await check(`Bearer ${token('owner', claims)}`);
    expect(caller).toMatchObject({ who: { oid: oidOf(world, 'owner'), name: 'owner@example.com' }, ...says });
  });

  test('has a token of version 2.0 as well', async () => {
    const { check, token, world } = await people();
    const iss = `https://login.microsoftonline.com/${world.azure.tenantId}/v2.0`;
    const claims = { iss, ver: '2.0', upn: undefined, unique_name: undefined, preferred_username: 'o@contoso.example' };
    expect(await check(`bearer ${token('owner', claims, CLIENT)}`)).toMatchObject({
      who: { name: 'o@contoso.example' },
    });
  });
});

describe('a token is refused', () => {
  const rows: readonly (readonly [what: string, make: (api: Api) => string | Promise<string>, because: string])[] = [
    ['that is none', () => 'nothing', 'is none that Entra ID signed'],
    [
      'without a signature',
      ({ token }) => new UnsecuredJWT(decodeJwt(token())).encode(),
      'is none that Entra ID signed',
    ],
    [
      'signed by another key under the same key id',
      async ({ token }) => {
        const { privateKey } = await generateKeyPair('RS256');
        const { kid = '' } = decodeProtectedHeader(token());
        return new SignJWT(decodeJwt(token())).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
      },
      'is none that Entra ID signed',
    ],
    [
      'signed with the public key as a secret',
      ({ token }) =>
        new SignJWT(decodeJwt(token())).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('public')),
      'is none that Entra ID signed',
    ],
    [
      'whose claims were changed',
      ({ token }) => {
        const [header, , signature] = token('disk').split('.');
        return [header, token('attacker').split('.')[1], signature].join('.');
      },
      'is none that Entra ID signed',
    ],
    [
      'that has expired',
      ({ token }) => {
        const old = token();
        turnClock(3_600_000 + 61_000);
        return old;
      },
      'has expired',
    ],
    ['for a vault', ({ token }) => token('owner', {}, 'https://vault.azure.net'), 'is for another application'],
    ['for another application', ({ token }) => token('owner', {}, 'api://other'), 'is for another application'],
    ['of another issuer', ({ token }) => token('owner', { iss: FOREIGN }), 'is of another tenant or issuer'],
    ['of another tenant by its tid', ({ token }) => token('owner', { tid: TENANT_2 }), 'is of another tenant'],
    ['without an object id', ({ token }) => token('owner', { oid: undefined }), 'does not say who it is for'],
  ];
  test.each(rows)('%s', async (_, make, because) => {
    const api = await people();
    const token = await make(api);
    const { status, jsonBody } = await api.call(token, 'GET', 'status');
    expect(status).toBe(401);
    expect(jsonBody).toEqual({ error: { code: 'TokenRefused', message: expect.stringContaining(because) } });
    expect(JSON.stringify(jsonBody)).not.toContain(token.slice(0, 20));
    expect(await api.refusals()).toEqual([[undefined, expect.stringContaining(because)]]);
  });

  test('that is not there', async () => {
    const { call } = await people();
    expect(await call(undefined, 'GET', 'status')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
  });
});

test('a token that cannot be checked is not refused: it may be good', async () => {
  const { token, world } = await people();
  const fetch = () => Promise.reject(new TypeError('fetch failed'));
  const check = callerCheck({ tenantId: world.azure.tenantId, clientId: CLIENT, now: world.ports.now, fetch });
  await expect(check(`Bearer ${token()}`)).rejects.toThrow('No token can be checked now');
});
