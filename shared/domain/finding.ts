import type { ApprovableAct } from './approval.ts';
import type { Actor } from './audit-record.ts';
import type { Incident, Severity } from './incident.ts';
import type { AttributeChange, Attributes, KeyId, ObservedKey, ObservedVersion } from './key.ts';
import type { KeyPolicy } from './policy.ts';
import type { Difference, KeyRecord } from './register.ts';

/** What would put one version right, as a rule about versions says it. */
export type VersionRemedy =
  /**
   * Put attributes of the version back. `approves` is what becomes the approved value where the approved one cannot be
   * had again, because a date that was set cannot be taken away.
   */
  | { readonly kind: 'restore'; readonly change: AttributeChange; readonly approves?: AttributeChange }
  /** Nothing is to be done but to alert people. */
  | { readonly kind: 'alert' };

/** What would put it right. */
export type Remedy =
  /** Take the deleted key back. */
  | { readonly kind: 'recover' }
  /** Put attributes of one version back. */
  | (Extract<VersionRemedy, { kind: 'restore' }> & { readonly version: string })
  /** Nothing is to be done but to alert people. */
  | { readonly kind: 'alert' }
  /** The vault has not settled yet: inspect again. */
  | { readonly kind: 'wait' };

/** What a rule finds: something that is not as approved. */
export interface Found {
  /** The id of the rule: the name of its file and of its test. */
  readonly rule: string;
  readonly severity: Severity;
  /** `undefined` where the whole key is meant. */
  readonly version: string | undefined;
  /** The act whose state people could approve; `undefined` where there is none. */
  readonly act: ApprovableAct | undefined;
  /** When it came to be, where the rule knows; else two observations tell. */
  readonly since?: Date;
  /** Whether disks stop working an hour after that. */
  readonly stopsDisks: boolean;
  /** One sentence: what is wrong. */
  readonly summary: string;
  readonly remedy: Remedy;
  /** Who did it, where the rule knows; else the audit events tell. */
  readonly by?: Actor;
  /** Commands with which a person mends what is only alerted. */
  readonly commands: readonly string[];
  readonly abandons?: Incident['abandons'];
}

/** What a rule found, with when it came to be. */
export interface Finding extends Found, Readonly<Difference> {
  readonly since: Date;
}

/** What every rule is given. Time is an argument. */
export interface Situation {
  readonly vault: string;
  readonly key: string;
  readonly observed: ObservedKey;
  readonly record: KeyRecord;
  readonly policy: KeyPolicy;
  readonly now: Date;
}

/** What a rule says of itself: data first, for reports, documentation and tests. */
interface RuleFacts {
  /** The name of its file and of its test. */
  readonly id: string;
  /** What it demands, in one sentence. */
  readonly demand: string;
  readonly severity: Severity;
  /** The page it rests on. */
  readonly source: string;
  /** Operations that may have made it so, as the audit log names them: who did one of them is named. */
  readonly doneBy: readonly string[];
}

/** Operations that make a version. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export const MAKING_OPERATIONS = ['KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue'] as const;

/** A rule about one version that the register approves and the vault shows. */
export interface VersionRule extends RuleFacts {
  readonly scope: 'version';
  /** Each difference by itself: people may have approved one and not the other. */
  find(version: ObservedVersion, approved: Attributes, situation: Situation): readonly VersionFound[];
  /** The commands for what is only alerted. Default: accepting the version as it is. */
  commands?(id: Required<VersionId>): readonly string[];
}
type VersionId = KeyId & { readonly version: string };
/** What a rule finds of a version. */
export type VersionFound = Pick<Found, 'act' | 'since' | 'stopsDisks'> & {
  readonly remedy: VersionRemedy;
  /** What is wrong, to follow the name of the version: `is disabled and was approved as enabled`. */
  readonly says: string;
};

/** A rule about the key as a whole. */
export interface KeyRule extends RuleFacts {
  readonly scope: 'key';
  find(situation: Situation): readonly Omit<Found, 'rule' | 'severity'>[];
}

/** Any rule. Listed in `shared/guard/keys/rules/registry.ts`. */
export type Rule = VersionRule | KeyRule;
