import { z } from 'zod';
import type { Finding } from './finding.ts';
import { severities } from './incident.ts';
import { attributeChange } from './key.ts';
import type { RegisterChange } from './register.ts';
import { moment } from './time.ts';

/** A change we may make. Data, so that it can be recorded before, withheld, and compared in a test. */
export const action = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('recover-key'), vault: z.string(), key: z.string(), deletedOn: moment }),
  z.object({
    kind: z.literal('restore-version'),
    vault: z.string(),
    key: z.string(),
    version: z.string(),
    change: attributeChange,
  }),
]);
export type Action = z.infer<typeof action>;

/** More versions than this that were bad before the last look, in one pass, are held for a person. */
export const MASS_BRAKE_VERSIONS = 20;

/** Why something that could be undone was not. */
export const withholdings = [
  'alert-only', // the owner chose to be told
  'no-baseline', // nobody has accepted what is to be kept
  'hold', // a person stopped all writes
  'undated', // an approval covers it or not: the vault's time is that of a later change
  'mass-brake', // more versions than the guardian undoes by itself were bad before the last look
  'uncounted', // bad before the last look; the next sweep counts first
  'managed', // behind a certificate
  'once-a-minute', // contested: the last undoing is less than a minute ago
  'recovering', // recovering was begun and has not shown yet
] as const;
export type Withholding = (typeof withholdings)[number];

/** What is to be done about one finding. */
export type Verdict =
  | { readonly kind: 'undo'; readonly action: Action }
  | { readonly kind: 'withheld'; readonly because: Withholding; readonly action: Action }
  | { readonly kind: 'approved'; readonly approval: string }
  /** Left to people. */
  | { readonly kind: 'told' }
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
  readonly changes: readonly RegisterChange[];
  /** When to look again, in seconds; `undefined` where the sweep is enough. */
  readonly lookAgainInSeconds: number | undefined;
  /** Whether this key is undone again and again. */
  readonly contested: boolean;
}

/** What came of an intent. */
export type Outcome =
  | { readonly kind: 'done' }
  /** The service took it; it has not shown yet. */
  | { readonly kind: 'begun' }
  /** It was refused, or reading back did not show it. */
  | { readonly kind: 'failed'; readonly because: string }
  /** The answer was lost; the next look tells. */
  | { readonly kind: 'unknown'; readonly because: string };

/** What an intent is about, kept with it so that a worker who takes over can tell people what its predecessor undid. */
export const undoneFinding = z.object({
  rule: z.string(),
  severity: z.enum(severities),
  version: z.string().optional(),
  since: moment,
  /** When the version was changed before, by the vault's own time, where an earlier look saw it so. */
  previous: moment.optional(),
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

/** A verdict in the words of the trail and of incidents. */
export const spellVerdict = (verdict: Verdict): string => {
  switch (verdict.kind) {
    case 'undo':
      return 'undo';
    case 'withheld':
      return `withheld: ${verdict.because}`;
    case 'approved':
      return `approved: ${verdict.approval}`;
    case 'told':
      return 'left to people';
    case 'settling':
      return 'settling';
    default:
      return verdict satisfies never;
  }
};
