import * as z from 'zod';
import { subject } from './subject.ts';
import { moment } from './time.ts';

/** Who did something, as far as the audit log or the command line names them. */
export const actor = z.object({
  /** Object id in Entra ID; `unknown` where no record names one. */
  oid: z.string(),
  name: z.string().optional(),
  address: z.string().optional(),
  /** The role assignment that allowed it. `says`: what the last survey knows of it. */
  assignment: z.object({ id: z.string(), says: z.string().optional() }).optional(),
});
export type Actor = z.infer<typeof actor>;

/** An act on a key, as the audit log reports it. */
export const act = z.object({ operation: z.string(), version: z.string().optional(), by: actor, at: moment });

/** Kinds of record. A reader of the trail passes over those that another version wrote. */
export const auditKinds = [
  'hint', // an audit event or another hint that a sense gave
  'decision', // what was found and what was decided; recorded only where it differs from the last recorded decision
  'intent', // what is about to be written to a vault
  'outcome', // how an intent ended
  'withheld', // what would have been written, and why it was not
  'incident', // opened, changed, resolved
  'alert', // accepted by a channel, refused by a channel
  'baseline', // proposed, accepted, rebuilt
  'register', // what is approved has changed
  'approval', // asked, granted, withdrawn
  'hold', // set, extended, released, settled
  'refused', // a request of a person or of somebody unknown
  'policy', // another policy than before
  'quarantined', // something that could not be parsed
  'failure', // passing or lasting
] as const;

/** A record before the trail adds its sequence and hashes. It never carries key material, a token or a channel's address. */
export const auditEntry = z.object({
  /** The same where this record is appended twice. */
  id: z.string(),
  /** When it happened, as far as the guardian knows. */
  time: moment,
  what: z.enum(auditKinds),
  subject,
  who: actor.optional(),
  /** Ids of the hints that led to it, at most 20, and how many hints there were. */
  hints: z.object({ ids: z.array(z.string()), count: z.number().int() }).optional(),
  /** Plain JSON: the finding, the verdict, the action, the outcome. */
  detail: z.record(z.string(), z.json()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** The version of the form in which records are written. A reader ignores what it does not know of another version. */
export const RECORD_VERSION = 1;

/** One line of a stream. */
export const auditRecord = auditEntry.extend({
  /** The version of its form. */
  v: z.number().int().default(RECORD_VERSION),
  /** When it was appended; absent unless it was spooled first because the trail's storage was down. */
  appendedAt: moment.optional(),
  /** From 1, without a gap, through all blobs of the stream. */
  sequence: z.number().int().positive(),
  /** Hash of the record before it; for the first record, hash of the stream's name. */
  previousHash: z.string(),
  /** SHA-256, hex, over the canonical JSON (RFC 8785) of all the other members. */
  hash: z.string(),
});
export type AuditRecord = z.infer<typeof auditRecord>;
