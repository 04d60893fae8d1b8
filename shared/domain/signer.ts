import { constants, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';

/** What the guardian can say of a signature. `unverifiable`: its key cannot be read now, or none is set up. */
export type Verdict = 'valid' | 'forged' | 'unverifiable';

/** The guardian's own key, which signs what people say to it, and the trail. */
export interface Signer {
  /** Signs a text. Throws `SigningFailed` or `NotConfigured`. */
  sign(text: string): Promise<string>;
  /** Whether the key signed this text. Never throws. */
  verify(text: string, signature: string): Promise<Verdict>;
}

/**
 * The public part of one version of the key as a JSON Web Key: RSA signs with PS256, EC with ES256.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518
 */
export const publicJwk = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), alg: z.literal('PS256'), n: z.string(), e: z.string() }),
  z.object({
    kty: z.literal('EC'),
    alg: z.literal('ES256'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
  }),
]);
export type PublicJwk = z.infer<typeof publicJwk>;

/** A version of the guardian's key that signs so that anybody can verify it, without the vault. */
export interface SigningKey {
  readonly publicJwk: PublicJwk;
  /** The signature of a text, base64url. Throws `SigningFailed`. */
  sign(text: string): Promise<string>;
}

/** Whether a key made this signature of a text: RSA with PS256, EC with ES256. @param signature base64url */
export const isSignedBy = (key: KeyObject, text: string, signature: string): boolean =>
  verify('sha256', Buffer.from(text), { key, ...PADDING }, Buffer.from(signature, 'base64url'));

/** For RSA the padding, for EC the encoding of the signature: each ignores the other's. */
const PADDING = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  dsaEncoding: 'ieee-p1363',
} as const;
