import * as z from 'zod';
import { act } from './audit-record.ts';
import { digest } from './digest.ts';
import { type Subject, subject } from './subject.ts';
import { moment } from './time.ts';

/** Why a subject is to be inspected, as a sense found it. A hint never says what is true: the inspection reads that. */
export const hintSays = z.discriminatedUnion('kind', [
  /** A sweep found a difference from the register. */
  z.object({ kind: z.literal('differs') }),
  /** The vault has a new version. */
  z.object({ kind: z.literal('new-version'), version: z.string().optional() }),
  /** Somebody did something to the key; from a 2xx audit record. */
  z.object({ kind: z.literal('act'), ...act.shape }),
  /** The audit log names the guardian's own identity for an act that changes a key. */
  z.object({ kind: z.literal('own-act'), ...act.shape, correlationId: z.string().optional() }),
  /** Somebody was refused: a purge, or an unwrap, which may be a disk encryption set losing its key. */
  z.object({ kind: z.literal('refused'), ...act.shape, status: z.number().int() }),
  /** Unwrap, decrypt or release by somebody who is not a known user of the key. */
  z.object({ kind: z.literal('unknown-user'), ...act.shape }),
  /** A sweep found that the key, or its rotation policy, does not keep its schedule. */
  z.object({ kind: z.literal('off-schedule') }),
  /** The guardian asked itself to inspect again. */
  z.object({ kind: z.literal('inspect-again'), why: z.string() }),
  /** Another version of the guardian says what this one does not know. It is recorded, and the subject is inspected. */
  z.object({ kind: z.literal('of-another-version'), said: z.record(z.string(), z.json()) }),
]);
export type HintSays = z.infer<typeof hintSays>;

const knownKinds = hintSays.options.map(({ shape }): string => shape.kind.value);

const ofAnotherVersion = z
  .record(z.string(), z.json())
  .refine(({ kind }) => typeof kind === 'string' && !knownKinds.includes(kind))
  .transform((said) => ({ kind: 'of-another-version', said }) as const);

/** A reason to inspect a subject. Nothing of it is believed but who did something. */
export const hint = z.looseObject({
  /** The same for every delivery of one audit event, so that repeats are recognized. */
  id: z.string(),
  /** What queued it: `sweep`, `audit-log`, `audit-query`, `key-vault-event`, or `follow-up`, an earlier inspection. */
  sense: z.string(),
  sensedAt: moment,
  says: hintSays.or(ofAnotherVersion),
});
export type Hint = z.infer<typeof hint>;

/** A message of the queue `inspections`: inspect this subject now. Sent again, it keeps the members that only another version knows. */
export const inspection = z.looseObject({
  subject,
  hints: z.array(hint),
  /** Attempts so far that ended in a passing failure. */
  attempt: z.number().int().nonnegative().default(0),
});
export type Inspection = z.infer<typeof inspection>;

/** The inspection of a subject for one reason. */
export const inspectionFor = (of: Subject, reason: Hint): Inspection => ({ subject: of, hints: [reason], attempt: 0 });

/** Characters of an event's id that are kept unchanged: Azure gives a UUID, and the id has to fit into a message. */
const MOST_CHARACTERS = 128;
/** The id of an event as hints and records keep it: one that is too long as its hash. */
export const eventId = (id: string): string => (id.length <= MOST_CHARACTERS ? id : digest(id, 64));
