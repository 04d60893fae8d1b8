import { z } from 'zod';
import { action } from './actions/registry.ts';
import { act } from './audit-record.ts';
import type { Finding } from './finding.ts';
import { severities } from './incident.ts';
import { attributeChange } from './key.ts';
import { moment } from './time.ts';

type Action = z.infer<typeof action>;

/** Why something that could be undone was not, and how people read it. */
export const WITHHELD = {
  'alert-only': 'not undone: it is in alert',
  'no-baseline': 'not undone: nobody has accepted the baseline of its vault',
  managed: 'not undone: it belongs to a certificate',
  hold: 'not undone: a hold stops every write',
  'under-hold': 'not undone: it may have come to be under a hold, and is a person’s to settle',
  'before-block': 'not undone: it was so before block began, and is a person’s to restore',
  recovering: 'being undone: its recovery has begun',
} as const;
export type Withholding = keyof typeof WITHHELD;

/** What is to be done about one finding. */
export type Verdict =
  | { readonly kind: 'undo'; readonly action: Action }
  | { readonly kind: 'withheld'; readonly because: Withholding; readonly action: Action }
  | { readonly kind: 'approved'; readonly approval: string }
  | { readonly kind: 'left-to-people' }
  | { readonly kind: 'settling' };

/** A finding with what is to be done about it. */
export interface Judgement {
  readonly finding: Finding;
  readonly verdict: Verdict;
}

/** What follows from what was observed. Plain data; deciding again on the state it leads to finds nothing more to do. */
export interface Decision {
  readonly judgements: readonly Judgement[];
  /** At most one for each version, and recovering before all. */
  readonly actions: readonly Action[];
  /** When to inspect again, in seconds; `undefined` where the sweep is enough. */
  readonly inspectAgainInSeconds: number | undefined;
}

/** What came of an intent. */
export type Outcome =
  | { readonly kind: 'done' }
  /** The service took it; it has not shown yet. */
  | { readonly kind: 'begun' }
  /** It was refused, or reading back did not show it. */
  | { readonly kind: 'failed'; readonly because: string }
  /** The answer was lost; the next inspection tells. */
  | { readonly kind: 'unknown'; readonly because: string };

/** What an intent is about, kept with it so that a worker who takes over can say what its predecessor undid. */
export const undoneFinding = z.object({
  rule: z.string(),
  severity: z.enum(severities),
  version: z.string().optional(),
  since: moment,
  otherwiseAt: moment.optional(),
  stopsDisks: z.boolean(),
  summary: z.string(),
});
export type UndoneFinding = z.infer<typeof undoneFinding>;

/** An intent, recorded before the vault is touched. Its id is the `x-ms-client-request-id` of the write. */
export const intent = z.object({
  id: z.string(),
  at: moment,
  action,
  findings: z.array(undoneFinding),
  /** What becomes approved once it is done, because the approved date cannot be had again. */
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
  /** `done` only after reading back; what was only answered has begun, failed, or is unknown. */
  readonly outcome: Outcome;
  /** Whether the vault took it, or may have: what it shows now may be the work of somebody who came after. */
  readonly isTaken: boolean;
}

/** A verdict in the words of the trail and of incidents. */
export const spellVerdict = (verdict: Verdict): string => {
  switch (verdict.kind) {
    case 'undo':
      return 'undo';
    case 'withheld':
      return `withheld: ${verdict.because}`;
    case 'approved':
      return `approved: ${verdict.approval}`;
    case 'left-to-people':
      return 'left to people';
    case 'settling':
      return 'settling';
    default:
      return verdict satisfies never;
  }
};
