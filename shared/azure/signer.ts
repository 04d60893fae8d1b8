import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import { isSignedBy, type PublicJwk, publicJwk, type Signer, type SigningKey, type Verdict } from '../domain/signer.ts';
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
export function keyVaultSigner(
  key: string,
  connection: KeyVaultConnection,
): Signer & {
  /** Its current version. Throws `SigningFailed`. */
  current(): Promise<SigningKey>;
} {
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

  /** Fails as `SigningFailed`. The version may have been disabled or replaced: the next call reads the key anew. */
  async function signing<T>(doing: () => Promise<T>): Promise<T> {
    try {
      return await doing();
    } catch (error) {
      current = undefined;
      throw new SigningFailed('signing', error);
    }
  }

  const signedBy = (by: KeyVaultKey, text: string): Promise<string> =>
    signing(async () => {
      const digest = createHash('sha256').update(text).digest();
      const algorithm = isEc(by) ? 'ES256' : 'PS256';
      const { result } = await new CryptographyClient(by, credential, options).sign(algorithm, digest);
      return Buffer.from(result).toString('base64url');
    });

  return {
    async sign(text) {
      const by = await signing(currentKey);
      return `${by.properties.version ?? ''}.${await signedBy(by, text)}`;
    },
    async current() {
      const by = await signing(currentKey);
      return { publicJwk: await signing(async () => jwkOf(by)), sign: (text) => signedBy(by, text) };
    },
    async verify(text, signature): Promise<Verdict> {
      const [, version, bytes] = /^([0-9a-f]{32})\.([\w-]+)$/.exec(signature) ?? [];
      if (version === undefined || bytes === undefined) return 'forged';
      try {
        const by = await publicKey(version);
        return isSignedBy(by, text, bytes) ? 'valid' : 'forged';
      } catch (error) {
        return isMissing(error) ? 'forged' : 'unverifiable';
      }
    },
  };
}

const isEc = ({ keyType }: KeyVaultKey): boolean => keyType?.startsWith('EC') === true;

const publicPartOf = (of: KeyVaultKey): KeyObject => createPublicKey({ key: jwkOf(of), format: 'jwk' });

function jwkOf({ key = {} }: KeyVaultKey): PublicJwk {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  return publicJwk.parse(
    key.crv === undefined
      ? { kty: 'RSA', alg: 'PS256', n: text(key.n), e: text(key.e) }
      : { kty: 'EC', alg: 'ES256', crv: key.crv, x: text(key.x), y: text(key.y) },
  );
}
