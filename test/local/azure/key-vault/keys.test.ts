import { generateKeyPairSync } from 'node:crypto';
import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import { currentVersion, errorBody, later, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const hint =
  'If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182';

describe('getting a key', () => {
  it('gives the current version, whichever way the path is spelt, and never a port in kid', async () => {
    const azure = localAzure();
    const send = sender(azure);
    const kid = `https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`;
    for (const path of ['/keys/disk', '/keys/disk/', `/keys/DISK/${currentVersion(azure)}`]) {
      expect(await send('GET', path)).toMatchObject({ status: 200, json: { key: { kid } } });
    }
    const withPort = await send('GET', 'https://kv-one.vault.azure.net:8443/keys/disk?api-version=7.5');
    expect(withPort.json).toMatchObject({ key: { kid } });
  });

  it.each([
    ['7.0', []],
    ['7.1', ['recoverableDays']],
    ['7.2', ['recoverableDays']],
    ['7.3-preview', ['recoverableDays', 'exportable']],
    ['7.4', ['recoverableDays', 'exportable']],
    ['7.5', ['recoverableDays', 'exportable', 'hsmPlatform']],
    ['2025-07-01', ['recoverableDays', 'exportable', 'hsmPlatform']],
    ['2026-04-01', ['recoverableDays', 'exportable', 'hsmPlatform']],
    ['2026-07-01-preview', ['recoverableDays', 'exportable', 'hsmPlatform']],
  ])('has at api-version %s the members %j', async (apiVersion, members) => {
    const { json } = await sender(localAzure())('GET', `/keys?api-version=${apiVersion}`);
    expect(json).toEqual({
      value: [
        {
          kid: 'https://kv-one.vault.azure.net/keys/disk',
          attributes: {
            enabled: true,
            created: startSeconds,
            updated: startSeconds,
            recoveryLevel: 'Recoverable',
            ...(members.includes('recoverableDays') ? { recoverableDays: 90 } : {}),
            ...(members.includes('exportable') ? { exportable: false } : {}),
            ...(members.includes('hsmPlatform') ? { hsmPlatform: '0' } : {}),
          },
        },
      ],
      nextLink: null,
    });
  });

  it.each([
    [0, false, 'Purgeable'],
    [7, false, 'CustomizedRecoverable+Purgeable'],
    [89, true, 'CustomizedRecoverable'],
    [90, false, 'Recoverable+Purgeable'],
    [90, true, 'Recoverable'],
  ])('kept %i days with purge protection %s is %s', async (softDeleteDays, purgeProtection, recoveryLevel) => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', softDeleteDays, purgeProtection, keys: [{ name: 'disk' }] }],
    });
    const { json } = await sender(azure)('GET', '/keys');
    expect(json).toMatchObject({ value: [{ attributes: { recoveryLevel, recoverableDays: softDeleteDays } }] });
  });

  it('shows a key behind a certificate as managed, without exportable', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'cert', managed: true }] }] });
    const { json } = await sender(azure)('GET', '/keys/cert');
    expect(json).toMatchObject({ managed: true });
    expect(json).not.toHaveProperty('attributes.exportable');
  });

  it('gives the public part it was seeded with', async () => {
    const publicPart = { n: 'AQAB', e: 'AQAB' };
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ publicPart }] }] }] });
    expect((await sender(azure)('GET', '/keys/disk')).json).toMatchObject({ key: publicPart });
  });

  it.each([
    ['/keys/none', 'none'],
    ['/keys/disk/0123456789abcdef0123456789abcdef', 'disk/0123456789abcdef0123456789abcdef'],
  ])('says of %s that it is not there', async (path, subject) => {
    const answer = await sender(localAzure())('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual(
      errorBody('KeyNotFound', `A key with (name/id) ${subject} was not found in this key vault. ${hint}`),
    );
  });

  it('gives a disabled key with 200, or refuses it with 403 where that is switched on', async () => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ enabled: false }] }] }],
    });
    const send = sender(azure);
    expect(await send('GET', '/keys/disk')).toMatchObject({ status: 200, json: { attributes: { enabled: false } } });
    azure.behaviours.disabledKeyRead = 403;
    const refused = await send('GET', '/keys/disk');
    expect(refused.status).toBe(403);
    expect(refused.json).toEqual(
      errorBody('Forbidden', 'Operation get is not allowed on a disabled key.', 'KeyDisabled'),
    );
    expect((await send('GET', '/keys')).status).toBe(200);
    expect((await send('GET', '/keys/disk/versions')).status).toBe(200);
  });
});

