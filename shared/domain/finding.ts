import type { ApprovableAct } from './approval.ts';
import type { Severity } from './incident.ts';
import type { AttributeChange, Attributes, ObservedKey, ObservedVersion } from './key.ts';
import type { KeyPolicy } from './policy.ts';
import type { Dating, KeyRecord } from './register.ts';

/** What would put one version right, as a rule about versions says it. */
export type VersionRemedy =
  /**
   * Put attributes of the version back. `approves` is what becomes the approved value where the approved one cannot be
   * had again, because a date that was set cannot be taken away.
   */
  | { readonly kind: 'restore'; readonly change: AttributeChange; readonly approves?: AttributeChange }
  /** Nothing is to be done but to tell people. */
  | { readonly kind: 'tell' };

/** What would put it right. */
export type Remedy =
  /** Take the deleted key back. */
  | { readonly kind: 'recover' }
  /** Put attributes of one version back. */
  | (Extract<VersionRemedy, { kind: 'restore' }> & { readonly version: string })
  /** Nothing is to be done but to tell people. */
  | { readonly kind: 'tell' }
  /** The vault has not settled yet: look again. */
  | { readonly kind: 'wait' };

/** A difference between what is observed and what was approved. */
export interface Finding extends Readonly<Dating> {
  /** The id of the rule that found it: the name of its file and of its test. */
  readonly rule: string;
  readonly severity: Severity;
  /** `undefined` where the whole key is meant. */
  readonly version: string | undefined;
  /** What an earlier look made of its date; absent where this is the first that sees it. */
  readonly earlier?: 'dated' | 'undated';
  /** The act that people could have approved; `undefined` where there is none. */
  readonly act: ApprovableAct | undefined;
  /** Whether disks stop working an hour after `since`. */
  readonly stopsDisks: boolean;
  /** One sentence: what is wrong. */
  readonly summary: string;
  readonly remedy: Remedy;
}

/** What every rule is given. Time is an argument. */
export interface Situation {
  readonly vault: string;
  readonly key: string;
  readonly observed: ObservedKey;
  readonly record: KeyRecord;
  readonly policy: KeyPolicy;
  readonly now: Date;
  /** How many keys the vault listed in the sweep that led here; `undefined` where none did. */
  readonly listedKeys: number | undefined;
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
  /** Operations that may have made it so, as the audit log names them: who did one of them at that time is named. */
  readonly doneBy: readonly string[];
}

/** Operations that make a version. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export const MAKING_OPERATIONS = ['KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue'] as const;

/** A rule about one version that the register approves and the vault shows. */
export interface VersionRule extends RuleFacts {
  readonly scope: 'version';
  find(version: ObservedVersion, approved: Attributes, situation: Situation): VersionFinding | undefined;
}
/** Where `since` is left out, it is when the version came to be so. */
export type VersionFinding = Omit<
  Finding,
  keyof Dating | 'rule' | 'severity' | 'version' | 'earlier' | 'summary' | 'remedy'
> & {
  readonly remedy: VersionRemedy;
  readonly since?: Date;
  /** What is wrong, to follow the name of the version: `is disabled and was approved as enabled`. */
  readonly says: string;
};

/** A rule about the key as a whole. */
export interface KeyRule extends RuleFacts {
  readonly scope: 'key';
  find(situation: Situation): readonly Omit<Finding, 'rule' | 'severity'>[];
}

/** Any rule. Listed in `shared/guard/rules/registry.ts`. */
export type Rule = VersionRule | KeyRule;
