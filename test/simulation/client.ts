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
    options?: { readonly enabled?: boolean; readonly expiresOn?: Date; readonly keySize?: number },
  ): Promise<string>;
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
    async create(vault, key, made = {}) {
      const created = await keys(vault).createKey(key, 'RSA', {
        keySize: 2048,
        keyOps: ['wrapKey', 'unwrapKey'],
        ...made,
      });
      return created.properties.version ?? '';
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