describe('a release policy', () => {
  const policy = { data: Buffer.from('{"version":"1.0.0"}').toString('base64url') };
  const stored = { contentType: 'application/json; charset=utf-8', ...policy, immutable: false };
  const exportable = { kty: 'RSA-HSM', attributes: { exportable: true }, release_policy: policy };

  it('comes back with its defaults, beside exportable, and goes on to the next version', async () => {
    const send = sender(localAzure());
    for (const [path, body] of [
      ['/keys/sealed/create', exportable],
      ['/keys/sealed/rotate', undefined],
    ] as const) {
      expect(await send('POST', path, body)).toMatchObject({
        status: 200,
        json: { attributes: { exportable: true }, release_policy: stored },
      });
    }
    expect((await send('GET', '/keys/sealed')).json).toMatchObject({ release_policy: stored });
    expect((await send('GET', '/keys/disk')).json).not.toHaveProperty('release_policy');
  });

  it.each([
    ['without one, exportable', { ...exportable, release_policy: undefined }, 'AKV.SKR.1004: Exportable keys must'],
    ['not exportable, with one', { ...exportable, attributes: {} }, 'AKV.SKR.1005: Non-exportable keys must not'],
    [
      'whose data is no base64url',
      { ...exportable, release_policy: { data: '{}' } },
      'Property data has invalid value',
    ],
  ])('a key %s is refused', async (_what, body, text) => {
    expect(await sender(localAzure())('POST', '/keys/sealed/create', body)).toMatchObject({
      status: 400,
      json: { error: { code: 'BadParameter', message: expect.stringContaining(text) } },
    });
  });

  it.each([
    [false, 200],
    [true, 400],
  ])('that is immutable (%s) is changed with %i', async (immutable, status) => {
    const send = sender(localAzure());
    await send('POST', '/keys/sealed/create', { ...exportable, release_policy: { ...policy, immutable } });
    const data = Buffer.from('{}').toString('base64url');
    expect((await send('PATCH', '/keys/sealed', { release_policy: { data } })).status).toBe(status);
    expect((await send('GET', '/keys/sealed')).json).toMatchObject({
      release_policy: { data: status === 200 ? data : policy.data },
    });
  });

  it('is taken from the real client', async () => {
    const azure = localAzure();
    const client = new KeyClient('https://kv-one.vault.azure.net', azure.credential('attacker'), azure);
    const { properties } = await client.createRsaKey('sealed', {
      hsm: true,
      exportable: true,
      releasePolicy: { encodedPolicy: Buffer.from('{}') },
    });
    expect(properties).toMatchObject({ exportable: true, releasePolicy: { immutable: false } });
  });
});

