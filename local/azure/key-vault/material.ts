import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';

/** What kind of key it is, and how large. */
export type KeyType =
  | { readonly kty: 'RSA' | 'RSA-HSM'; readonly keySize: 2048 | 3072 | 4096 }
  | { readonly kty: 'EC' | 'EC-HSM'; readonly crv: 'P-256' | 'P-384' | 'P-521' | 'P-256K' };

/** The public part as a JSON Web Key has it: `n` and `e`, or `crv`, `x` and `y`. */
export type PublicPart = Readonly<Record<string, string>>;

/** Key material that is made when it is first needed, and the same from then on. */
export interface Material {
  publicPart(): Promise<PublicPart>;
  publicKey(): Promise<KeyObject>;
  /** Undefined for a version seeded by its public part alone. */
  privateKey(): Promise<KeyObject | undefined>;
}

const generate = promisify(generateKeyPair);

/**
 * Makes the pair when first asked for, since an RSA key takes about 46 ms; a public part that is given is never made.
 *
 * @param make gives the private key. Default: a new one of that type
 */
export function lazyMaterial(
  type: KeyType,
  publicPart?: PublicPart,
  make: () => KeyObject | Promise<KeyObject> = () => makePair(type),
): Material {
  if (publicPart !== undefined) {
    return {
      publicPart: async () => publicPart,
      publicKey: async () =>
        createPublicKey({ key: { ...publicPart, kty: 'crv' in type ? 'EC' : 'RSA' }, format: 'jwk' }),
      privateKey: async () => undefined,
    };
  }
  let made: Promise<Material> | undefined;
  const pair = (): Promise<Material> => {
    made ??= Promise.resolve(make()).then((privateKey) => materialOf(privateKey, isHsm(type)));
    return made;
  };
  return {
    publicPart: async () => (await pair()).publicPart(),
    publicKey: async () => (await pair()).publicKey(),
    privateKey: async () => (await pair()).privateKey(),
  };
}

/** Material that was brought along (import), or made, in a hardware module or not. That an imported exponent stays as it came is UNCONFIRMED. */
export function materialOf(privateKey: KeyObject, madeInHsm = false): Material {
  const publicKey = createPublicKey(privateKey);
  const publicPart = publicPartOf(publicKey, madeInHsm);
  return {
    publicPart: async () => publicPart,
    publicKey: async () => publicKey,
    privateKey: async () => privateKey,
  };
}

async function makePair(type: KeyType): Promise<KeyObject> {
  if ('crv' in type) {
    const { privateKey } = await generate('ec', { namedCurve: type.crv === 'P-256K' ? 'secp256k1' : type.crv });
    return privateKey;
  }
  const { privateKey } = await generate('rsa', { modulusLength: type.keySize });
  return privateKey;
}

const rsaSchema = z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() });
const ecSchema = z.object({ kty: z.literal('EC'), crv: z.string(), x: z.string(), y: z.string() });

function publicPartOf(publicKey: KeyObject, madeInHsm: boolean): PublicPart {
  const jwk = z.union([rsaSchema, ecSchema]).parse(publicKey.export({ format: 'jwk' }));
  // The exponent of a key that is made in a hardware module begins with a zero byte: `sequences/key-vault/rsa-hsm-key.json`.
  if (jwk.kty === 'RSA') return { n: jwk.n, e: madeInHsm && jwk.e === 'AQAB' ? 'AAEAAQ' : jwk.e };
  // The service's name for the curve that Node calls secp256k1.
  return { crv: jwk.crv === 'secp256k1' ? 'P-256K' : jwk.crv, x: jwk.x, y: jwk.y };
}

/** Whether the material lies in a hardware module. */
export function isHsm(type: KeyType): boolean {
  return type.kty === 'RSA-HSM' || type.kty === 'EC-HSM';
}
