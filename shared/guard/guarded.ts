import type { Action } from '../domain/actions/registry.ts';
import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import type { Decision, Ended, Intent } from '../domain/decision.ts';
import type { Inspection } from '../domain/hint.ts';
import type { Policy } from '../domain/policy.ts';
import type { Subject } from '../domain/subject.ts';
import type { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { RecordedDecision } from './records.ts';

/** How subjects of one kind are guarded. `guard/keys/` is one; the engine, `inspect.ts`, knows of none. */
export interface SubjectGuard {
  /** Whether the policy guards the subject. */
  isGuarded(policy: Policy): boolean;
  /** Reads the subject as it is, with all that a decision rests on. */
  begin(message: Inspection, ports: Ports): Promise<Begun>;
  /** Alerts people that a row on which a decision rests cannot be read. Nothing is written then. */
  unreadable(message: Inspection, error: RowUnreadable, ports: Ports): Promise<void>;
}

/** The guard of a subject; `undefined` where it guards none of that kind. */
export type GuardOf = (subject: Subject) => SubjectGuard | undefined;

/** How an inspection began. */
export type Begun =
  /** `before`: records that go to the trail with the next append. */
  | { readonly kind: 'observed'; readonly guarded: Guarded; readonly before: readonly AuditEntry[] }
  /** Nobody can say how it is. That is recorded, and is tried again. */
  | { readonly kind: 'not-observed'; readonly because: string };

/** A subject in one inspection, as far as it has come. Nothing of it changes: each step gives the next. */
export interface Guarded {
  readonly subject: Subject;
  /** Who acts, where that is a person. */
  readonly who: Actor | undefined;
  readonly lastDecision: RecordedDecision | undefined;
  /** What to do about it. Pure: what was read and the time are all that it rests on. */
  decide(now: Date): Decided;
  /** Whether the vault shows what an action was to bring about. */
  isShown(action: Action): boolean;
  /** Asks again, right before a write, whether people want it. */
  mayWrite(): Promise<MayWrite>;
  /** With what people say by now. */
  withWords(): Promise<Guarded>;
  /** Reads the subject again. */
  readBack(): Promise<ReadBack>;
  /** Takes note of what came of intents. */
  withEnded(ended: readonly Ended[]): Promise<Guarded>;
  /** Alerts people, writes the subject's row, and asks for another inspection where one is needed. */
  conclude(result: Result): Promise<void>;
}

/** A decision, with what only its guard knows of it. */
export interface Decided {
  readonly decision: Decision;
  /** What one of its actions is about, and what becomes approved once that is done. */
  intentOf(action: Action): Pick<Intent, 'findings' | 'approves'>;
  /** Takes note of it: what becomes approved by it is recorded here, before anything is written. */
  takeNote(remembered: RecordedDecision): Promise<Guarded>;
}

/** What people say of a write right before it. */
export type MayWrite =
  | { readonly kind: 'yes' }
  /** A hold was set meanwhile. */
  | { readonly kind: 'held'; readonly hold: string }
  /** An approval was granted, or withdrawn, meanwhile: decide again. */
  | { readonly kind: 'approvals-changed' };

/** What reading back came to. */
export type ReadBack =
  | { readonly kind: 'read'; readonly guarded: Guarded }
  | { readonly kind: 'unread'; readonly because: string };

/** What an inspection came to. */
export interface Result {
  /** The last decision: what is still to do, and what is left to people. */
  readonly decision: Decision;
  /** What came of every intent of this inspection, and of those that a worker before had left open. */
  readonly ended: readonly Ended[];
  /** What went wrong while undoing; `undefined` where nothing did. */
  readonly failure: string | undefined;
}
