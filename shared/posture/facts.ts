import type { DiagnosticSetting } from '../domain/resource-manager.ts';
import type { RotationPolicy } from '../domain/rotation-policy.ts';
import type {
  Assignment,
  DiskEncryption,
  DiskTally,
  EstateSet,
  EstateUser,
  EstateVault,
  Role,
} from '../estate/estate.ts';

/** What was read, or why it could not be read, in words that end a sentence. Unknown is never taken for empty. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly because: string };

/** What was read. */
export const known = <T>(value: T): Known<T> => ({ kind: 'known', value });
/** Why nothing is known of it. */
export const unknown = (because: string): Known<never> => ({ kind: 'unknown', because });

/** A lock of Resource Manager. */
export interface Lock {
  readonly name: string;
  readonly level: 'CanNotDelete' | 'ReadOnly' | 'other';
  /** What it is on: a subscription, a group or a resource, in lower case. */
  readonly scope: string;
}

/** Who holds which role where, and what the roles allow. */
export interface Assigned {
  readonly assignments: readonly Assignment[];
  readonly roles: ReadonlyMap<string, Role>;
}

/** What is known of a vault. */
export interface VaultFacts {
  readonly kind: 'vault';
  readonly vault: EstateVault;
  /** Those on the vault and on what is above it. */
  readonly locks: Known<readonly Lock[]>;
  readonly diagnosticSettings: Known<readonly DiagnosticSetting[]>;
  readonly assigned: Known<Assigned>;
}

/** The attributes of a version that decide whether it can be used. `undefined` operations: they were not read. */
export interface VersionFacts {
  readonly enabled: boolean;
  readonly notBefore: Date | undefined;
  readonly expiresOn: Date | undefined;
  readonly updated: Date | undefined;
  readonly operations: readonly string[] | undefined;
}

/** A key as it was read. */
export type KeyState =
  | {
      readonly kind: 'present';
      /** `Resource Manager` shows no deleted keys, so that a key that it lacks may be deleted. */
      readonly seenBy: 'Key Vault' | 'Resource Manager';
      readonly keyType: string | undefined;
      readonly keySizeBits: number | undefined;
      /** The newest version. */
      readonly current: string | undefined;
      readonly versions: ReadonlyMap<string, VersionFacts>;
    }
  | { readonly kind: 'deleted'; readonly deletedOn: Date; readonly scheduledPurgeOn: Date | undefined }
  | { readonly kind: 'absent'; readonly seenBy: 'Key Vault' | 'Resource Manager' };

/** What is known of a key that something uses. */
export interface KeyFacts {
  readonly kind: 'key';
  readonly vault: string;
  readonly key: string;
  readonly users: readonly EstateUser[];
  readonly state: Known<KeyState>;
  /** `undefined`: it has none. */
  readonly rotationPolicy: Known<RotationPolicy | undefined>;
  readonly notifyBeforeExpiryDays: number;
}

/** What is known of a disk encryption set. */
export interface SetFacts {
  readonly kind: 'set';
  readonly set: EstateSet;
  /** The vault of its active key; `undefined` where it was not found, or where it is a Managed HSM. */
  readonly vault: VaultFacts | undefined;
}

/** How the disks of all subscriptions are encrypted. */
export interface DisksFacts {
  readonly kind: 'disks';
  readonly disks: Readonly<Record<DiskEncryption, DiskTally>>;
  /** Whether the policy demands a customer-managed key for each. */
  readonly customerKeysDemanded: boolean;
}

/** What is known of anything that checks are about. */
export type Facts = VaultFacts | KeyFacts | SetFacts | DisksFacts;

/** The name of what facts are about, as `vault`, `vault/key` or the name of a set. */
export function subjectOf(facts: Facts): string {
  switch (facts.kind) {
    case 'vault':
      return facts.vault.name;
    case 'key':
      return `${facts.vault}/${facts.key}`;
    case 'set':
      return facts.set.name;
    case 'disks':
      return 'all disks';
    default:
      return facts satisfies never;
  }
}
