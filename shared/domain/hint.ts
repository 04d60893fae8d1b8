import { z } from 'zod';
import { act } from './audit-record.ts';
import { keyId } from './key.ts';
import { subject } from './subject.ts';
import { moment } from './time.ts';

/** What a sense gives. A hint says what to inspect and why; it never says what is true. */
export const hintSays = z.discriminatedUnion('kind', [
  /** The sweep saw a difference from the register. */
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
  /** The guardian asked itself to inspect again. */
  z.object({ kind: z.literal('inspect-again'), why: z.string() }),
]);
export type HintSays = z.infer<typeof hintSays>;

/** Who may wake the guard; `follow-up` is the guard itself. */
export const senses = ['sweep', 'audit-log', 'key-vault-event', 'follow-up'] as const;

/** A reason to inspect a subject. It says what to inspect, and nothing of it is believed but who did it. */
export const hint = z.object({
  /** The same for every delivery of the same audit event, so that repeats are known. */
  id: z.string(),
  sense: z.enum(senses),
  heardAt: moment,
  says: hintSays,
});
export type Hint = z.infer<typeof hint>;

/** A message of the inspections queue: inspect this subject now. */
export const inspection = z.object({
  subject,
  hints: z.array(hint),
  /** Attempts that a passing failure has ended so far. */
  attempt: z.number().int().nonnegative().default(0),
});
export type Inspection = z.infer<typeof inspection>;

/** A message of the sweeps queue. `token` names the chain of sweeps; one that is not the vault's current chain is dropped. */
export const sweepMessage = z.object({ vault: keyId.shape.vault, token: z.string() });
export type SweepMessage = z.infer<typeof sweepMessage>;
