import type { Action } from './actions/registry.ts';
import type { ApprovableAct } from './approval.ts';
import type { Actor } from './audit-record.ts';
import type { Incident, Severity } from './incident.ts';
import type { AttributeChange, Attributes, KeyId, ObservedKey, ObservedVersion } from './key.ts';
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
  /** What is wrong, in whole sentences. */
  readonly summary: string;
  /** The write that undoes it; absent where people are only alerted. */
  readonly undo?: Action | undefined;
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
  readonly now: Date;
}

/** The facts of a rule, as data: for alerts, documentation and tests. */
interface RuleFacts {
  /** The name of its file and of its test. */
  readonly id: string;
  /** What must hold, in whole sentences. */
  readonly demand: string;
  readonly severity: Severity;
  /** The vendor's page that it is based on. */
  readonly source: string;
  /** Operations that can lead to the finding, by their names in the audit log: the incident names who did one of them. */
  readonly doneBy: readonly string[];
}

/** Operations that make a version. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export const MAKING_OPERATIONS = ['KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue'] as const;

/** A rule about one version that is approved in the register and listed by the vault. */
export interface VersionRule extends RuleFacts {
  readonly scope: 'version';
  /** Finds each difference separately: people may have approved one and not the other. */
  find(version: ObservedVersion, approved: Attributes, situation: Situation): readonly VersionFound[];
  /** Commands for a finding that is only alerted. Default: the command that accepts the version as it is. */
  commands?(id: Required<VersionId>): readonly string[];
}
type VersionId = KeyId & { readonly version: string };
/** What a rule finds of a version. */
export type VersionFound = Pick<Found, 'act' | 'since' | 'stopsDisks' | 'approves'> & {
  /** What is wrong, as the rest of a sentence that begins with the version: `is disabled and was approved as enabled`. */
  readonly says: string;
  /** The attributes whose restoring undoes it; absent where people are only alerted. */
  readonly restore?: AttributeChange;
};

/** A rule about the key as a whole. */
export interface KeyRule extends RuleFacts {
  readonly scope: 'key';
  find(situation: Situation): readonly Omit<Found, 'rule' | 'severity'>[];
}

/** Any rule. Listed in `shared/guard/keys/rules/registry.ts`. */
export type Rule = VersionRule | KeyRule;
