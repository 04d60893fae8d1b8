import { constants, createHash, createPublicKey, type KeyObject, verify as verifyWith } from 'node:crypto';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import type { Signer, Verdict } from '../domain/signer.ts';
import { HOUR_MS } from '../domain/time.ts';
import { NotConfigured, SigningFailed } from '../errors.ts';
import { clientParts, type KeyVaultConnection, TWO_QUICK_TRIES } from './key-vault.ts';
import { isMissing } from './key-vault-refusals.ts';

/** How long the current version counts as current, in ms. */
const CURRENT_FOR_MS = HOUR_MS;

/** Signs nothing, and can verify nothing. */
export const noSigner: Signer = {
  sign: () => Promise.reject(new NotConfigured('Signing approvals and holds', ['KEY_GUARDIAN_SIGNING_KEY'])),
  verify: async () => 'unverifiable',
};

/**
 * The signer of a key in Key Vault: RSA signs with PS256, EC P-256 with ES256. A signature is `<version>.<base64url>`. The
 * public part of each version is read once, so that verifying needs no vault. A version that the vault does not have is
 * nobody's: what it signed is forged.
 *
 * @param connection of the vault, under an identity that may read the key and sign with it
 * @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details
 */
export function keyVaultSigner(key: string, connection: KeyVaultConnection): Signer {
  const { credential, options } = clientParts(connection, 'watcher', TWO_QUICK_TRIES);
  const client = new KeyClient(connection.url, credential, options);
  const publicKeys = new Map<string, Promise<KeyObject>>();
  let current: { readonly key: KeyVaultKey; readonly readAtMs: number } | undefined;

  async function currentKey(): Promise<KeyVaultKey> {
    if (current !== undefined && Date.now() - current.readAtMs < CURRENT_FOR_MS) return current.key;
    current = { key: await client.getKey(key), readAtMs: Date.now() };
    return current.key;
  }

  function publicKey(version: string): Promise<KeyObject> {
    const known = publicKeys.get(version) ?? client.getKey(key, { version }).then(publicPartOf);
    publicKeys.set(version, known);
    known.catch(() => publicKeys.delete(version));
    return known;
  }

  return {
    async sign(text) {
      try {
        const signing = await currentKey();
        const digest = createHash('sha256').update(text).digest();
        const algorithm = isEc(signing) ? 'ES256' : 'PS256';
        const { result } = await new CryptographyClient(signing, credential, options).sign(algorithm, digest);
        return `${signing.properties.version ?? ''}.${Buffer.from(result).toString('base64url')}`;
      } catch (error) {
        // The version may have been disabled or replaced: the next call reads the key anew.
        current = undefined;
        throw new SigningFailed('signing', error);
      }
    },
    async verify(text, signature): Promise<Verdict> {
      const [, version, bytes] = /^([0-9a-f]{32})\.([\w-]+)$/.exec(signature) ?? [];
      if (version === undefined || bytes === undefined) return 'forged';
      try {
        const by = await publicKey(version);
        const isOfKey = verifyWith(
          'sha256',
          Buffer.from(text),
          { key: by, ...PADDING },
          Buffer.from(bytes, 'base64url'),
        );
        return isOfKey ? 'valid' : 'forged';
      } catch (error) {
        return isMissing(error) ? 'forged' : 'unverifiable';
      }
    },
  };
}

/** For RSA the padding, for EC the encoding of the signature: each ignores the other's. */
const PADDING = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  dsaEncoding: 'ieee-p1363',
} as const;

const isEc = ({ keyType }: KeyVaultKey): boolean => keyType?.startsWith('EC') === true;

function publicPartOf({ key = {} }: KeyVaultKey): KeyObject {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  const jwk =
    key.crv === undefined
      ? { kty: 'RSA', n: text(key.n), e: text(key.e) }
      : { kty: 'EC', crv: key.crv, x: text(key.x), y: text(key.y) };
  return createPublicKey({ key: jwk, format: 'jwk' });
}
