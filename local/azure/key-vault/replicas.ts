import type { Vault } from './store.ts';

/** Every vault with its copy in the paired region, and which of the two serves. Vaults go by their host names. */
export interface Replicas {
  /** Who serves a host now: the vault itself, or while it is failed over the copy. */
  readonly serving: ReadonlyMap<string, Vault>;
  add(host: string, vault: Vault): void;
  /** Takes a vault away from its host, with its copy. */
  remove(host: string): void;
  /** Takes the vault as it is now for the copy. */
  replicate(host: string): void;
  /** The copy serves from now on, as it was last replicated; a vault that never was is copied now. */
  failOver(host: string): void;
  failBack(host: string): void;
}

/** Replicas of the vaults in `primaries`, to which `add` adds. */
export function createReplicas(primaries: Map<string, Vault>): Replicas {
  const serving = new Map<string, Vault>();
  const copies = new Map<string, Vault>();
  const use = (host: string, from: ReadonlyMap<string, Vault>): void => {
    const vault = from.get(host);
    if (vault !== undefined) serving.set(host, vault);
  };
  const replicate = (host: string): void => {
    const vault = primaries.get(host);
    if (vault !== undefined) copies.set(host, copyOf(vault));
  };
  return {
    serving,
    add(host, vault) {
      primaries.set(host, vault);
      serving.set(host, vault);
    },
    remove(host) {
      primaries.delete(host);
      serving.delete(host);
      copies.delete(host);
    },
    replicate(host) {
      replicate(host);
      if (serving.get(host)?.failedOver) use(host, copies);
    },
    failOver(host) {
      if (!copies.has(host)) replicate(host);
      use(host, copies);
    },
    failBack: (host) => use(host, primaries),
  };
}

/** With the same budget and the same key material, but nothing else that either could change in the other. */
function copyOf(vault: Vault): Vault {
  const keys = [...vault.keys].map(([name, key]) => {
    const versions = key.versions.map((version) => ({ ...version }));
    return [name, { ...key, versions, versionsById: undefined }] as const;
  });
  const rotationPolicies = new Map(vault.rotationPolicies);
  return { ...vault, failedOver: true, keys: new Map(keys), rotationPolicies, sortedNames: undefined };
}
