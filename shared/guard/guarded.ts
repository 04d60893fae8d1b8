import type { Action } from '../domain/actions/registry.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision, Ended, Intent } from '../domain/decision.ts';
import type { Inspection } from '../domain/hint.ts';
import type { Policy } from '../domain/policy.ts';
import type { Subject } from '../domain/subject.ts';
import type { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { RecordedDecision } from './records.ts';

/** How subjects of one kind are guarded. `guard/keys/` guards keys; `inspect.ts` runs any guard. */
export interface SubjectGuard {
  /** Whether the policy guards the subject. */
  isGuarded(policy: Policy): boolean;
  /** Reads the subject as it is now, with everything that a decision needs, and what shows whether `open` was done: intents that an earlier worker left. */
  begin(message: Inspection, ports: Ports, open?: readonly Intent[]): Promise<Begun>;
  /** Alerts people that a row which a decision needs cannot be read. Nothing is written to the vault then. */
  unreadable(message: Inspection, error: RowUnreadable, ports: Ports): Promise<void>;
  /** The guard that takes the subject after an inspection of the queue; `undefined` where none does. Default: none. */
  next?(message: Inspection, result: Result): SubjectGuard | undefined;
}

/** Returns the guard of a subject; `undefined` where subjects of its kind are not guarded. */
export type GuardOf = (subject: Subject) => SubjectGuard | undefined;

/** The result of reading a subject for an inspection. */
export type Begun =
  /** `before`: records that are appended to the trail with the next ones. */
  | { readonly kind: 'observed'; readonly guarded: Guarded; readonly before: readonly AuditEntry[] }
  /** It could not be read. That is recorded, and the inspection is tried again. */
  | { readonly kind: 'not-observed'; readonly because: string };

/** A subject at one step of its inspection. It is never changed: each step returns the next one. */
export interface Guarded {
  readonly subject: Subject;
  /** The vault of its key, whose operators are alerted of what is wrong with the records of its inspection. */
  readonly vault: string;
  readonly lastDecision: RecordedDecision | undefined;
  /** Decides what to do. Pure: it uses only what was read, and the time. */
  decide(now: Date): Decided;
  /** Whether the vault shows the state that an action was to lead to. */
  isShown(action: Action): boolean;
  /** Reads holds and approvals again, right before a write. */
  mayWrite(): Promise<MayWrite>;
  /** Returns the step with holds and approvals read again. */
  withWords(): Promise<Guarded>;
  /** Writes the subject's row as it stands, while the writes of this step are still to be sent. */
  keep(): Promise<void>;
  /** Reads the subject again. */
  readBack(): Promise<ReadBack>;
  /** Returns the step with the outcomes of intents. */
  withEnded(ended: readonly Ended[]): Promise<Guarded>;
  /** Alerts people, writes the subject's row, and schedules another inspection where one is needed. */
  conclude(result: Result): Promise<void>;
}

/** A decision, with what only the guard of its subject knows. */
export interface Decided {
  readonly decision: Decision;
  /** Returns the step after this decision. What becomes approved by it is recorded here, before anything is written to the vault. */
  takeNote(remembered: RecordedDecision): Promise<Guarded>;
}

/** Whether holds and approvals allow a write, read right before it. */
export type MayWrite =
  | { readonly kind: 'yes' }
  /** A hold was set meanwhile. */
  | { readonly kind: 'held'; readonly hold: string }
  /** An approval was granted, or withdrawn, meanwhile: decide again. */
  | { readonly kind: 'approvals-changed' };

/** The result of reading a subject back. */
export type ReadBack =
  | { readonly kind: 'read'; readonly guarded: Guarded }
  | { readonly kind: 'unread'; readonly because: string };

/** The result of an inspection. */
export interface Result {
  /** The last decision: what is still to be done, and what is left to people. */
  readonly decision: Decision;
  /** The outcome of every intent of this inspection, and of those that an earlier worker left open. */
  readonly ended: readonly Ended[];
  /** Why undoing failed; `undefined` where it did not. */
  readonly failure: string | undefined;
}
