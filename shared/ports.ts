import type { Policy } from './domain/policy.ts';
import type { VaultReads, VaultWrites } from './domain/vault.ts';
import type { Documents, Queue, Table } from './storage.ts';
import type { Trail } from './trail/trail.ts';

/** Everything the guardian reaches outside itself. Made by `compose`, or by a test from fakes. */
export interface Ports {
  /** Throws `PolicyInvalid` where the file cannot be used: then nothing is written to any vault. */
  readonly policy: Policy;
  readonly now: () => Date;
  /** A random UUID. */
  readonly newId: () => string;
  /** Under the watcher's identity. */
  readonly reads: (vault: string) => VaultReads;
  /** Under the keeper's identity. */
  readonly writes: (vault: string) => VaultWrites;
  readonly tables: {
    /** Partition: vault, row: key. One worker a key. */
    readonly claims: Table;
    /** The register. Partition: vault, row: key. */
    readonly keys: Table;
    /** Partition: `baseline` or `sweep`, row: vault; and the policy that was last seen. */
    readonly vaults: Table;
    /** Partition: vault, row: id. */
    readonly approvals: Table;
    /** Partition: `holds`, row: id. */
    readonly holds: Table;
    /** Partition: vault and key, row: id. */
    readonly incidents: Table;
    /** Partition: vault and key, row: id. What each write was for; each explains one audit record. */
    readonly intents: Table;
  };
  readonly queues: { readonly sweeps: Queue; readonly inspections: Queue; readonly alerts: Queue };
  readonly trail: Trail;
  /** What could not be parsed, whole. */
  readonly setAside: Documents;
  readonly settings: {
    /** Time between two passes over a vault, in seconds. */
    readonly sweepEverySeconds: number;
    /** Object ids of the guardian's own identities, in lower case. */
    readonly ownObjectIds: readonly string[];
  };
}
