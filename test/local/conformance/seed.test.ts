import { expect, test } from 'vitest';
import { stagingOf } from '../../../local/conformance/seed.ts';
import { exchangeOf, exchangesOf } from './recorded.ts';

const vault = 'https://one.vault.azure.net';
const version = '0123456789abcdef0123456789abcdef';
const attributes = {
  enabled: true,
  exp: 1_800_000_000,
  created: 1_700_000_000,
  updated: 1_700_000_100,
  recoveryLevel: 'CustomizedRecoverable+Purgeable',
  recoverableDays: 7,
};
const bundle = {
  key: { kid: `${vault}/keys/disk/${version}`, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n: 'AQAB', e: 'AQAB' },
  attributes,
  tags: {},
};
const read = { url: `${vault}/keys/disk/?api-version=7.5`, body: bundle };

test('a bundle is seeded with its version, its public part and the vault its recovery level tells', () => {
  expect(stagingOf(exchangeOf(read), [])).toEqual({
    requestBody: '',
    emptyPage: false,
    at: expect.any(Date),
    vault: {
      name: 'one',
      accessModel: 'access-policy',
      softDeleteDays: 7,
      purgeProtection: false,
      keys: [
        {
          name: 'disk',
          versions: [
            {
              version,
              enabled: true,
              exp: 1_800_000_000,
              created: 1_700_000_000,
              updated: 1_700_000_100,
              kty: 'RSA',
              keyOps: ['wrapKey', 'unwrapKey'],
              publicPart: { n: 'AQAB', e: 'AQAB' },
              tags: {},
            },
          ],
        },
      ],
    },
  });
});

test('the public part of an EC key has its curve', () => {
  const key = { kid: `${vault}/keys/sign/${version}`, kty: 'EC', key_ops: ['sign'], crv: 'P-256', x: 'AQ', y: 'Ag' };
  expect(
    stagingOf(exchangeOf({ ...read, body: { key, attributes } }), []).vault.keys?.[0]?.versions?.[0],
  ).toMatchObject({
    kty: 'EC',
    crv: 'P-256',
    publicPart: { crv: 'P-256', x: 'AQ', y: 'Ag' },
  });
});

test.each([
  ['Purgeable', 0, { softDeleteDays: 0, purgeProtection: false }],
  ['CustomizedRecoverable', 89, { softDeleteDays: 89, purgeProtection: true }],
  ['Recoverable', 90, { softDeleteDays: 90, purgeProtection: true }],
  ['Recoverable+Purgeable', 90, { softDeleteDays: 90, purgeProtection: false }],
])('recovery level %s of %i days is of such a vault', (recoveryLevel, recoverableDays, seeded) => {
  const body = { ...bundle, attributes: { ...attributes, recoveryLevel, recoverableDays } };
  expect(stagingOf(exchangeOf({ ...read, body }), []).vault).toMatchObject(seeded);
});

test('before a PATCH the attribute was the other way round and the last change was older', () => {
  const staging = stagingOf(
    exchangeOf({ ...read, method: 'PATCH', what: 'It asked for attributes.enabled true.' }),
    [],
  );
  expect(staging.requestBody).toBe('{"attributes":{"enabled":true}}');
  expect(staging.vault.keys?.[0]?.versions?.[0]).toMatchObject({ enabled: false, updated: 1_700_000_000 });
});

test('a recorded PATCH is sent as it was, and what it set is not there before it', () => {
  const sent = { attributes: { exp: 1_800_000_000 }, tags: {}, key_ops: ['wrapKey', 'unwrapKey'] };
  const { requestBody, vault: seeded } = stagingOf(exchangeOf({ ...read, method: 'PATCH', sent }), []);
  expect(requestBody).toBe(JSON.stringify(sent));
  const [before] = seeded.keys?.[0]?.versions ?? [];
  expect(before).toMatchObject({ enabled: true, updated: 1_700_000_000, keyOps: [] });
  expect(before).not.toHaveProperty('exp');
  expect(before).not.toHaveProperty('tags');
});

