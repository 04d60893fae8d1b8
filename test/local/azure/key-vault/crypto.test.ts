import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { CryptographyClient } from '@azure/keyvault-keys';
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

describe('encrypting and decrypting', () => {
  it.each(['RSA-OAEP', 'RSA-OAEP-256', 'RSA1_5'])('really work with %s', async (alg) => {
    const azure = localAzure();
    const send = sender(azure);
    const { kid, value } = resultSchema.parse((await send('POST', '/keys/disk/encrypt', { alg, value: secret })).json);
    expect(kid).toBe(`https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`);
    expect((await send('POST', '/keys/disk/decrypt', { alg, value })).json).toEqual({ kid, value: secret });
  });
});

const message = Buffer.from('a message');
const rsa: SeedVersion = { kty: 'RSA' };
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const joined = { dsaEncoding: 'ieee-p1363' as const };

describe('signing and verifying', () => {
  it.each([
    ['RS256', 'sha256', rsa, {}],
    ['RS384', 'sha384', rsa, {}],
    ['RS512', 'sha512', rsa, {}],
    ['PS256', 'sha256', rsa, pss],
    ['PS384', 'sha384', { kty: 'RSA-HSM', keySize: 3072 }, pss],
    ['PS512', 'sha512', rsa, pss],
    ['ES256', 'sha256', { kty: 'EC' }, joined],
    ['ES384', 'sha384', { kty: 'EC', crv: 'P-384' }, joined],
    ['ES512', 'sha512', { kty: 'EC-HSM', crv: 'P-521' }, joined],
    ['ES256K', 'sha256', { kty: 'EC', crv: 'P-256K' }, joined],
  ] as const)('with %s are what any other implementation signs and verifies', async (alg, hash, version, how) => {
    const privateKey = await pairOf(version);
    const send = sender(withVersion({ ...version, privateKey: () => privateKey }));
    const digest = createHash(hash).update(message).digest('base64url');
    const { value } = resultSchema.parse((await send('POST', '/keys/disk/sign', { alg, value: digest })).json);
    const ours = Buffer.from(value, 'base64url');
    expect(verify(hash, message, { key: createPublicKey(privateKey), ...how }, ours)).toBe(true);
    const theirs = sign(hash, message, { key: privateKey, ...how });
    const other = createHash(hash).update('another message').digest('base64url');
    const answers = await Promise.all(
      [
        { digest, value: theirs.toString('base64url') },
        { digest, value },
        { digest: other, value },
        {
          digest,
          value: Buffer.from(theirs.map((byte, index) => (index === 9 ? byte ^ 1 : byte))).toString('base64url'),
        },
        { digest, value: 'AQAB' },
      ].map((asked) => send('POST', '/keys/disk/verify', { alg, ...asked })),
    );
    expect(answers.map(({ json }) => json)).toEqual([true, true, false, false, false].map((value) => ({ value })));
  });

  it.each([
    ['an algorithm of another type of key', 'ES256', rsa],
    ['an algorithm of another curve', 'ES384', { kty: 'EC' }],
    ['an algorithm that is none', 'HS256', rsa],
  ] as const)('refuse %s', async (_what, alg, version) => {
    const send = sender(withVersion(version));
    const asked = { alg, value: 'A'.repeat(43), digest: 'A'.repeat(43) };
    for (const use of ['sign', 'verify']) {
      expect(await send('POST', `/keys/disk/${use}`, asked)).toMatchObject({
        status: 400,
        json: { error: { message: expect.stringMatching(/^Key and signing algorithm are incompatible\./) } },
      });
    }
  });

  it('refuse a digest that is too short', async () => {
    const send = sender(localAzure());
    expect((await send('POST', '/keys/disk/sign', { alg: 'RS256', value: 'AAAA' })).json).toEqual(
      errorBody('BadParameter', "Invalid length of 'value': 3 bytes. RS256 requires 32 bytes, encoded with base64url."),
    );
    expect((await send('POST', '/keys/disk/verify', { alg: 'RS256', value: 'AAAA', digest: 'AAAA' })).json).toEqual(
      errorBody(
        'BadParameter',
        "Invalid length of 'digest': 3 bytes. RS256 requires 32 bytes, encoded with base64url.",
      ),
    );
  });

  it('serve the real client', async () => {
    const azure = withVersion({ kty: 'EC' });
    const client = new CryptographyClient(
      `https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`,
      azure.credential('attacker'),
      azure,
    );
    const { result } = await client.signData('ES256', message);
    expect((await client.verifyData('ES256', message, result)).result).toBe(true);
  });
});

describe('by the state of the version, as wrapping and unwrapping are', () => {
  it.each<[string, SeedVersion, readonly number[]]>([
    ['enabled', {}, [200, 200, 200, 200]],
    ['disabled', { enabled: false }, [403, 403, 403, 403]],
    ['expired', { exp: startSeconds }, [403, 200, 403, 200]],
    ['not yet valid', { nbf: startSeconds + 1 }, [403, 200, 403, 200]],
    ['for wrapping alone', { keyOps: ['wrapKey'] }, [403, 403, 403, 403]],
  ])('%s: encrypt, decrypt, sign and verify answer', async (_what, version, statuses) => {
    const privateKey = await pairOf(rsa);
    const send = sender(withVersion({ ...version, privateKey: () => privateKey }));
    const value = publicEncrypt(
      { key: createPublicKey(privateKey), padding: constants.RSA_PKCS1_PADDING },
      message,
    ).toString('base64url');
    const digest = 'A'.repeat(43);
    const answers = [
      await send('POST', '/keys/disk/encrypt', { alg: 'RSA1_5', value: secret }),
      await send('POST', '/keys/disk/decrypt', { alg: 'RSA1_5', value }),
      await send('POST', '/keys/disk/sign', { alg: 'RS256', value: digest }),
      await send('POST', '/keys/disk/verify', { alg: 'RS256', digest, value }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });
});

const pairs = new Map<string, Promise<KeyObject>>();
/** The pair of a type, made once. */
function pairOf({ kty = 'RSA', keySize = 2048, crv = 'P-256' }: SeedVersion): Promise<KeyObject> {
  const made = pairs.get(`${kty} ${keySize} ${crv}`) ?? makePair(kty, keySize, crv);
  pairs.set(`${kty} ${keySize} ${crv}`, made);
  return made;
}

async function makePair(kty: string, keySize: number, crv: string): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  if (kty.startsWith('RSA')) return (await generate('rsa', { modulusLength: keySize })).privateKey;
  return (await generate('ec', { namedCurve: crv === 'P-256K' ? 'secp256k1' : crv })).privateKey;
}

function innererrorOf(json: unknown): string | undefined {
  return z.object({ error: z.object({ innererror: z.object({ code: z.string() }).optional() }).optional() }).parse(json)
    .error?.innererror?.code;
}
