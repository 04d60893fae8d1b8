import type { AttributeChange, ListedVersion, ObservedVersion, VersionDetail } from './key.ts';

/** Why a vault did not do what it was asked. Seven different answers; none of them means that a key is absent. */
export type Refusal =
  | { readonly kind: 'forbidden-by-permission'; readonly error: Error }
  | { readonly kind: 'forbidden-by-firewall'; readonly error: Error }
  | { readonly kind: 'throttled'; readonly error: Error }
  /** The service did not take the token. It may for a moment, of a token that is good. */
  | { readonly kind: 'unauthenticated'; readonly error: Error }
  /** No answer, a broken connection, an answer that cannot be read, or an error of the service. */
  | { readonly kind: 'unreachable'; readonly error: Error }
  /** The vault is failing over: it can be read and not be written. */
  | { readonly kind: 'read-only'; readonly error: Error }
  /** The service takes the request for a wrong one: asking again in the same words helps nobody. */
  | { readonly kind: 'rejected'; readonly error: Error };

/** Why a vault or a key cannot be read, in the words of alerts, by the code of the reason. */
export const UNREADABLE: Readonly<Record<string, string>> = {
  'forbidden-by-permission': 'the guardian has no permission to read there',
  'forbidden-by-firewall': 'the firewall of the vault refuses the guardian',
  throttled: 'the vault is throttled',
  unauthenticated: 'the vault does not accept the token of the guardian',
  unreachable: 'the vault does not answer',
  'read-only': 'the vault is failing over',
  rejected: 'the vault rejects the request as wrong',
  missing: 'the vault answers that it is not there',
  'older-copy': 'the vault shows an older copy than before, as during a failover',
} satisfies Readonly<Record<Refusal['kind'] | 'missing' | 'older-copy', string>>;

/** The service says that it is not there: absence, and no refusal. */
export type Missing = { readonly kind: 'missing' };
/** Another operation on the same key is under way: passes by itself. */
export type Conflict = { readonly kind: 'conflict'; readonly error: Error };

/** What a read or a write comes to. Never thrown: a caller has to say what each means. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Missing | Refusal;

/** An item of the vault's list of keys: the attributes of the key's current version, without its id. */
export interface ListedKey extends Omit<ListedVersion, 'version'> {
  readonly key: string;
  readonly managed: boolean;
}

/** A vault's list of keys. */
export interface KeyList {
  readonly keys: readonly ListedKey[];
  /** Names of keys whose item does not hold what it should: they are there, and only reading them tells how. */
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

/** The reads of one vault, under the watcher's identity. Lists run over all pages, empty ones included. */
export interface VaultReads {
  listKeys(): Promise<Answer<KeyList>>;
  /** 'unreachable' where any item does not hold what it should. */
  listDeletedKeys(): Promise<Answer<readonly DeletedKey[]>>;
  /** 'missing' where the key is not there or has no versions. */
  listVersions(key: string): Promise<Answer<readonly ListedVersion[]>>;
  /** Without a version: the current one. A disabled version whose read the service refuses comes back as `undetailed`. */
  read(key: string, version?: string): Promise<Answer<ReadVersion> | { readonly kind: 'undetailed' }>;
  /** 'missing' where the key is not deleted, or purged. */
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
  /** 'ok' means that recovering has begun, not that the key is back. */
  recover(key: string, requestId: string): Promise<Answer<undefined> | Conflict>;
}
