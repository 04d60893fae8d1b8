import * as z from 'zod';
import { type Action, action, factsOf } from './actions/registry.ts';
import { approvableActs } from './approval.ts';
import { act, actor } from './audit-record.ts';
import type { Finding } from './finding.ts';
import { severities } from './incident.ts';
import { attributeChange } from './key.ts';
import { versionIn } from './subject.ts';
import { moment } from './time.ts';

/** The reasons why a finding that could be undone was not, each with the words that people read. */
export const WITHHELD = {
  'alert-only': 'not restored: the policy only alerts, and whoever is on call has to restore it',
  'no-baseline': 'not restored: nobody has accepted the baseline of its vault',
  managed: 'not restored: the key belongs to a certificate',
  hold: 'not restored: a hold stops every write',
  'under-hold': 'not restored: it may have changed during a hold; release the hold with --undo or --accept',
  'before-block': 'not restored: it was already so when block began; run restore',
  recovering: 'being restored: the recovery of the key has begun',
} as const;
export type Withholding = keyof typeof WITHHELD;

/** The reasons why a key that is to be rotated is not, each with the words that people read. */
export const HELD_BACK = {
  managed: 'the key belongs to a certificate',
  'alert-only': 'the policy only alerts for this key',
  'no-baseline': 'nobody has accepted the baseline of its vault',
  hold: 'a hold stops every write',
  'not-as-approved': 'the key is not as approved',
  'before-block': 'it was already to be rotated when block began; run rotate',
  'users-unknown': 'who uses the key is not known',
  'confidential-set': 'a disk encryption set for confidential machines uses it, which a person has to rotate as well',
  'not-following': 'one of its users stays at its version, and a person has to move it',
  'expiry-gained':
    'it has no expiry, its own rotation policy would give the new version one, and the policy does not name the key',
  'set-error': 'a disk encryption set on it has an error, and takes no new version',
  'previous-keys': 'a disk encryption set on it has not finished the rotation before',
  'rotated-lately': 'it was rotated within the last 7 days',
  'policy-unknown': 'its own rotation policy could not be read, and may be about to make a version',
  'own-policy': 'its own rotation policy makes a version within 24 hours',
  window: 'the window of its schedule is closed',
  limit: 'as many keys of its subscription as the policy allows were rotated within the hour',
  'expiry-unfit':
    'by its own rotation policy the new version would have no expiry, which the key has or is to have, or be near it at once',
} as const;
export type HeldBack = keyof typeof HELD_BACK;

/** The reasons why a disk encryption set is not pointed at a new version of its key, each with the words that people read. */
export const NOT_UPDATED = {
  'no-baseline': 'nobody has accepted the baseline of its vault',
  hold: 'a hold stops every write',
  'before-block': 'the version was made before block began',
  'version-not-approved': 'the version is not approved',
  'version-unusable': 'the version cannot be used now',
  'version-not-older': 'the version that it has is not known to be older',
  'set-changing': 'the set is being changed',
} as const;
export type NotUpdated = keyof typeof NOT_UPDATED;

/** What is to be done about one finding. */
export type Verdict =
  /** The finding's `undo` is to be sent. */
  | { readonly kind: 'undo' }
  | { readonly kind: 'withheld'; readonly because: Withholding | HeldBack | NotUpdated }
  | { readonly kind: 'approved'; readonly approval: string }
  | { readonly kind: 'left-to-people' }
  | { readonly kind: 'settling' }
  /** An action is to be sent by which the schedule of the key is kept. */
  | { readonly kind: 'keep-schedule' };

/** A finding with what is to be done about it. */
export interface Judgement {
  readonly finding: Finding;
  readonly verdict: Verdict;
}

/** What is to be done about a subject as it was observed. Plain data; once its actions are done, deciding again finds nothing more to do. */
export interface Decision {
  readonly judgements: readonly Judgement[];
  /** At most one for each version; recovering the key comes first. */
  readonly actions: readonly Action[];
  /** Seconds until the next inspection; `undefined` where the next sweep is soon enough. */
  readonly inspectAgainInSeconds: number | undefined;
}

