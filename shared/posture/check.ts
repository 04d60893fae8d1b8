import type { Severity } from '../domain/incident.ts';
import type { DisksFacts, Facts, KeyFacts, SetFacts, VaultFacts } from './facts.ts';

/** What a check says of one subject. */
export type Said =
  /** `date`: when it begins to do harm, or began. `commands`: what a person can type. */
  | {
      readonly kind: 'finding';
      readonly severity?: Severity;
      readonly says: string;
      readonly date?: Date;
      readonly commands?: readonly string[];
    }
  /** It cannot be said: something that it needs could not be read. `because` ends a sentence. */
  | { readonly kind: 'unknown'; readonly because: string };

/** A check, as data for people and tests, with one pure function. Listed in `shared/posture/checks/registry.ts`. */
interface Check<Of extends Facts> {
  /** The name of its file and of its test. */
  readonly id: string;
  readonly on: Of['kind'];
  /** What must hold, in a sentence. */
  readonly demand: string;
  /** That of a finding which names none. */
  readonly severity: Severity;
  /** The vendor's page that it rests on. */
  readonly source: string;
  check(facts: Of, now: Date): readonly Said[];
}
/** A check of a vault. */
export type VaultCheck = Check<VaultFacts>;
/** A check of a key that something uses. */
export type KeyCheck = Check<KeyFacts>;
/** A check of a disk encryption set. */
export type SetCheck = Check<SetFacts>;
/** A check of all disks. */
export type DisksCheck = Check<DisksFacts>;
/** A check of any of these. */
export type PostureCheck = VaultCheck | KeyCheck | SetCheck | DisksCheck;
