import type { UserKind } from '../domain/key-use.ts';
import type { VaultObject } from '../domain/vault-object.ts';

/** A vault, as Resource Graph shows it. `undefined`: the row does not say. */
export interface EstateVault {
  /** In lower case, as all ids here. */
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly location: string | undefined;
  readonly sku: string | undefined;
  /** Azure RBAC; access policies otherwise. */
  readonly rbac: boolean;
  readonly softDelete: boolean;
  readonly retentionDays: number | undefined;
  readonly purgeProtection: boolean;
  /** Whether it can be reached from anywhere, as far as its own settings say. */
  readonly network: 'public' | 'selected' | 'private';
  readonly accessPolicies: readonly AccessPolicy[];
}

/** Who may do what by an access policy: `get`, `wrapkey` … in lower case. */
export interface AccessPolicy {
  readonly objectId: string;
  readonly applicationId: string | undefined;
  readonly keys: readonly string[];
}

/** A machine or a scale set. */
export interface EstateMachine {
  readonly id: string;
  readonly name: string;
  readonly kind: 'machine' | 'scale-set';
  /** `unknown` where no row of it was read, or where the row does not say. */
  readonly power: 'running' | 'stopped' | 'unknown';
  readonly encryptionAtHost: boolean | undefined;
}

/** What hangs on a user of a key, counted: an estate can have hundreds of thousands of disks. */
export interface Holdings {
  readonly disks: number;
  /** Of the disks, those that no machine has. */
  readonly unattached: number;
  readonly snapshots: number;
  readonly images: number;
  /** How many of the disks each machine has; 0 where only its model names the set. */
  readonly machines: ReadonlyMap<EstateMachine, number>;
}

/** Who calls the vault for a resource. */
export interface Callers {
  /** Object ids of its identities, in lower case. Empty where it has none, or where the application calls. */
  readonly objectIds: readonly string[];
  /** The application that calls from another tenant. */
  readonly applicationId: string | undefined;
}

/** What a resource is that uses keys. */
interface UserOfKeys {
  readonly kind: UserKind;
  readonly id: string;
  readonly name: string;
  /** What it names: the active key first, then previous ones while a rotation is under way. */
  readonly keys: readonly VaultObject[];
  /** Whether it takes a new version of its active key by itself. */
  readonly follows: boolean;
  readonly callers: Callers;
  readonly holds: Holdings;
  /** What could not be read of it, in sentences. */
  readonly unknown: readonly string[];
}

/** A disk encryption set. */
export interface EstateSet extends UserOfKeys {
  readonly kind: 'disk-encryption-set';
  readonly subscriptionId: string;
  readonly location: string | undefined;
  /** `undefined` where the row does not say. */
  readonly encryption: 'customer-key' | 'platform-and-customer-keys' | 'confidential' | undefined;
  readonly autoRotation: boolean;
  /** Why the platform no longer rotates it by itself. */
  readonly rotationError: { readonly code: string; readonly message: string } | undefined;
  readonly hasIdentity: boolean;
}

/** A resource that uses keys. */
export type EstateUser = EstateSet | (UserOfKeys & { readonly kind: Exclude<UserKind, 'disk-encryption-set'> });

/** How a disk or snapshot is really encrypted. */
export const diskEncryptions = [
  'customer-key',
  'platform-and-customer-keys',
  'confidential',
  'azure-disk-encryption',
  'platform-key',
  'unknown',
] as const;
export type DiskEncryption = (typeof diskEncryptions)[number];

/** How many are encrypted in one way, with the ids of the first few disks. */
export interface DiskTally {
  readonly disks: number;
  readonly snapshots: number;
  readonly examples: readonly string[];
}

/** A role assignment. */
export interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: string | undefined;
  /** The last part of the role definition's id. */
  readonly role: string;
  readonly scope: string;
  readonly isConditional: boolean;
}

/** A role: what it allows. */
export interface Role {
  readonly name: string;
  readonly permissions: readonly Permissions[];
}

/** Actions by name or pattern, with `*`. */
export interface Permissions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

/** What was read of one or more subscriptions. What could not be read is in `unknown`, and nothing of it counts as absent. */
export interface Estate {
  /** Names of the subscriptions that were shown, by id. Resource Graph leaves out others without a word. */
  readonly subscriptions: ReadonlyMap<string, string>;
  /** By name. */
  readonly vaults: ReadonlyMap<string, EstateVault>;
  readonly users: readonly EstateUser[];
  /** Names of Managed HSMs whose keys are used. They cannot be guarded. */
  readonly managedHsms: readonly string[];
  /** By vault: disks that Azure Disk Encryption unlocks with a secret that no key wraps. Secrets are not guarded. */
  readonly secrets: ReadonlyMap<string, number>;
  readonly disks: Readonly<Record<DiskEncryption, DiskTally>>;
  readonly machines: { readonly all: number; readonly running: number; readonly encryptedAtHost: number };
  readonly assignments: readonly Assignment[];
  /** By the last part of the role definition's id. */
  readonly roles: ReadonlyMap<string, Role>;
  /** In sentences. */
  readonly unknown: readonly string[];
}