/** The findings of a decision that an action undoes. */
export const undoneBy = (of: Action, { judgements }: Pick<Decision, 'judgements'>): readonly Finding[] =>
  judgements.flatMap(({ finding, verdict }) =>
    verdict.kind === 'undo' && finding.version === versionIn(factsOf(of).subject) ? [finding] : [],
  );

/** What came of an intent. */
export type Outcome =
  | { readonly kind: 'done' }
  /** The vault accepted it; reading back does not show it yet. */
  | { readonly kind: 'begun' }
  /** It was refused, and the key has a new version all the same: somebody else made it. */
  | { readonly kind: 'already-rotated'; readonly because: string }
  /**
   * The vault refused it, or reading back did not show it. `refusedDate`: because of a date; `longestDays`: how long a version may
   * be valid at most, where the refusal names it. `mayBeDone`: the vault was failing over, and may have done it all the same.
   */
  | {
      readonly kind: 'failed';
      readonly because: string;
      readonly refusedDate?: { readonly longestDays?: number };
      readonly mayBeDone?: true;
    }
  /** The answer was lost; the next inspection reads whether it was done. */
  | { readonly kind: 'unknown'; readonly because: string };

/** A finding that an intent undoes. It is stored with the intent, so that a worker who takes over can alert people of it. */
export const undoneFinding = z.object({
  rule: z.string(),
  severity: z.enum(severities),
  version: z.string().optional(),
  /** Absent in what an earlier version of the guardian stored. */
  act: z.enum(approvableActs).optional(),
  since: moment,
  otherwiseAt: moment.optional(),
  stopsDisks: z.boolean(),
  stopsOn: moment.optional(),
  summary: z.string(),
});
export type UndoneFinding = z.infer<typeof undoneFinding>;

/** An action that is about to be sent, recorded before the vault is touched. Its id is the `x-ms-client-request-id` of the write. */
export const intent = z.object({
  id: z.string(),
  at: moment,
  action,
  /** The person who acts; absent where the guardian does. */
  by: actor.optional(),
  findings: z.array(undoneFinding),
  /** The dates that become approved once it is done, because the approved ones cannot be restored. */
  approves: attributeChange.optional(),
});
export type Intent = z.infer<typeof intent>;

/** An act that the audit log reports under the guardian's own identity, with the id of its record. */
export const ownAct = act.extend({ id: z.string(), correlationId: z.string().optional() });
export type OwnAct = z.infer<typeof ownAct>;

/**
 * A row of the table `intents`. `explains` is the act that the intent was taken for; `displaced` one that had fitted before
 * its own record came.
 */
export const intentRow = intent.extend({ explains: ownAct.optional(), displaced: ownAct.optional() });
export type IntentRow = z.infer<typeof intentRow>;

/** A row of the table `claims`: who works on a subject, until when, and what it means to do. */
export const claim = z.object({ owner: z.string(), until: moment, intents: z.array(intent) });
export type Claim = z.infer<typeof claim>;

/** An intent with how it ended. */
export interface Ended {
  readonly intent: Intent;
  /** `done` only after reading back; before that it has begun, has failed, or is unknown. */
  readonly outcome: Outcome;
  /** Whether the vault accepted it, or may have. A state that differs now may then be a later act of somebody else. */
  readonly isTaken: boolean;
  /** Set where an earlier worker had sent it, or was about to, and stopped. */
  readonly wasOpen?: true;
}

/** A verdict as the trail and incidents store it; `spellJudgement` puts it into words for people. */
export function spellVerdict(verdict: Verdict): string {
  if (verdict.kind === 'withheld') return `withheld: ${verdict.because}`;
  return verdict.kind === 'approved' ? `approved: ${verdict.approval}` : verdict.kind.replaceAll('-', ' ');
}
