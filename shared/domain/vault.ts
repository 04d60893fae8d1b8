import type { AttributeChange, Deletion, ListedVersion, ObservedVersion, VersionDetail } from './key.ts';
import type { RotationPolicy, WantedPolicy } from './rotation-policy.ts';

/** The reasons why a vault does not answer a read or a write, each in the words of alerts. */
const REFUSED = {
  /** The guardian's own identity got no token: nothing was sent, and nothing is known of the vault. */
  'no-token':
    'the guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID), and nothing is known of the vault',
  'forbidden-by-permission': 'the guardian has no permission to read there',
  'forbidden-by-firewall': 'the firewall of the vault refuses the guardian',
  throttled: 'the vault is throttled',
  /** The service refused the token. It may refuse a good token for a moment. */
  unauthenticated: 'the vault does not accept the token of the guardian',
  /** No answer, a broken connection, an answer that cannot be read, or an error of the service. */
  unreachable: 'the vault does not answer',
  /** It can be read, but not written. */
  'read-only': 'the vault is failing over',
  /** Repeating the request unchanged is of no use. */
  rejected: 'the vault rejects the request as wrong',
  /** The service refuses a write that sets a date. Repeating it with that date is of no use. */
  'date-rejected': 'the vault rejects a date as wrong',
  /** Azure Policy refuses a write. */
  'refused-by-policy': 'Azure Policy refuses the request',
} as const;
type Refused<Kind> = Kind extends string ? { readonly kind: Kind; readonly error: Error } : never;
/** Why a vault did not answer a read or a write. None of these means that a key is absent. */
export type Refusal =
  | Refused<Exclude<keyof typeof REFUSED, 'refused-by-policy'>>
  /** `longestDays`: how long a key may be valid at most, where the answer names it. */
  | (Refused<'refused-by-policy'> & { readonly longestDays: number | undefined });

/** Why a vault or a key cannot be read, in the words of alerts, by the code of the reason. */
export const UNREADABLE: Readonly<Record<string, string>> = {
  ...REFUSED,
  missing: 'the vault answers that it is not there',
  'older-copy': 'the vault shows an older copy than before, as during a failover',
};

/** Another operation on the same key is in progress. Passing. */
export type Conflict = { readonly kind: 'conflict'; readonly error: Error };

/**
 * The result of a read or a write; `missing` where the service says that it is not there. Refusals are returned, not thrown:
 * the caller has to handle each.
 */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** `isFinal`: the vault keeps no deleted keys. */
  | { readonly kind: 'missing'; readonly isFinal?: true }
  | Refusal;

/** An item of the vault's list of keys: the attributes of the key's current version, without the version's name. */
export interface ListedKey extends Omit<ListedVersion, 'version'> {
  readonly key: string;
  readonly managed: boolean;
}

/** A vault's list of keys. */
export interface KeyList {
  readonly keys: readonly ListedKey[];
  /** Names of keys whose item in the list is incomplete: they exist, but their attributes have to be read. */
  readonly unclear: readonly string[];
}

/** A key that is soft-deleted; it can be recovered until `scheduledPurgeOn`. */
export interface DeletedKey extends Deletion {
  readonly key: string;
}

/** A version read in full. */
export interface ReadVersion extends ObservedVersion {
  readonly managed: boolean;
  readonly detail: VersionDetail;
}

/** The reads of one vault, under the watcher's identity. Lists include all pages. */
export interface VaultReads {
  listKeys(): Promise<Answer<KeyList>>;
  /** 'unreachable' where an item of the list is incomplete; none where the vault keeps no deleted keys. */
  listDeletedKeys(): Promise<Answer<readonly DeletedKey[]>>;
  /** 'missing' where the key does not exist or has no versions. */
  listVersions(key: string): Promise<Answer<readonly ListedVersion[]>>;
  /** Reads the current version where none is named. `undetailed` where the service does not show a disabled version. */
  read(key: string, version?: string): Promise<Answer<ReadVersion> | { readonly kind: 'undetailed' }>;
  /** 'missing' where the key is not among the deleted keys. */
  readDeleted(key: string): Promise<Answer<DeletedKey>>;
  /** That of a key for which nobody set one rotates nothing. */
  rotationPolicy(key: string): Promise<Answer<RotationPolicy>>;
}

/** The writes of one vault, under the keeper's identity. `requestId` travels as `x-ms-client-request-id`. Never retried by the client. */
export interface VaultWrites {
  update(
    key: string,
    version: string,
    change: AttributeChange,
    requestId: string,
  ): Promise<Answer<ReadVersion> | Conflict>;
  /** 'ok' means that the recovery has begun, not that the key is back. */
  recover(key: string, requestId: string): Promise<Answer<undefined> | Conflict>;
  /**
   * Makes a new version; 'conflict' where `from` is not the newest version any more, which is read right before. Key Vault
   * takes no condition, so that a second version can still come in between.
   */
  rotate(key: string, from: string, requestId: string): Promise<Answer<ReadVersion> | Conflict>;
  setRotationPolicy(key: string, policy: WantedPolicy, requestId: string): Promise<Answer<RotationPolicy> | Conflict>;
}
