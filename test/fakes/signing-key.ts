import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { publicJwk, type SigningKey } from '../../shared/domain/signer.ts';

/** A new RSA key of 2048 bits that signs with PS256, in memory. */
export function newSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return {
    publicJwk: publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), alg: 'PS256' }),
    sign: async (text) => sign('sha256', Buffer.from(text), { key: privateKey, ...pss }).toString('base64url'),
  };
}
