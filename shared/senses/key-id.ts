/** What the id of a key, of a version or of another object of a vault names, in lower case. */
export interface Named {
  /** The whole host where it is no vault's, as that of a Managed HSM: no vault has that name. */
  readonly vault: string;
  /** `undefined` where the id names no key. */
  readonly key: string | undefined;
  readonly version: string | undefined;
}

const ID =
  /^\s*https:\/\/([^/?#\s.]+\.[^/?#\s]+)(?:\/(?:deleted)?keys\/([0-9a-z-]{1,127})(?:\/([0-9a-f]{32}))?(?:[/?\s]|$))?/;
const HOST_OF_A_VAULT = /^([^.]+)\.(?:privatelink\.)?vault(?:core)?\./;

/** What an id in an event or in an audit record names; `undefined` where it is no address. */
export function namedIn(id: string): Named | undefined {
  const [, host, key, version] = ID.exec(id.toLowerCase()) ?? [];
  return host === undefined ? undefined : { vault: HOST_OF_A_VAULT.exec(host)?.[1] ?? host, key, version };
}