test('before a PATCH that sets nothing all was as it was after it', () => {
  const { vault: seeded } = stagingOf(exchangeOf({ ...read, method: 'PATCH', sent: { attributes: {} } }), []);
  expect(seeded).toEqual(stagingOf(exchangeOf(read), []).vault);
});

const date = 'Tue, 14 Nov 2023 22:15:00 GMT';
const seconds = Date.parse(date) / 1000;

test.each([
  [
    'what a DELETE answers was there until then',
    'DELETE',
    '/keys/disk',
    { ...bundle, deletedDate: seconds },
    undefined,
  ],
  ['a deleted key was deleted when it says', 'GET', '/deletedkeys/disk', { ...bundle, deletedDate: 5 }, 5],
  ['what a recovery answers was deleted before it', 'POST', '/deletedkeys/disk/recover', bundle, seconds - 60],
])('%s', (_what, method, path, body, deletedDate) => {
  const exchange = exchangeOf({ method, url: `${vault}${path}?api-version=7.5`, body, headers: { date } });
  expect(stagingOf(exchange, []).vault.keys?.[0]?.deletedDate).toBe(deletedDate);
});

test.each([
  [204, false, ['disk']],
  [403, true, ['disk']],
  [404, true, []],
])(
  'a purge answered %i was of a vault with purge protection %s and the deleted keys %j',
  (status, purgeProtection, names) => {
    const exchange = exchangeOf({ method: 'DELETE', url: `${vault}/deletedkeys/disk?api-version=7.5`, status });
    const seeded = stagingOf(exchange, []).vault;
    expect(seeded).toMatchObject({ purgeProtection });
    expect(seeded.keys?.map(({ name }) => name)).toEqual(names);
  },
);

test('keys of a list are seeded one by one, versions of a list as one key', () => {
  const item = (path: string, more: object): unknown => ({ kid: `${vault}/keys/${path}`, attributes, ...more });
  const keys = exchangeOf({
    url: `${vault}/keys`,
    body: { value: [item('a', { managed: true }), item('b', {})], nextLink: null },
  });
  expect(stagingOf(keys, []).vault.keys).toMatchObject([{ name: 'a', managed: true, versions: [{}] }, { name: 'b' }]);
  const versions = exchangeOf({
    url: `${vault}/keys/a/versions`,
    body: { value: [item('a/1', {}), item('a/2', {})], nextLink: null },
  });
  expect(stagingOf(versions, []).vault.keys).toMatchObject([
    { name: 'a', versions: [{ version: '1' }, { version: '2' }] },
  ]);
});

test('a challenge seeds tenant and region, and the access model that another exchange with the vault tells', () => {
  const tenantId = '11111111-2222-3333-4444-555555555555';
  const all = exchangesOf(
    {
      url: `${vault}/keys`,
      status: 401,
      headers: {
        'WWW-Authenticate': `Bearer authorization="https://login.example/${tenantId}", resource="https://vault.azure.net"`,
        'x-ms-keyvault-region': 'centralus',
      },
    },
    { ...read, headers: { 'x-ms-keyvault-rbac-assignment-id': '0' } },
  );
  expect(all.slice(0, 1).map((exchange) => stagingOf(exchange, all).vault)).toEqual([
    { name: 'one', tenantId, region: 'centralus', accessModel: 'rbac', keys: [] },
  ]);
});

test('a body in another form than a bundle or a list is refused by name, not seeded as nothing', () => {
  expect(() => stagingOf(exchangeOf({ ...read, body: { keys: [] } }), [])).toThrow(
    'The evidence cannot be read: keys/file.json #1',
  );
});

test('a member that no seed knows is left to be found missing in the answer', () => {
  const body = { ...bundle, key: { ...bundle.key, alg: null } };
  expect(stagingOf(exchangeOf({ ...read, body }), []).vault).toEqual(stagingOf(exchangeOf(read), []).vault);
});