describe('updating a version', () => {
  it('disables it, moves updated to the second, and leaves the rest', async () => {
    const azure = localAzure();
    later(90_499);
    const answer = await sender(azure)('PATCH', `/keys/disk/${currentVersion(azure)}`, {
      attributes: { enabled: false },
    });
    expect(answer).toMatchObject({
      status: 200,
      json: { attributes: { enabled: false, created: startSeconds, updated: startSeconds + 90 } },
    });
    expect(azure.log.at(-1)).toMatchObject({ operation: 'update', changed: true, identity: 'attacker' });
  });

  it.each([
    ['nothing', {}],
    ['empty attributes', { attributes: {} }],
    ['what is so already', { attributes: { enabled: true } }],
    [
      'the same operations in another order',
      { key_ops: ['unwrapKey', 'wrapKey', 'verify', 'sign', 'decrypt', 'encrypt'] },
    ],
    ['null for a date', { attributes: { exp: null, nbf: null } }],
  ])('leaves updated where the patch says %s', async (_what, patch) => {
    const azure = localAzure();
    later(60_000);
    const answer = await sender(azure)('PATCH', '/keys/disk/', patch);
    expect(answer).toMatchObject({ status: 200, json: { attributes: { updated: startSeconds } } });
    expect(azure.log.at(-1)?.changed).toBe(false);
  });

  it('keeps a date that null is written over', async () => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ exp: 2_000_000_000, nbf: 5 }] }] }],
    });
    const { json } = await sender(azure)('PATCH', '/keys/disk', { attributes: { exp: null, nbf: null } });
    expect(json).toMatchObject({ attributes: { exp: 2_000_000_000, nbf: 5 } });
  });

  it('takes an expiry in the past and one after 2038', async () => {
    const azure = localAzure();
    const send = sender(azure);
    expect(await send('PATCH', '/keys/disk', { attributes: { exp: 1_546_300_800 } })).toMatchObject({
      status: 200,
      json: { attributes: { exp: 1_546_300_800 } },
    });
    expect(await send('PATCH', '/keys/disk', { attributes: { exp: 2_852_668_800 } })).toMatchObject({
      status: 200,
      json: { attributes: { exp: 2_852_668_800 } },
    });
  });

  it('replaces operations and tags as a set', async () => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ tags: { a: '1', b: '2' } }] }] }],
    });
    const { json } = await sender(azure)('PATCH', '/keys/disk', { key_ops: ['sign', 'sign'], tags: { c: '3' } });
    expect(json).toMatchObject({ key: { key_ops: ['sign'] } });
    expect(json).toHaveProperty('tags', { c: '3' });
  });

  it('can be a conflict with another write on the same key just before, and changes nothing then', async () => {
    const azure = localAzure({
      behaviours: { parallelWritesMs: 100 },
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk' }, { name: 'other' }] }],
    });
    const send = sender(azure);
    const answers = await Promise.all([
      send('PATCH', '/keys/disk', { attributes: { enabled: false } }),
      send('PATCH', '/keys/DISK', { attributes: { enabled: true } }),
      send('PATCH', '/keys/other', { attributes: { enabled: false } }),
      send('GET', '/keys/disk'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 200, 200]);
    expect(answers[1]?.json).not.toHaveProperty('error.innererror');
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: false }] });
    later(99);
    expect(await send('DELETE', '/keys/disk')).toMatchObject({
      status: 409,
      json: { error: { message: expect.stringMatching(/^There was a conflict while deleting key/) } },
    });
    later(1);
    expect((await send('DELETE', '/keys/disk')).status).toBe(200);
  });

  it.each([
    ['last', 499, 0],
    ['last', 999, 0],
    ['nearest', 499, 0],
    ['nearest', 500, 1],
  ] as const)('writes the %s second: %i ms after one it is %i later', async (writtenSecond, ms, seconds) => {
    const azure = localAzure({ behaviours: { writtenSecond } });
    later(ms);
    await sender(azure)('PATCH', '/keys/disk', { attributes: { enabled: false } });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ updated: startSeconds + seconds }] });
  });

  it('leaves updated where nothing changes, or moves it, as nobody confirmed', async () => {
    const azure = localAzure();
    later(60_000);
    await sender(azure)('PATCH', '/keys/disk', { attributes: { enabled: true } });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ updated: startSeconds }] });
    azure.behaviours.unchangedMovesUpdated = true;
    await sender(azure)('PATCH', '/keys/disk', { attributes: { enabled: true } });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ updated: startSeconds + 60 }] });
    expect(azure.log.at(-1)?.changed).toBe(false);
  });

  it('moves updated for operations alone, or not, as nobody confirmed', async () => {
    const azure = localAzure({ behaviours: { operationsMoveUpdated: false } });
    later(60_000);
    await sender(azure)('PATCH', '/keys/disk', { key_ops: ['sign'] });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ updated: startSeconds, keyOps: ['sign'] }] });
    expect(azure.log.at(-1)?.changed).toBe(true);
    azure.behaviours.operationsMoveUpdated = true;
    await sender(azure)('PATCH', '/keys/disk', { key_ops: ['verify'] });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ updated: startSeconds + 60 }] });
  });

  it.each([
    ['a date with a fraction', { attributes: { exp: 1.5 } }],
    ['a date as a string', { attributes: { exp: '2030-01-01' } }],
    ['a date in milliseconds', { attributes: { nbf: 1_772_366_400_000 * 1000 } }],
    ['a date before 1970, as an overflow makes it', { attributes: { exp: -1_770_359_296 } }],
    ['enabled as a string', { attributes: { enabled: 'false' } }],
    ['an operation that is none', { key_ops: ['wrapkey'] }],
    ['16 tags', { tags: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`t${index}`, ''])) }],
    ['no JSON', '{'],
  ])('refuses %s and changes nothing', async (_what, body) => {
    const azure = localAzure();
    const before = azure.state('kv-one', 'disk');
    const answer = await sender(azure)('PATCH', '/keys/disk', body);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'BadParameter' } } });
    expect(azure.state('kv-one', 'disk')).toEqual(before);
    expect(azure.log.at(-1)?.changed).toBe(false);
  });
});

