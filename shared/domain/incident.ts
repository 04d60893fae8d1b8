import { z } from 'zod';
import { actor, auditEntry, auditSubject } from './audit-record.ts';
import { moment } from './time.ts';

/** From the least to the gravest: `critical` stops disks, or leaves the guardian blind or disobeyed. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** An incident as it stands. The first line of every alert is made from it. */
export const incident = z.object({
  /** Hash of what, which version, since when: an event, a sweep and a second instance open the same one. */
  id: z.string(),
  kind: z.string(),
  severity: z.enum(severities),
  subject: auditSubject,
  /** When the act happened by the vault's own time. */
  since: moment,
  detectedAt: moment,
  /** When the key was read back as usable; absent while it is not, or where nothing was to be restored. */
  restoredAt: moment.optional(),
  /** When disks begin to fail: since + 60 minutes; absent where nothing stops working. */
  deadline: moment.optional(),
  state: z.enum(['open', 'resolved']),
  /** When the version was changed before `since`: of several who changed it after that nobody is named. */
  previous: moment.optional(),
  /** Of news of acts: when the newest was that has been heard of. */
  newest: moment.optional(),
  /** When it was resolved; absent while it is open. */
  endedAt: moment.optional(),
  /** One sentence: what is wrong with what. */
  summary: z.string(),
  /** What was done about it or why not, in words: `undone`, `withheld: alert-only`, `left to people: …`. */
  judgement: z.string(),
  /** Whether the guardian is undoing it: what is good again then was undone by it. */
  undoing: z.boolean().optional(),
  who: actor.optional(),
  /** The command with which a person mends it, under the person's own rights. */
  command: z.string().optional(),
  /** Counts changes, from 1. */
  revision: z.number().int().positive(),
  /** The last revision that was given to the alerts queue; 0 for none. */
  toldRevision: z.number().int().nonnegative(),
  /** Id of the insertion of its row: who made it knows it again where the answer was lost. */
  insertion: z.string().optional(),
});
export type Incident = z.infer<typeof incident>;

/** What the alerts queue carries: an incident as it was when it was told. */
export const alertMessage = z.object({
  event: z.enum(['opened', 'changed', 'resolved']),
  incident,
  /** Attempts so far by channel id; absent at first. */
  attempts: z.record(z.string(), z.number().int()).optional(),
  /** Entries on earlier attempts that no storage took: they are recorded with the next one. */
  unrecorded: z.array(auditEntry).optional(),
});
export type AlertMessage = z.infer<typeof alertMessage>;
