import type { Vault } from '../key-vault/store.ts';
import type { Chance } from '../random.ts';
import type { ResourceGraph } from '../resource-graph/resource-graph.ts';
import type { Behaviours, Grant, Identity } from '../types.ts';
import type { Directory } from './authorization.ts';
import type { SetPace } from './auto-rotation.ts';
import type { ResourcePath } from './ids.ts';
import type { Operations } from './operations.ts';
import type { Schedule } from './schedule.ts';
import type { Resources } from './store.ts';
import type { DeletedVault } from './vault-writes.ts';
import type { Granted } from './vaults.ts';

/** What Resource Manager works on. */
export interface World {
  readonly resources: Resources;
  readonly directory: Directory;
  readonly operations: Operations;
  readonly schedule: Schedule;
  readonly graph: ResourceGraph;
  readonly behaviours: Readonly<Behaviours>;
  readonly chance: Chance;
  /** By the ids of sets, in lower case. */
  readonly setPaces: Map<string, SetPace>;
  readonly tenantId: string;
  /** By their names in lower case. */
  readonly deletedVaults: Map<string, DeletedVault>;
  /** Object ids of identities that were deleted: they get no token. */
  readonly deletedPrincipals: Set<string>;
  /** Those that serve, deleted ones not among them. */
  vaults(): Iterable<Vault>;
  /** Lets a vault serve, or takes it away from its host. */
  setServed(vault: Vault, isServed: boolean): void;
  /** Told of each write to a vault's resource, for Resource Graph. */
  vaultsChanged(): void;
  /** Who has grants beside roles, for access policies. */
  granted(): Granted;
  setGrants(identity: Identity, grants: readonly Grant[]): void;
  subscriptions(): readonly Subscription[];
  /** The managed identity of that object id, made where there is none. */
  managedIdentity(name: string, oid: string): Identity;
  /** A managed identity that was not there before; where the name is taken it gets a number. */
  newManagedIdentity(name: string): Identity;
}

/** A subscription as it is listed. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly displayName: string;
  /** Ids of the management groups above it. */
  readonly managementGroups: readonly string[];
}

/** A request that was let in: its caller is known and may do it, its api-version is one of the type's. */
export interface Call extends ResourcePath {
  readonly world: World;
  readonly method: string;
  readonly identity: Identity;
  readonly apiVersion: string;
  /** As it came. */
  readonly url: URL;
  readonly body: string;
  readonly nowMs: number;
}
