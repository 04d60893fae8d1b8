import {
  constants,
  createECDH,
  createHash,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
} from 'node:crypto';
import { z } from 'zod';
import type { KeyType } from './material.ts';

/** How a signature algorithm signs a digest. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#signverify */
type Signing =
  | { readonly family: 'RSA'; readonly hash: keyof typeof DIGEST_INFO; readonly padding: 'PKCS1' | 'PSS' }
  | { readonly family: 'EC'; readonly curve: keyof typeof CURVES };

/** What stands before the digest in PKCS #1 v1.5. @see https://www.rfc-editor.org/rfc/rfc8017#section-9.2 */
const DIGEST_INFO = {
  sha256: { bytes: 32, prefix: '3031300d060960864801650304020105000420' },
  sha384: { bytes: 48, prefix: '3041300d060960864801650304020205000430' },
  sha512: { bytes: 64, prefix: '3051300d060960864801650304020305000440' },
} as const;

/** Curves by the service's names, with the orders of their groups. @see https://www.secg.org/sec2-v2.pdf */
const CURVES = {
  'P-256': {
    openssl: 'prime256v1',
    digestBytes: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    openssl: 'secp384r1',
    digestBytes: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    openssl: 'secp521r1',
    digestBytes: 64,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
  'P-256K': {
    openssl: 'secp256k1',
    digestBytes: 32,
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
} as const;

const ALGORITHMS: Readonly<Record<string, Signing>> = {
  RS256: { family: 'RSA', hash: 'sha256', padding: 'PKCS1' },
  RS384: { family: 'RSA', hash: 'sha384', padding: 'PKCS1' },
  RS512: { family: 'RSA', hash: 'sha512', padding: 'PKCS1' },
  PS256: { family: 'RSA', hash: 'sha256', padding: 'PSS' },
  PS384: { family: 'RSA', hash: 'sha384', padding: 'PSS' },
  PS512: { family: 'RSA', hash: 'sha512', padding: 'PSS' },
  ES256: { family: 'EC', curve: 'P-256' },
  ES384: { family: 'EC', curve: 'P-384' },
  ES512: { family: 'EC', curve: 'P-521' },
  ES256K: { family: 'EC', curve: 'P-256K' },
};

/** Signs digests and checks signatures of them. `node:crypto` takes messages alone, which it digests itself. */
export interface Signer {
  readonly digestBytes: number;
  sign(privateKey: KeyObject, digest: Buffer): Buffer;
  verify(privateKey: KeyObject, digest: Buffer, signature: Buffer): boolean;
}

/** The signer of an algorithm; undefined where a key of that type does not sign so. */
export function signerOf(algorithm: string, type: KeyType): Signer | undefined {
  const signing = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (signing === undefined) return undefined;
  if (signing.family === 'EC') return 'crv' in type && type.crv === signing.curve ? ecSigner(type.crv) : undefined;
  return 'crv' in type ? undefined : rsaSigner(signing, type.keySize);
}

function rsaSigner({ hash, padding }: Extract<Signing, { family: 'RSA' }>, keySize: number): Signer {
  const { bytes, prefix } = DIGEST_INFO[hash];
  if (padding === 'PSS') {
    const raw = constants.RSA_NO_PADDING;
    return {
      digestBytes: bytes,
      sign: (key, digest) =>
        privateEncrypt({ key, padding: raw }, pssEncoded(digest, randomBytes(bytes), hash, keySize)),
      verify: (key, digest, signature) =>
        signature.length === keySize / 8 &&
        isPssEncoded(publicDecrypt({ key: createPublicKey(key), padding: raw }, signature), digest, hash, keySize),
    };
  }
  const padded = { padding: constants.RSA_PKCS1_PADDING };
  const encoded = (digest: Buffer): Buffer => Buffer.concat([Buffer.from(prefix, 'hex'), digest]);
  return {
    digestBytes: bytes,
    sign: (key, digest) => privateEncrypt({ key, ...padded }, encoded(digest)),
    verify: (key, digest, signature) =>
      publicDecrypt({ key: createPublicKey(key), ...padded }, signature).equals(encoded(digest)),
  };
}

/** EMSA-PSS with a salt as long as the digest, and MGF1. @see https://www.rfc-editor.org/rfc/rfc8017#section-9.1.1 */
function pssEncoded(digest: Buffer, salt: Buffer, hash: string, keySize: number): Buffer {
  const hashed = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.alloc(keySize / 8 - hashed.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  return Buffer.concat([masked(block, hashed, hash), hashed, Buffer.of(0xbc)]);
}

function isPssEncoded(encoded: Buffer, digest: Buffer, hash: string, keySize: number): boolean {
  const block = encoded.subarray(0, keySize / 8 - digest.length - 1);
  const hashed = encoded.subarray(block.length, -1);
  const salt = masked(block, hashed, hash).subarray(-digest.length);
  return pssEncoded(digest, salt, hash, keySize).equals(encoded);
}

/** The block under the mask that a seed gives, its first bit cleared: masking twice is doing nothing. */
function masked(block: Buffer, seed: Buffer, hash: string): Buffer {
  const mask: Buffer[] = [];
  for (let counter = 0; counter * seed.length < block.length; counter += 1) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    mask.push(createHash(hash).update(seed).update(count).digest());
  }
  const bits = Buffer.concat(mask);
  const result = block.map((byte, index) => byte ^ (bits[index] ?? 0));
  result[0] = (result[0] ?? 0) & 0x7f;
  return Buffer.from(result);
}

/** ECDSA over a digest, `r` and `s` side by side. The vault has the private key, and so checks with it too. @see https://www.rfc-editor.org/rfc/rfc6979#section-2.4 */
function ecSigner(curve: keyof typeof CURVES): Signer {
  const { openssl, digestBytes, order } = CURVES[curve];
  const bytes = Math.ceil(order.toString(16).length / 2);
  const fixed = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
  /** The first coordinate of the base point times `factor`. */
  const xOf = (factor: bigint): bigint => {
    const point = createECDH(openssl);
    point.setPrivateKey(fixed(factor));
    return bigOf(point.getPublicKey().subarray(1, 1 + bytes)) % order;
  };
  return {
    digestBytes,
    sign(privateKey, digest) {
      const nonce = (bigOf(randomBytes(bytes + 8)) % (order - 1n)) + 1n;
      const r = xOf(nonce);
      const s = (inverse(nonce, order) * (bigOf(digest) + r * secretOf(privateKey))) % order;
      return Buffer.concat([fixed(r), fixed(s)]);
    },
    verify(privateKey, digest, signature) {
      const [r, s] = [bigOf(signature.subarray(0, bytes)), bigOf(signature.subarray(bytes))];
      if (signature.length !== bytes * 2 || r === 0n || s === 0n || r >= order || s >= order) return false;
      const factor = (inverse(s, order) * (bigOf(digest) + r * secretOf(privateKey))) % order;
      return factor !== 0n && xOf(factor) === r;
    },
  };
}

const privatePart = z.object({ d: z.string() });

const secretOf = (privateKey: KeyObject): bigint =>
  bigOf(Buffer.from(privatePart.parse(privateKey.export({ format: 'jwk' })).d, 'base64url'));

const bigOf = (bytes: Buffer): bigint => BigInt(`0x0${bytes.toString('hex')}`);

/** By Fermat: the order is a prime. */
function inverse(value: bigint, order: bigint): bigint {
  let result = 1n;
  let power = value % order;
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % order;
    power = (power * power) % order;
  }
  return result;
}
