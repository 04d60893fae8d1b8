import { z } from 'zod';
import { actor } from './audit-record.ts';
import { subject } from './subject.ts';
import { moment } from './time.ts';

/** From the least to the gravest: `critical` stops disks, or leaves the guardian blind or disobeyed. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** `on-call`: a key is or was in danger. `operators`: the guardian itself is unwell. */
export const audiences = ['on-call', 'operators'] as const;
export type Audience = (typeof audiences)[number];

/** What resolves an incident. */
export const endings = [
  'by-a-person', // it tells of an act: nothing becomes good again by itself
  'with-an-inspection', // the inspection of its subject that does not find it any more
  'with-its-state', // whoever notices that its state is over
] as const;
export type Ending = (typeof endings)[number];

/** An incident as it stands. The first line of every alert is made from it. */
export const incident = z.object({
  /** Hash of what, which subject, since when: an event, a sweep and a second instance open the same one. */
  id: z.string(),
  /** A rule's id or a kind's: the name of its file. */
  kind: z.string(),
  /** Which of the kind's reasons; absent where it has one only. Two reasons are two incidents. */
  reason: z.string().optional(),
  severity: z.enum(severities),
  audience: z.enum(audiences),
  ends: z.enum(endings),
  subject,
  /** When the act happened, by the vault's own time. */
  since: moment,
  detectedAt: moment,
  /** When the key was read back as usable; absent while it is not, or where nothing was to be restored. */
  restoredAt: moment.optional(),
  /** When disks begin to fail: since + 60 minutes; absent where nothing stops working. */
  deadline: moment.optional(),
  state: z.enum(['open', 'resolved']),
  /** When the subject was last observed otherwise; absent where it never was. Of several who changed it after that nobody is named. */
  otherwiseAt: moment.optional(),
  /** Of an incident that tells of acts: the time of the newest. */
  newest: moment.optional(),
  /** Id of the incident of the same hour that a person had closed before this act; absent where there was none. */
  continues: z.string().optional(),
  /** When it was resolved; absent while it is open. */
  endedAt: moment.optional(),
  /** One sentence: what is wrong with what. */
  summary: z.string(),
  /** What was done about it or why not, in words: `undone`, `withheld: alert-only`, `left to people: …`. */
  judgement: z.string(),
  /** Whether the guardian is undoing it: what is good again then was undone by it. */
  undoing: z.boolean().optional(),
  who: actor.optional(),
  /** Commands for a person, most important first, each under the person's own rights. */
  commands: z.array(z.string()).default([]),
  /** What a person abandons by closing it, since nobody can bring it back; absent where closing abandons nothing. */
  abandons: z.enum(['key', 'versions']).optional(),
  /** Counts changes, from 1. */
  revision: z.number().int().positive(),
});
export type Incident = z.infer<typeof incident>;

/** What happened to an incident. */
export const incidentEvents = ['opened', 'changed', 'resolved'] as const;

/** An alert: an incident as it was when people were to hear of it. */
export const alertContent = z.object({ event: z.enum(incidentEvents), incident });
export type AlertContent = z.infer<typeof alertContent>;

/** In a row of the outbox: whichever channels the sender has. */
export const ANY_CHANNEL = '-';

/** A row of the table `outbox`: an alert that one channel has not accepted yet. */
export const outboxRow = alertContent.extend({
  channel: z.string(),
  /** Attempts that the channel has refused. */
  attempts: z.number().int().nonnegative(),
  /** When it is to be sent next. */
  dueAt: moment,
  /** Until when a sender is at it; absent while none is. */
  leasedUntil: moment.optional(),
});
export type OutboxRow = z.infer<typeof outboxRow>;

/** A message of the alerts queue: send that row of the outbox. One without a row sends nothing. */
export const alertMessage = z.object({ partition: z.string(), row: z.string() });
export type AlertMessage = z.infer<typeof alertMessage>;
