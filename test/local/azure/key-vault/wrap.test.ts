import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SeedVersion } from '../../../../local/azure/types.ts';
import { currentVersion, errorBody, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const secret = Buffer.from('a key that encrypts data').toString('base64url');
const resultSchema = z.object({ kid: z.string(), value: z.string() });

const withVersion = (version: SeedVersion) =>
  localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [version] }] }] });

describe('wrapping and unwrapping', () => {
  it.each(['RSA-OAEP', 'RSA-OAEP-256', 'RSA1_5'])(
    'really work with %s, whichever way the path is spelt',
    async (alg) => {
      const azure = localAzure();
      const send = sender(azure);
      const wrapped = resultSchema.parse((await send('POST', '/keys/disk//wrapkey', { alg, value: secret })).json);
      expect(wrapped.kid).toBe(`https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`);
      expect(wrapped.value).not.toBe(secret);
      const unwrapped = await send('POST', `/keys/disk/${currentVersion(azure)}/unwrapKey`, {
        alg,
        value: wrapped.value,
      });
      expect(unwrapped).toMatchObject({ status: 200, json: { kid: wrapped.kid, value: secret } });
    },
  );

  it('unwraps what was wrapped elsewhere with the public part', async () => {
    const send = sender(localAzure());
    const { key } = z
      .object({ key: z.object({ n: z.string(), e: z.string() }) })
      .parse((await send('GET', '/keys/disk')).json);
    const publicKey = createPublicKey({ key: { kty: 'RSA', n: key.n, e: key.e }, format: 'jwk' });
    const value = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      Buffer.from(secret, 'base64url'),
    );
    const answer = await send('POST', '/keys/disk/unwrapkey', {
      alg: 'RSA-OAEP-256',
      value: value.toString('base64url'),
    });
    expect(answer).toMatchObject({ status: 200, json: { value: secret } });
  });

  it('does not unwrap under a version what another version wrapped', async () => {
    const azure = localAzure({
      vaults: [
        {
          name: 'kv-one',
          keys: [{ name: 'disk', versions: [{ version: '0'.repeat(32) }, { version: 'f'.repeat(32) }] }],
        },
      ],
    });
    const send = sender(azure);
    const { value } = resultSchema.parse(
      (await send('POST', `/keys/disk/${'0'.repeat(32)}/wrapkey`, { alg: 'RSA-OAEP', value: secret })).json,
    );
    expect((await send('POST', '/keys/disk/unwrapkey', { alg: 'RSA-OAEP', value })).status).toBe(400);
    expect((await send('POST', `/keys/disk/${'0'.repeat(32)}/unwrapkey`, { alg: 'RSA-OAEP', value })).status).toBe(200);
  });

  it.each([
    ['an unknown algorithm', { alg: 'A256KW', value: secret }],
    ['no value', { alg: 'RSA-OAEP' }],
    ['a value too long for the key', { alg: 'RSA-OAEP', value: 'A'.repeat(400) }],
  ])('refuse %s', async (_what, body) => {
    expect(await sender(localAzure())('POST', '/keys/disk/wrapkey', body)).toMatchObject({
      status: 400,
      json: { error: { code: 'BadParameter' } },
    });
  });

  it('refuse a key that has no algorithm for it', async () => {
    const azure = withVersion({ kty: 'EC', keyOps: ['wrapKey'] });
    expect((await sender(azure)('POST', '/keys/disk/wrapkey', { alg: 'RSA-OAEP', value: secret })).status).toBe(400);
  });
});

describe('by the state of the version', () => {
  const refused = { disabled: 'KeyDisabled', operation: 'KeyOperationForbidden' };
  it.each<[string, SeedVersion, number, string | undefined, number, string | undefined]>([
    ['enabled', {}, 200, undefined, 200, undefined],
    ['disabled', { enabled: false }, 403, refused.disabled, 403, refused.disabled],
    ['expiring in a second', { exp: startSeconds + 1 }, 200, undefined, 200, undefined],
    ['expired this second', { exp: startSeconds }, 403, undefined, 200, undefined],
    ['valid from this second', { nbf: startSeconds }, 200, undefined, 200, undefined],
    ['valid from the next second', { nbf: startSeconds + 1 }, 403, undefined, 200, undefined],
    ['without wrapKey', { keyOps: ['unwrapKey'] }, 403, refused.operation, 200, undefined],
    ['without unwrapKey', { keyOps: ['wrapKey'] }, 200, undefined, 403, refused.operation],
    ['disabled and expired', { enabled: false, exp: startSeconds }, 403, refused.disabled, 403, refused.disabled],
  ])('%s: wrap and unwrap answer', async (_what, version, wrapStatus, wrapInner, unwrapStatus, unwrapInner) => {
    const azure = withVersion(version);
    const send = sender(azure);
    const { key } = z
      .object({ key: z.object({ n: z.string(), e: z.string() }) })
      .parse((await send('GET', '/keys/disk')).json);
    const publicKey = createPublicKey({ key: { kty: 'RSA', n: key.n, e: key.e }, format: 'jwk' });
    const value = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      Buffer.from('x'),
    ).toString('base64url');
    const wrap = await send('POST', '/keys/disk/wrapkey', { alg: 'RSA-OAEP', value: secret });
    const unwrap = await send('POST', '/keys/disk/unwrapkey', { alg: 'RSA-OAEP', value });
    expect([wrap.status, innererrorOf(wrap.json)]).toEqual([wrapStatus, wrapInner]);
    expect([unwrap.status, innererrorOf(unwrap.json)]).toEqual([unwrapStatus, unwrapInner]);
  });

  it('the refusal of a disabled version and of an operation it lacks names the operation', async () => {
    const disabled = await sender(withVersion({ enabled: false }))('POST', '/keys/disk/unwrapkey', {
      alg: 'RSA-OAEP',
      value: secret,
    });
    expect(disabled.json).toEqual(
      errorBody('Forbidden', 'Operation unwrapKey is not allowed on a disabled key.', 'KeyDisabled'),
    );
    const lacking = await sender(withVersion({ keyOps: [] }))('POST', '/keys/disk/wrapkey', {
      alg: 'RSA-OAEP',
      value: secret,
    });
    expect(lacking.json).toEqual(
      errorBody('Forbidden', 'Operation wrapKey is not permitted on this key.', 'KeyOperationForbidden'),
    );
  });
});

function innererrorOf(json: unknown): string | undefined {
  return z.object({ error: z.object({ innererror: z.object({ code: z.string() }).optional() }).optional() }).parse(json)
    .error?.innererror?.code;
}
