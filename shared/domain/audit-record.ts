import * as z from 'zod';
import { subject } from './subject.ts';
import { moment } from './time.ts';

/** Who did something, as far as the audit log or the command line names them. */
export const actor = z.object({
  oid: z.string().describe('Object id in Entra ID; `unknown` where no record names one.'),
  kind: z
    .enum(['user', 'service-principal'])
    .optional()
    .describe(
      'Whether the credential is that of a person, or of an application or managed identity; absent where neither is known.',
    ),
  name: z
    .string()
    .optional()
    .describe(
      'User name; of a managed identity its resource, of an application its id. The caller may have chosen it.',
    ),
  appId: z.string().optional().describe('Id of the application by which it was done.'),
  address: z.string().optional().describe('IP address that the vault was called from.'),
  assignment: z
    .object({ id: z.string(), says: z.string().optional() })
    .optional()
    .describe('The role assignment that allowed it. `says`: what the last survey knows of it.'),
});
export type Actor = z.infer<typeof actor>;

/** An act on a key, as the audit log reports it. */
export const act = z.object({ operation: z.string(), version: z.string().optional(), by: actor, at: moment });

/** A recorded decision: its hash, and how many hints have led to the same decision since. */
export const recordedDecision = z.object({ hash: z.string(), repeats: z.number().int() });

/** Kinds of record, with what each says. A reader of the trail passes over those that another version wrote. */
export const AUDIT_KINDS = {
  hint: 'An audit event or another hint that a sense gave.',
  decision:
    'What was found and, of each finding, what was decided and why. Recorded only where it differs from the last recorded decision.',
  intent: 'What is about to be written to a vault.',
  outcome: 'How an intent ended.',
  withheld: 'What would have been written, and why it was not.',
  verdict: 'Whether a disk encryption set follows a new version of its key, as it was read.',
  incident: 'An incident was opened, changed or resolved.',
  alert: 'An alert was accepted or refused by a channel.',
  baseline: 'A baseline was proposed, accepted or rebuilt.',
  register: 'What is approved has changed.',
  approval: 'An approval was asked, granted or withdrawn.',
  hold: 'A hold was set, extended, released or settled.',
  refused: 'A request of a person, or of somebody unknown, was refused.',
  policy: 'Another policy than before is in force.',
  quarantined: 'Something could not be parsed.',
  failure: 'Something failed.',
  seal: 'The heads of streams, signed; only in the stream of seals.',
} as const;
type AuditKind = keyof typeof AUDIT_KINDS;
const isAuditKind = (name: string): name is AuditKind => name in AUDIT_KINDS;
const auditKinds = Object.keys(AUDIT_KINDS).filter(isAuditKind);

/** A record before the trail adds its sequence and hashes. It never carries key material, a token or a channel's address. */
export const auditEntry = z.object({
  id: z.string().describe('The same where this record is appended twice.'),
  time: moment.describe('When the guardian noticed, decided or did it, by its own clock.'),
  happenedAt: moment
    .optional()
    .describe(
      'When it happened by the clock of the service that reports it: an act of an audit event, the beginning of an incident.',
    ),
  what: z.enum(auditKinds).describe('The kind of the record.'),
  subject: subject.describe(
    'What it is about: a key, a version, a vault, a disk encryption set, or the guardian itself.',
  ),
  who: actor.optional().describe('Who did it; absent where it was the guardian, or nobody knows.'),
  hints: z
    .object({
      ids: z.array(z.string()).describe('Ids of the hints, at most 20.'),
      senses: z.array(z.string()).optional().describe('The senses that gave them.'),
      count: z.number().int().describe('How many hints there were.'),
    })
    .optional()
    .describe('The hints that led to it.'),
  deadline: moment.optional().describe('When disks begin to fail; of an incident that has a deadline.'),
  policy: z.string().optional().describe('Hash of the policy by which it was decided, as `status` shows it.'),
  detail: z
    .record(z.string(), z.json())
    .describe('What is said of this kind alone: findings, verdicts, the action, the outcome.'),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** The version of the form in which records are written. A reader ignores what it does not know of another version. */
export const RECORD_VERSION = 1;

/** One line of a stream. */
export const auditRecord = auditEntry.extend({
  v: z.number().int().default(RECORD_VERSION).describe('The version of its form.'),
  appendedAt: moment
    .optional()
    .describe("When it was appended; absent unless it was spooled first because the trail's storage was down."),
  sequence: z.number().int().positive().describe('From 1, without a gap, through all blobs of the stream.'),
  previousHash: z.string().describe("Hash of the record before it; for the first record, hash of the stream's name."),
  hash: z.string().describe('SHA-256, hex, over the canonical JSON (RFC 8785) of all the other members.'),
});
export type AuditRecord = z.infer<typeof auditRecord>;
