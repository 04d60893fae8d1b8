import type { AttributeChange, ListedVersion, ObservedVersion, VersionDetail } from './key.ts';

/** Why a vault did not answer a read or a write. None of these means that a key is absent. */
export type Refusal =
  /** The guardian's own identity got no token: nothing was sent, and nothing is known of the vault. */
  | { readonly kind: 'no-token'; readonly error: Error }
  | { readonly kind: 'forbidden-by-permission'; readonly error: Error }
  | { readonly kind: 'forbidden-by-firewall'; readonly error: Error }
  | { readonly kind: 'throttled'; readonly error: Error }
  /** The service refused the token. It may refuse a good token for a moment. */
  | { readonly kind: 'unauthenticated'; readonly error: Error }
  /** No answer, a broken connection, an answer that cannot be read, or an error of the service. */
  | { readonly kind: 'unreachable'; readonly error: Error }
  /** The vault is failing over: it can be read, but not written. */
  | { readonly kind: 'read-only'; readonly error: Error }
  /** The service says that the request is wrong: repeating it unchanged is of no use. */
  | { readonly kind: 'rejected'; readonly error: Error }
  /** The service refuses a write that sets a date. Repeating it with that date is of no use. */
  | { readonly kind: 'date-rejected'; readonly error: Error }
  /** Azure Policy refuses a write. `longestDays`: how long a key may be valid at most, where the answer names it. */
  | { readonly kind: 'refused-by-policy'; readonly error: Error; readonly longestDays: number | undefined };

/** Why a vault or a key cannot be read, in the words of alerts, by the code of the reason. */
export const UNREADABLE: Readonly<Record<string, string>> = {
  'no-token':
    'the guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID), and nothing is known of the vault',
  'forbidden-by-permission': 'the guardian has no permission to read there',
  'forbidden-by-firewall': 'the firewall of the vault refuses the guardian',
  throttled: 'the vault is throttled',
  unauthenticated: 'the vault does not accept the token of the guardian',
  unreachable: 'the vault does not answer',
  'read-only': 'the vault is failing over',
  rejected: 'the vault rejects the request as wrong',
  'date-rejected': 'the vault rejects a date as wrong',
  'refused-by-policy': 'Azure Policy refuses the request',
  missing: 'the vault answers that it is not there',
  'older-copy': 'the vault shows an older copy than before, as during a failover',
} satisfies Readonly<Record<Refusal['kind'] | 'missing' | 'older-copy', string>>;

/** The service says that it is not there: absence, and no refusal. */
export type Missing = { readonly kind: 'missing' };
/** Another operation on the same key is in progress. Passing. */
export type Conflict = { readonly kind: 'conflict'; readonly error: Error };

/** The result of a read or a write. Refusals are returned, not thrown: the caller has to handle each. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Missing | Refusal;

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
export interface DeletedKey {
  readonly key: string;
  readonly managed: boolean;
  readonly deletedOn: Date;
  readonly scheduledPurgeOn: Date | undefined;
}

/** A version read in full. */
export interface ReadVersion extends ObservedVersion {
  readonly managed: boolean;
  readonly detail: VersionDetail;
}

/** The reads of one vault, under the watcher's identity. Lists include all pages. */
export interface VaultReads {
  listKeys(): Promise<Answer<KeyList>>;
  /** 'unreachable' where an item of the list is incomplete. */
  listDeletedKeys(): Promise<Answer<readonly DeletedKey[]>>;
  /** 'missing' where the key does not exist or has no versions. */
  listVersions(key: string): Promise<Answer<readonly ListedVersion[]>>;
  /** Reads the current version where none is named. `undetailed` where the service does not show a disabled version. */
  read(key: string, version?: string): Promise<Answer<ReadVersion> | { readonly kind: 'undetailed' }>;
  /** 'missing' where the key is not among the deleted keys. */
  readDeleted(key: string): Promise<Answer<DeletedKey>>;
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
}
