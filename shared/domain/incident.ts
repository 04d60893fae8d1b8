import * as z from 'zod';
import { actor } from './audit-record.ts';
import { hanging } from './hanging.ts';
import { subject } from './subject.ts';
import { moment } from './time.ts';

/** From the lowest to the highest. `critical`: disks stop, the guardian cannot observe or restore, or somebody acts against it. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** `on-call`: a key is or was in danger. `operators`: the guardian itself is unwell. */
export const audiences = ['on-call', 'operators'] as const;
export type Audience = (typeof audiences)[number];

/** What resolves an incident. */
export const endings = [
  'by-a-person', // it reports an act: a person closes it
  'with-an-inspection', // the inspection of its subject that no longer finds it
  'with-its-state', // whatever part of the guardian observes that its state has ended
] as const;
export type Ending = (typeof endings)[number];

/** An incident: what people are alerted of, and how it stands. */
export const incident = z.object({
  /** Hash of its kind, subject and time: an event, a sweep and a second instance open the same incident. */
  id: z.string(),
  /** The id of a rule or of a kind of incident: the name of its file. */
  kind: z.string(),
  /** One of the kind's reasons; absent where the kind has only one. Two reasons are two incidents. */
  reason: z.string().optional(),
  severity: z.enum(severities),
  audience: z.enum(audiences),
  ends: z.enum(endings),
  subject,
  /** When the act happened, by the vault's clock. */
  since: moment,
  detectedAt: moment,
  /** When the key was read back as usable; absent before that, and where nothing was restored. */
  restoredAt: moment.optional(),
  /** When disks begin to fail: 60 minutes after the act, or after `stopsOn`; absent where no disk fails, and where nobody knows. */
  deadline: moment.optional(),
  /** When the key is to stop what hangs on it, where that is a date to come; absent where it has. */
  stopsOn: moment.optional(),
  /** From when on the time to the deadline counts until people are alerted again; absent where that is from the act on. */
  countedFrom: moment.optional(),
  /** Set where something may fail, and nobody knows what or when. */
  mayFail: z.literal(true).optional(),
  /** What hangs on the subject; absent where that does not matter. */
  hangs: hanging.optional(),
  state: z.enum(['open', 'resolved']),
  /** When the subject was last observed in another state; absent where it never was. Where several people changed it after that, none is named. */
  otherwiseAt: moment.optional(),
  /** The time of the newest act, in an incident that reports acts. */
  newest: moment.optional(),
  /** Id of an incident of the same hour that a person closed before this act; absent where there was none. */
  continues: z.string().optional(),
  /** When it was resolved; absent while it is open. */
  endedAt: moment.optional(),
  /** What is wrong with the subject, in whole sentences. */
  summary: z.string(),
  /** What was done about it, or why nothing was: `undone`, `withheld: alert-only`, `left to people`. `spellJudgement` puts it into words. */
  judgement: z.string(),
  /** Whether the guardian is undoing it: if so, the state that is good again was undone by the guardian. */
  undoing: z.boolean().optional(),
  who: actor.optional(),
  /** Up to when audit events of the vault had arrived as it was opened: until then somebody who did it would be known. `null` where none had arrived, absent where no workspace is asked. */
  eventsUntil: moment.nullable().optional(),
  /** The person who said last that they work on it. */
  acknowledged: z.object({ by: actor, at: moment }).optional(),
  /** The id of the wave whose alerts speak for this incident; absent where it has alerts of its own. */
  wave: z.string().optional(),
  /** How many quarters of the time from the act to the deadline were over when all channels were last alerted because nobody had acknowledged it; absent where that never was. */
  escalated: z.number().int().optional(),
  /** Commands for a person, the most important first. Each runs under the person's own rights. */
  commands: z.array(z.string()).default([]),
  /** What a person abandons by closing it, because it cannot be recovered; absent where closing abandons nothing. */
  abandons: z.enum(['key', 'versions']).optional(),
  /** The number of its changes, from 1. */
  revision: z.number().int().positive(),
});
export type Incident = z.infer<typeof incident>;

/** The judgement where the guardian does nothing about it. */
export const LEFT_TO_PEOPLE = 'left to people';
/** The judgement while the guardian undoes it, and has not failed at that. */
export const UNDOING = 'undoing';

/** Whether all channels were alerted of it again because nobody had acknowledged it, and nobody has yet. */
export const isEscalated = ({ escalated, acknowledged }: Incident): boolean =>
  escalated !== undefined && acknowledged === undefined;

/** What happened to an incident. */
export const incidentEvents = ['opened', 'changed', 'resolved'] as const;

/** An alert: an incident as it was at one event. */
export const alertContent = z.object({ event: z.enum(incidentEvents), incident });
export type AlertContent = z.infer<typeof alertContent>;

/** Stands for the channel in a row of the outbox that is for all channels of the sender. */
export const ANY_CHANNEL = '-';

/** A row of the table `outbox`: an alert that one channel has not accepted yet. */
export const outboxRow = alertContent.extend({
  channel: z.string(),
  /** Attempts that the channel has refused. */
  attempts: z.number().int().nonnegative(),
  /** When it is to be sent next. */
  dueAt: moment,
  /** Until when a sender has the row for itself; absent while none has. */
  leasedUntil: moment.optional(),
});
export type OutboxRow = z.infer<typeof outboxRow>;

/** The row of an alert for a channel, before its first attempt, with its key: the same alert has one row for each channel. */
export const freshRow = ({ event, incident }: AlertContent, channel: string, dueAt: Date) => ({
  row: `${incident.id},${incident.revision},${channel}`,
  value: { event, incident, channel, attempts: 0, dueAt } satisfies OutboxRow,
});

/** A channel that refuses alerts, and has accepted none since then. */
export const failingChannel = z.object({
  /** When it had refused an alert several times. */
  since: moment,
  /** Why it refused then: `status 404`, `timed-out`. */
  because: z.string(),
});
export type FailingChannel = z.infer<typeof failingChannel>;

/** A message of the queue `alerts`: send this row of the outbox. Where the row is gone, nothing is sent. */
export const alertMessage = z.object({ partition: z.string(), row: z.string() });
export type AlertMessage = z.infer<typeof alertMessage>;
