import type { Undo } from './actions/registry.ts';
import type { ApprovableAct } from './approval.ts';
import type { Actor } from './audit-record.ts';
import type { Incident, Severity } from './incident.ts';
import type { AttributeChange, KeyId, ObservedKey } from './key.ts';
import type { KeyPolicy } from './policy.ts';
import type { Difference, KeyRecord } from './register.ts';

/** What a rule finds: a state that is not as approved. */
export interface Found {
  /** The id of the rule: the name of its file and of its test. */
  readonly rule: string;
  readonly severity: Severity;
  /** Absent where the whole key is meant. */
  readonly version?: string | undefined;
  /** The act whose approval would allow this state; absent where no approval can. */
  readonly act?: ApprovableAct | undefined;
  /** When the state began, where the rule knows that; otherwise it is found from two observations. */
  readonly since?: Date;
  /** Whether disks stop working an hour after it began. */
  readonly stopsDisks: boolean;
  /** From when on it stops them, where that is a date and not the act: they fail an hour after that. */
  readonly stopsOn?: Date | undefined;
  /** Set where something may stop working, and nobody knows what or when. */
  readonly mayFail?: true | undefined;
  /** What is wrong, in whole sentences. */
  readonly summary: string;
  /** The write that undoes it; absent where people are only alerted. */
  readonly undo?: Undo | undefined;
  /** The dates that become approved by that write, because Azure cannot remove a date that was set. */
  readonly approves?: AttributeChange | undefined;
  /** Set where the vault has not settled yet: the key is inspected again, and nobody is alerted. */
  readonly isSettling?: true;
  /** Who did it, where the rule knows that; otherwise it is found from audit events. */
  readonly by?: Actor | undefined;
  /** Commands by which a person can settle a finding that is only alerted. */
  readonly commands?: readonly string[];
  readonly abandons?: Incident['abandons'];
}

/** What a rule found, with the time at which the state began. */
export interface Finding extends Found, Readonly<Difference> {
  readonly since: Date;
}

/** What every rule is given. The time is given too: a rule reads no clock. */
export interface Situation extends KeyId {
  readonly observed: ObservedKey;
  readonly record: KeyRecord;
  readonly policy: KeyPolicy;
  /** The versions that known users may need; `undefined` where nobody knows: then any of them may be needed. */
  readonly pinned: readonly string[] | undefined;
  readonly now: Date;
}

/** A rule, as data for alerts, documentation and tests, with one function. Listed in `shared/guard/keys/rules/registry.ts`. */
export interface Rule {
  /** The name of its file and of its test. */
  readonly id: string;
  /** What must hold, in whole sentences. */
  readonly demand: string;
  readonly severity: Severity;
  /** The vendor's page that it is based on. */
  readonly source: string;
  /** Operations that can lead to the finding, by their names in the audit log: the incident names who did one of them. */
  readonly doneBy: readonly string[];
  find(situation: Situation): readonly Omit<Found, 'rule' | 'severity'>[];
}

/** Operations that make a version. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export const MAKING_OPERATIONS = ['KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue'] as const;
