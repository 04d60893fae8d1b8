import { z } from 'zod';
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

/** What a list tells of a version: everything but its operations and its material. */
export interface ListedVersion {
  /** Set where the key is behind a certificate. */
  readonly managed?: boolean;
  readonly version: string;
  readonly enabled: boolean;
  readonly notBefore: Date | undefined;
  readonly expiresOn: Date | undefined;
  /** Whole seconds, by the vault's clock. */
  readonly created: Date;
  /** Whole seconds, by the vault's clock. Moves with every change but deletion and recovery. */
  readonly updated: Date;
}

/** What only reading a version by itself tells. */
export interface VersionDetail {
  readonly operations: readonly string[];
  readonly keyType: string;
  /** Bits of an RSA modulus; `undefined` for other types. */
  readonly keySizeBits: number | undefined;
  /** SHA-256, hex, over the public part. */
  readonly fingerprint: string;
  /** Set where it was not read this time: nothing says that it changed since it was last read in full. */
  readonly asLastRead?: true;
}

/** A version as it was observed. `detail` is `undefined` where nobody can say it. */
export interface ObservedVersion extends ListedVersion {
  readonly detail: VersionDetail | undefined;
}

/** A key as the vault showed it. That it could not be read is never one of these: it is a `Refusal`. */
export type ObservedKey =
  | {
      readonly kind: 'present';
      /** Behind a certificate: alerted, never changed. */
      readonly managed: boolean;
      /** The version that the vault calls current. */
      readonly current: string;
      readonly versions: readonly ObservedVersion[];
    }
  | {
      readonly kind: 'deleted';
      /** Behind a certificate: alerted, never changed. */
      readonly managed: boolean;
      readonly deletedOn: Date;
      /** `undefined` where the vault keeps no deleted keys. */
      readonly scheduledPurgeOn: Date | undefined;
    }
  | { readonly kind: 'absent' };

/** The operations without which a disk encryption set cannot use a version. */
export const VITAL_OPERATIONS = ['wrapKey', 'unwrapKey'] as const;

/** Whether two lists of operations hold the same, in whatever order. */
export function sameOperations(one: readonly string[], other: readonly string[]): boolean {
  const [these, those] = [new Set(one), new Set(other)];
  return these.size === those.size && [...these].every((operation) => those.has(operation));
}

/** `vault/key` or `vault/key/version`, as people write it on the command line. */
export const spell = (id: {
  readonly vault: string;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
}): string => [id.vault, id.key, id.version].filter((part) => part !== undefined).join('/');

/** What an update would set: only what is there is changed, what is left out is left alone. */
export const attributeChange = z.object({
  enabled: z.boolean().optional(),
  notBefore: moment.optional(),
  expiresOn: moment.optional(),
  operations: z.array(z.string()).optional(),
});
export type AttributeChange = z.infer<typeof attributeChange>;
