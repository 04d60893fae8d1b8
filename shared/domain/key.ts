import * as z from 'zod';
import { moment } from './time.ts';

/** A key of a vault. Both names in lower case: Key Vault compares them without case. */
export const keyId = z.object({ vault: z.string().toLowerCase(), key: z.string().toLowerCase() });
export type KeyId = z.infer<typeof keyId>;

/** The attributes of a version that decide whether it can be used. `undefined` dates were never set. */
export const attributes = z.object({
  enabled: z.boolean(),
  notBefore: moment.optional(),
  expiresOn: moment.optional(),
  /** `key_ops`, compared as a set: the service keeps no order. */
  operations: z.array(z.string()),
});
export type Attributes = z.infer<typeof attributes>;

/** A version in a list of the vault: everything but its operations and its key material. */
export interface ListedVersion {
  /** Set where the key belongs to a certificate. */
  readonly managed?: boolean;
  readonly version: string;
  readonly enabled: boolean;
  readonly notBefore: Date | undefined;
  readonly expiresOn: Date | undefined;
  /** Whole seconds, by the vault's clock. */
  readonly created: Date;
  /** Whole seconds, by the vault's clock. Changes with every change of the version, but not with deletion or recovery. */
  readonly updated: Date;
}

/** The version that was made last. */
export const newestOf = <T extends Pick<ListedVersion, 'created'>>(versions: readonly T[]): T | undefined =>
  versions.toSorted((one, other) => other.created.getTime() - one.created.getTime())[0];

/** What only a read of the single version shows. */
export interface VersionDetail {
  readonly operations: readonly string[];
  readonly keyType: string;
  /** Bits of an RSA modulus; `undefined` for other types. */
  readonly keySizeBits: number | undefined;
  /** SHA-256, hex, over the public part, its numbers without leading zero bytes. */
  readonly fingerprint: string;
  /** Over the numbers as the service sent them, where that differs: what a register of an earlier version holds. */
  readonly formerFingerprint?: string;
  /** Set where it was not read this time, because it has not changed since it was last read in full. */
  readonly asLastRead?: true;
}

/** A version as it was observed. `detail` is `undefined` where the version cannot be read in full. */
export interface ObservedVersion extends ListedVersion {
  readonly detail: VersionDetail | undefined;
}

/** The key material of a version, as far as it was read. */
export const materialOf = (detail: VersionDetail | undefined) => ({
  keyType: detail?.keyType,
  keySizeBits: detail?.keySizeBits,
  fingerprint: detail?.fingerprint,
});

/** A key as its vault keeps it once it was deleted. */
export interface Deletion {
  /** Behind a certificate: alerted, never changed. */
  readonly managed: boolean;
  readonly deletedOn: Date;
  /** `undefined` where the vault keeps no deleted keys. */
  readonly scheduledPurgeOn: Date | undefined;
}

/** A key as the vault showed it. Where it could not be read there is no `ObservedKey`, but a `Refusal`. */
export type ObservedKey =
  | {
      readonly kind: 'present';
      /** Behind a certificate: alerted, never changed. */
      readonly managed: boolean;
      /** The version that the vault calls current. */
      readonly current: string;
      readonly versions: readonly ObservedVersion[];
    }
  | ({ readonly kind: 'deleted' } & Deletion)
  /** In neither list. `isFinal`: the vault keeps no deleted keys, so that it cannot come back. */
  | { readonly kind: 'absent'; readonly isFinal?: true };

/** A version of an observed key; `undefined` where the vault does not list it. */
export const versionNamed = (observed: ObservedKey, version: string | undefined): ObservedVersion | undefined =>
  observed.kind === 'present' ? observed.versions.find((candidate) => candidate.version === version) : undefined;

/** The operations without which a disk encryption set cannot use a version. */
export const VITAL_OPERATIONS = ['wrapKey', 'unwrapKey'] as const;

/** The operations whose loss stops what uses a version, where they were approved: a confidential machine starts by `release`. */
export const NEEDED_OPERATIONS = [...VITAL_OPERATIONS, 'release'] as const;

/** Whether two lists hold the same operations, in any order. */
export function sameOperations(one: readonly string[], other: readonly string[]): boolean {
  const [these, those] = [new Set(one), new Set(other)];
  return these.size === those.size && [...these].every((operation) => those.has(operation));
}

/** A key or version as people write it on the command line: `vault/key` or `vault/key/version`. */
export const spell = (id: {
  readonly vault: string;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
}): string => [id.vault, id.key, id.version].filter((part) => part !== undefined).join('/');

/** The attributes that an update sets. Attributes that are left out stay as they are. */
export const attributeChange = attributes.partial();
export type AttributeChange = z.infer<typeof attributeChange>;