describe('making a version', () => {
  it('adds it to a key that is there and answers 200', async () => {
    const azure = localAzure();
    const first = currentVersion(azure);
    const answer = await sender(azure)('POST', '/keys/disk/create', {
      kty: 'RSA',
      attributes: { enabled: false },
      tags: {},
    });
    expect(answer).toMatchObject({
      status: 200,
      json: { key: { kty: 'RSA' }, attributes: { enabled: false }, tags: {} },
    });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ version: first }, { enabled: false }] });
  });

  it.each([
    ['EC', { kty: 'EC' }, { kty: 'EC', key_ops: ['sign', 'verify'], crv: 'P-256' }],
    ['EC-HSM of a curve', { kty: 'EC-HSM', crv: 'P-256K' }, { kty: 'EC-HSM', crv: 'P-256K' }],
    [
      'RSA-HSM of a size and an operation',
      { kty: 'RSA-HSM', key_size: 2048, key_ops: ['wrapKey'] },
      { kty: 'RSA-HSM', key_ops: ['wrapKey'] },
    ],
  ])('of the type %s answers its public part', async (_type, body, key) => {
    expect(await sender(localAzure())('POST', '/keys/made/create', body)).toMatchObject({ status: 200, json: { key } });
  });

  it.each([
    ['without a type', {}, 'Property  has invalid value\r\nProperty  has invalid value\r\n'],
    [
      'that is exportable without a policy',
      { kty: 'RSA-HSM', attributes: { exportable: true } },
      'AKV.SKR.1004: Exportable keys must have release policy.',
    ],
    ['of a type vaults do not have', { kty: 'oct' }, 'Property kty has invalid value\r\n'],
  ])('%s is refused', async (_what, body, message) => {
    const answer = await sender(localAzure())('POST', '/keys/made/create', body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(errorBody('BadParameter', message));
  });

  it.each([
    ['/keys/a_b/create', 'The request URI contains an invalid name: a_b'],
    ['/keys/a%20b/create', 'The request URI contains an invalid name: a b'],
    [`/keys/${'a'.repeat(128)}/create`, `The request URI contains an invalid name: ${'a'.repeat(128)}`],
    ['/keys//create', 'Operation not specified'],
  ])('under the path %s is refused', async (path, message) => {
    const answer = await sender(localAzure())('POST', path, { kty: 'RSA' });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(errorBody('BadParameter', message));
  });

  it('writes the exponent of a key that is made in hardware with a leading zero byte', async () => {
    const send = sender(localAzure());
    const exponents = await Promise.all(['RSA', 'RSA-HSM'].map((kty) => send('POST', `/keys/${kty}/create`, { kty })));
    expect(exponents.map(({ json }) => json)).toMatchObject([{ key: { e: 'AQAB' } }, { key: { e: 'AAEAAQ' } }]);
  });

  it('imports a private key and shows the public part alone', async () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    const answer = await sender(localAzure())('PUT', '/keys/brought', {
      key: { ...jwk, key_ops: ['wrapKey', 'unwrapKey'] },
      Hsm: true,
    });
    expect(answer).toMatchObject({
      status: 200,
      json: { key: { kty: 'RSA-HSM', n: jwk.n, e: jwk.e, key_ops: ['wrapKey', 'unwrapKey'] } },
    });
    for (const secret of [jwk.d, jwk.p, jwk.q]) expect(answer.body).not.toContain(secret);
  });

  it('refuses to import a public key', async () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    expect(await sender(localAzure())('PUT', '/keys/brought', { key: jwk })).toMatchObject({ status: 400 });
  });

  it('rotates into an enabled version of the same type and operations without an expiry', async () => {
    const azure = localAzure({
      vaults: [
        {
          name: 'kv-one',
          keys: [{ name: 'disk', versions: [{ keyOps: ['wrapKey', 'unwrapKey'], exp: 2_000_000_000 }] }],
        },
      ],
    });
    later(5000);
    const answer = await sender(azure)('POST', '/keys/disk/rotate');
    const created = startSeconds + 5;
    expect(answer).toMatchObject({
      status: 200,
      json: {
        key: { kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'] },
        attributes: { enabled: true, created, updated: created },
      },
    });
    expect(answer.json).not.toHaveProperty('attributes.exp');
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ exp: 2_000_000_000 }, { exp: undefined }] });
    expect((await sender(azure)('POST', '/keys/disk/rotate?api-version=7.2')).status).toBe(400);
  });
});

describe('the api-version', () => {
  it.each([
    ['/keys?api-version=9.9', '9.9'],
    ['/keys?api-version=', ''],
  ])('of %s is refused', async (path, version) => {
    const answer = await sender(localAzure())('GET', path);
    const message = `The specified version (${version}) is not recognized. Consider using the latest supported version (2026-04-01).`;
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(errorBody('BadParameter', message));
  });
});

describe('every answer', () => {
  it('carries the recorded headers, echoes the client request id, and is compact JSON of the told length', async () => {
    const answer = await sender(localAzure())('GET', '/keys', undefined, { 'x-ms-client-request-id': 'abc' });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-cache',
      pragma: 'no-cache',
      expires: '-1',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(answer.body)),
      'strict-transport-security': 'max-age=31536000;includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-ms-keyvault-region': 'westeurope',
      'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
      'x-ms-client-request-id': 'abc',
      'x-ms-keyvault-rbac-assignment-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      date: 'Sun, 01 Mar 2026 12:00:00 GMT',
    });
    expect(answer.body).toBe(JSON.stringify(answer.json));
  });

  it('says plainly what the local Azure does not serve', async () => {
    const answer = await sender(localAzure())('POST', '/keys/disk/release');
    expect(answer).toMatchObject({
      status: 400,
      json: { error: { code: 'NotSupported', message: 'The local Azure does not serve POST /keys/disk/release.' } },
    });
  });
});
