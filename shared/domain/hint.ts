import { z } from 'zod';
import { actor } from './audit-record.ts';
import { keyId } from './key.ts';
import { moment } from './time.ts';

/** What a sense heard. A hint says where to look and what was heard about why; it never says what is true. */
export const hintSays = z.discriminatedUnion('kind', [
  /** The sweep saw a difference from the register. */
  z.object({ kind: z.literal('differs') }),
  /** The vault has a new version. */
  z.object({ kind: z.literal('new-version'), version: z.string().optional() }),
  /** Somebody did something to the key; from a 2xx audit record. */
  z.object({
    kind: z.literal('act'),
    operation: z.string(),
    version: z.string().optional(),
    by: actor,
    at: moment,
  }),
  /** The audit log names the guardian's own identity for an act that changes a key. */
  z.object({
    kind: z.literal('own-act'),
    operation: z.string(),
    version: z.string().optional(),
    by: actor,
    at: moment,
    correlationId: z.string().optional(),
  }),
  /** Somebody was refused: a purge, or an unwrap, which may be a disk encryption set losing its key. */
  z.object({
    kind: z.literal('refused'),
    operation: z.string(),
    version: z.string().optional(),
    status: z.number().int(),
    by: actor,
    at: moment,
  }),
  /** Unwrap, decrypt or release by somebody who is not a known user of the key. */
  z.object({
    kind: z.literal('unknown-user'),
    operation: z.string(),
    version: z.string().optional(),
    by: actor,
    at: moment,
  }),
  /** The guardian asked itself to look again. */
  z.object({ kind: z.literal('look-again'), why: z.string() }),
]);
export type HintSays = z.infer<typeof hintSays>;

/** Who may wake the guard; `follow-up` is the guard itself. */
export const senses = ['sweep', 'audit-log', 'key-vault-event', 'follow-up'] as const;

/** What somebody heard of a key. It says where to look, and nothing of it is believed but who did it. */
export const hint = z.object({
  /** The same for every delivery of the same news, so that repeats can be told. */
  id: z.string(),
  sense: z.enum(senses),
  heardAt: moment,
  says: hintSays,
});
export type Hint = z.infer<typeof hint>;

/** A message of the inspections queue: look at this key now. */
export const inspection = keyId.extend({
  hints: z.array(hint),
  /** Attempts that a passing failure has ended so far. */
  attempt: z.number().int().nonnegative().default(0),
  /** When the first of them failed. */
  failingSince: moment.optional(),
  /** What the sweep counted in the pass that queued this; `undefined` where no sweep did. */
  pass: z
    .object({
      /** Versions that were already bad at the last look and would be undone now. */
      badBefore: z.number().int().nonnegative(),
      /** Keys that the vault listed. */
      listedKeys: z.number().int().nonnegative(),
      /** When the pass before began that ended well; absent where there was none. */
      lastPassAt: moment.optional(),
    })
    .optional(),
});
export type Inspection = z.infer<typeof inspection>;

/** A message of the sweeps queue. `token` names the chain of passes; one that is not the vault's current chain is dropped. */
export const sweepMessage = z.object({ vault: keyId.shape.vault, token: z.string() });
export type SweepMessage = z.infer<typeof sweepMessage>;
