import type { KeyId } from './key.ts';

/** A key or a secret, as a resource names it by its URL. Everything in lower case: Key Vault compares names without case. */
export interface VaultObject {
  /** A Managed HSM has keys as a vault has, and cannot be guarded. */
  readonly at: 'vault' | 'managed-hsm';
  /** The name of the vault or Managed HSM: the first label of its host. */
  readonly vault: string;
  readonly kind: 'key' | 'secret';
  readonly name: string;
  /** `undefined` where the URL names no version: the newest one. */
  readonly version: string | undefined;
}

/** The URL of a version, as a resource names it. */
export const versionUrl = ({ vault, key, version }: KeyId & { readonly version: string }): string =>
  `https://${vault}.vault.azure.net/keys/${key}/${version}`;

/** The second label of a host, in every Azure cloud. */
const HOSTS = { vault: 'vault', managedhsm: 'managed-hsm' } as const;
const KINDS = { keys: 'key', secrets: 'secret' } as const;

/** What names and versions are made of: a longer or another one is none, and no row of a table could have it as its key. */
const NAME = /^[0-9a-z-]{1,127}$/;

/**
 * What a URL names; `undefined` where it names neither a key nor a secret. URLs that differ in case, in the port `:443`, in
 * slashes at the end and in their query name the same: the service keeps them as a client sent them.
 */
export function vaultObject(url: string): VaultObject | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url.toLowerCase());
  const [vault = '', service = ''] = hostname.split('.');
  const [collection = '', name = '', version, ...rest] = pathname.split('/').filter((part) => part !== '');
  const at = Object.entries(HOSTS).find(([label]) => label === service)?.[1];
  const kind = Object.entries(KINDS).find(([segment]) => segment === collection)?.[1];
  if (at === undefined || kind === undefined || rest.length > 0) return undefined;
  if (![vault, name, version ?? name].every((part) => NAME.test(part))) return undefined;
  return { at, vault, kind, name, version };
}
