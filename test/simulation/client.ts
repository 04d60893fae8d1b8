import { generateKeyPairSync } from 'node:crypto';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import type { LocalAzure } from '../../local/azure/azure.ts';

/** Somebody else's client of the vaults: the real SDK, under that identity. */
export interface Client {
  disable(vault: string, key: string, version?: string): Promise<void>;
  enable(vault: string, key: string, version?: string): Promise<void>;
  expire(vault: string, key: string, expiresOn: Date, version?: string): Promise<void>;
  notBefore(vault: string, key: string, notBefore: Date, version?: string): Promise<void>;
  operations(vault: string, key: string, operations: readonly string[], version?: string): Promise<void>;
  tag(vault: string, key: string): Promise<void>;
  delete(vault: string, key: string): Promise<void>;
  recover(vault: string, key: string): Promise<void>;
  purge(vault: string, key: string): Promise<void>;
  create(
    vault: string,
    key: string,
    options?: {
      readonly enabled?: boolean;
      readonly expiresOn?: Date;
      readonly notBefore?: Date;
      /** Default 2048. */
      readonly keySize?: number;
      /** Default RSA. */
      readonly keyType?: 'RSA' | 'EC';
      /** Default wrapKey and unwrapKey. */
      readonly keyOps?: readonly string[];
    },
  ): Promise<string>;
  /** A new version of the same type, size and operations. */
  rotate(vault: string, key: string): Promise<string>;
  /** A rotation policy that makes a version so long after the one before it. */
  setRotationPolicy(vault: string, key: string, timeAfterCreate: string): Promise<void>;
  /** A new version with material from elsewhere: RSA, 2048 bits, to wrap and unwrap. */
  import(vault: string, key: string): Promise<string>;
  /** Wraps and unwraps 32 bytes; throws what the service answered. */
  wrapAndUnwrap(vault: string, key: string, version: string): Promise<void>;
}

export function clientOf(azure: LocalAzure, identity: string): Client {
  const options = { httpClient: azure.httpClient, retryOptions: { maxRetries: 0 } };
  const keys = (vault: string) =>
    new KeyClient(`https://${vault}.vault.azure.net`, azure.credential(identity), options);
  const patch = async (vault: string, key: string, version: string | undefined, change: object): Promise<void> => {
    const client = keys(vault);
    if (version === undefined) await client.updateKeyProperties(key, change);
    else await client.updateKeyProperties(key, version, change);
  };
  return {
    disable: (vault, key, version) => patch(vault, key, version, { enabled: false }),
    enable: (vault, key, version) => patch(vault, key, version, { enabled: true }),
    expire: (vault, key, expiresOn, version) => patch(vault, key, version, { expiresOn }),
    notBefore: (vault, key, notBefore, version) => patch(vault, key, version, { notBefore }),
    operations: (vault, key, operations, version) => patch(vault, key, version, { keyOps: operations }),
    tag: (vault, key) => patch(vault, key, undefined, { tags: { touched: new Date().toISOString() } }),
    async delete(vault, key) {
      await keys(vault).beginDeleteKey(key);
    },
    async recover(vault, key) {
      await keys(vault).beginRecoverDeletedKey(key);
    },
    purge: (vault, key) => keys(vault).purgeDeletedKey(key),
    async create(vault, key, { keyType = 'RSA', keyOps = ['wrapKey', 'unwrapKey'], keySize, ...made } = {}) {
      const size = keyType === 'EC' ? {} : { keySize: keySize ?? 2048 };
      const created = await keys(vault).createKey(key, keyType, { ...size, keyOps: [...keyOps], ...made });
      return created.properties.version ?? '';
    },
    async rotate(vault, key) {
      const rotated = await keys(vault).rotateKey(key);
      return rotated.properties.version ?? '';
    },
    async setRotationPolicy(vault, key, timeAfterCreate) {
      await keys(vault).updateKeyRotationPolicy(key, { lifetimeActions: [{ action: 'Rotate', timeAfterCreate }] });
    },
    async import(vault, key) {
      const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
      const bytes = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');
      const imported = await keys(vault).importKey(key, {
        kty: 'RSA',
        keyOps: ['wrapKey', 'unwrapKey'],
        n: bytes(jwk.n),
        e: bytes(jwk.e),
        d: bytes(jwk.d),
        p: bytes(jwk.p),
        q: bytes(jwk.q),
        dp: bytes(jwk.dp),
        dq: bytes(jwk.dq),
        qi: bytes(jwk.qi),
      });
      return imported.properties.version ?? '';
    },
    async wrapAndUnwrap(vault, key, version) {
      const crypto = new CryptographyClient(
        `https://${vault}.vault.azure.net/keys/${key}/${version}`,
        azure.credential(identity),
        options,
      );
      const wrapped = await crypto.wrapKey('RSA-OAEP-256', new Uint8Array(32));
      await crypto.unwrapKey('RSA-OAEP-256', wrapped.result);
    },
  };
}
