import type { AttributeChange, ObservedKey } from '../key.ts';
import type { Subject } from '../subject.ts';
import type { Answer, Conflict, VaultWrites } from '../vault.ts';

/** Where actions are sent. */
export interface Writers {
  /** Under the keeper's identity, or that of the person who acts. */
  readonly writes: (vault: string) => VaultWrites;
}

/**
 * What an action says of itself. `shared/domain/actions/<kind>.ts`, one file each, with the shape of its data; listed in
 * `registry.ts`.
 */
export interface ActionFacts {
  /** What it is about: a key as a whole, or a version. */
  readonly subject: Subject;
  /** In words, for people: `recover prod-disks/disk-a`. */
  readonly says: string;
  /** Whether it puts back what was approved. What does so again and again makes a key flap. */
  readonly undoes: boolean;
  /** The name of its write in the audit log. @see https://learn.microsoft.com/azure/key-vault/general/logging */
  readonly loggedAs: string;
  /** Whether the next read after the answer shows it; what does not takes its time in the vault. */
  readonly showsAtOnce: boolean;
  /** Sends it. `requestId` travels as `x-ms-client-request-id`. */
  send(to: Writers, requestId: string): Promise<Answer<unknown> | Conflict>;
  /** Whether the vault shows what it was to bring about. Believed instead of any answer. */
  isShown(observed: ObservedKey): boolean;
  /** The attributes of its version that it changes; `undefined` where it changes none. */
  readonly changes: AttributeChange | undefined;
}
