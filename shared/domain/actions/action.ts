import type { ObservedKey } from '../key.ts';
import type { ResourceManagerWrites } from '../resource-manager.ts';
import type { Subject } from '../subject.ts';
import type { Answer, Conflict, VaultWrites } from '../vault.ts';

/** The writes through which actions on keys are sent. */
export interface KeyWriters {
  /** Under the keeper's identity, or under that of the person who acts. */
  readonly writes: (vault: string) => VaultWrites;
}

/** The writes through which actions are sent. */
export interface Writers extends KeyWriters {
  /** Under the keeper's identity. */
  readonly resourceManagerWrites: ResourceManagerWrites;
}

/**
 * The facts of one action. `shared/domain/actions/<kind>.ts`, one file each, with the schema of its data; listed in
 * `registry.ts`.
 */
export interface ActionFacts<Through = KeyWriters> {
  /** What it is about: a key as a whole, or a version. */
  readonly subject: Subject;
  /** In words, for people: `recover prod-disks/disk-a`. */
  readonly says: string;
  /** The operation that the audit log, or the activity log, names for it. @see https://learn.microsoft.com/azure/key-vault/general/logging */
  readonly loggedAs: string;
  /** Whether the next read after the answer shows it; false where the vault needs time. */
  readonly showsAtOnce: boolean;
  /** Sends it. `requestId` travels as `x-ms-client-request-id`. */
  send(to: Through, requestId: string): Promise<Answer<unknown> | Conflict>;
  /** Whether the vault shows the intended state. This counts, and not the answer to the write. */
  isShown(observed: ObservedKey): boolean;
}
