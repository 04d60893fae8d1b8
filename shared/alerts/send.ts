import {
  type AlertMessage,
  ANY_CHANNEL,
  freshRow,
  type Incident,
  type OutboxRow,
  UNDOING,
} from '../domain/incident.ts';
import { partitionOf } from '../domain/subject.ts';
import { agoMs, later, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { ChannelRefused, ChannelUnreachable, RowUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';
import { entry } from '../trail/entries.ts';
import type { AlertLog, Channel } from './channel.ts';
import { noteFailing, noteWorking } from './failing.ts';
import { recipients } from './recipients.ts';

/** What sending needs. */
export type SendNeeds = Pick<Ports, 'policy' | 'channels' | 'now' | 'newId'> & {
  readonly trail: Pick<Ports['trail'], 'append'>;
  readonly queues: Pick<Ports['queues'], 'alerts'>;
  readonly tables: Pick<Ports['tables'], 'outbox' | 'incidents' | 'failing'>;
};

/** How long a sender's lease on a row lasts, in ms: longer than a channel may take to answer. */
const LEASE_MS = 30 * SECOND_MS;
/** Attempts after which an alert can be abandoned: about 20 minutes. The newest alert of an open incident is never abandoned: it is sent again every 5 minutes. */
const LEAST_ATTEMPTS = 10;
/** Refused attempts, about half a minute, after which the next channel is used as well. */
const STANDBY_AFTER_ATTEMPTS = 3;
const LONGEST_DELAY_SECONDS = 300;
/** After which a row asks again whether its turn has come. */
const TURN_SECONDS = 2;
/** How long a channel that shows each alert as a message waits for what is being undone, in ms. */
const UNDONE_WITHIN_MS = MINUTE_MS;
const ATTEMPTS_AN_HOUR = 3_600 / LONGEST_DELAY_SECONDS;

/** How long to wait after the n-th attempt failed, n from 1: 5 s, doubled each time, at most 5 minutes. */
export const retryDelaySeconds = (attempt: number): number => Math.min(5 * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS);

/**
 * Sends one row of the outbox to its channel and removes the row once the channel has accepted it. Where the channel
 * refuses, the row is sent again after a growing delay, and after three refusals the next channel gets a row as well.
 * A channel that refused three times is noted as failing until it accepts an alert.
 * After twenty minutes a row is abandoned where its incident is resolved or has a later alert. Every acceptance is recorded;
 * so is every refusal of the first twenty minutes, and after that one each hour.
 *
 * A channel that keeps alerts open gets those of an incident in their order, and none of an open incident where the one that
 * resolves it is sent already. One for programs gets them all. Any other gets of a resolved incident the alert alone that says
 * so, and of what the guardian is undoing right now none before that is done or has failed, for a minute at most.
 *
 * A message sends nothing where its row is gone or another sender has the lease. When a sender crashes, its lease ends and
 * the next tick queues the row again.
 */
export async function send({ partition, row }: AlertMessage, needs: SendNeeds, log: AlertLog): Promise<void> {
  const { outbox } = needs.tables;
  const now = needs.now();
  const stored = await outbox.get(partition, row);
  if (stored === undefined || !isDue(stored.value, now)) return;
  const leased = await outbox.replace(stored, { ...stored.value, leasedUntil: later(now, LEASE_MS) });
  if (leased === undefined) return;
  const { incident, event } = stored.value;
  const { first, standby } = recipients(stored.value, needs);
  const channel = needs.channels.find(({ id }) => id === stored.value.channel);
  if (channel === undefined) return handOut(leased, first, needs);
  const turn = await turnOf(channel, stored.value, needs);
  if (turn === 'later') return wait(leased, needs);
  if (turn === 'never') {
    await recordOn(stored.value, { channel: channel.id, outcome: 'overtaken' }, needs);
    await outbox.remove(leased);
    return;
  }
  const refusal = await refusalOf(channel, stored.value, log);
  const attempt = stored.value.attempts + 1;
  if (refusal === undefined) {
    // A crash may have come before the incident's row was written: an incident that people were alerted of has to have one.
    if (event === 'opened') await needs.tables.incidents.insert(partitionOf(incident.subject), incident.id, incident);
    await recordOn(stored.value, { channel: channel.id, attempt, outcome: 'accepted' }, needs);
    await noteWorking(channel.id, needs);
    await outbox.remove(leased);
    return;
  }
  await refused(leased, channel, standby, refusal, needs);
}

/**
 * Replaces a row for any channel, or for one whose settings are gone, by one row for each channel that the alert goes to,
 * even though they may have sent it already.
 */
async function handOut(leased: Stored<OutboxRow>, channels: readonly Channel[], needs: SendNeeds): Promise<void> {
  const isOfWave = leased.value.incident.wave !== undefined;
  if (channels.length === 0 && !isOfWave) return recordOn(leased.value, { outcome: 'no-channel' }, needs);
  if (leased.value.channel !== ANY_CHANNEL) await recordOn(leased.value, { outcome: 'not-configured' }, needs);
  for (const channel of channels) await hand(leased, channel, needs);
  await needs.tables.outbox.remove(leased);
}

/** Gives a channel a row of its own for the same alert, due now. */
async function hand(
  { row: { partition }, value }: Stored<OutboxRow>,
  { id }: Channel,
  needs: SendNeeds,
): Promise<void> {
  const { row, value: fresh } = freshRow(value, id, needs.now());
  await needs.tables.outbox.insert(partition, row, fresh);
  await needs.queues.alerts.send({ partition, row });
}

/** Whether a row is to be sent now: its time has come, and nobody is at it. A lease longer than any was made by a clock that was ahead. */
const isDue = ({ dueAt, attempts, leasedUntil }: OutboxRow, now: Date): boolean =>
  (attempts === 0 ||
    dueAt.getTime() <= now.getTime() + SECOND_MS ||
    dueAt.getTime() > now.getTime() + 2 * LONGEST_DELAY_SECONDS * SECOND_MS) &&
  (leasedUntil === undefined ||
    leasedUntil.getTime() <= now.getTime() ||
    leasedUntil.getTime() > now.getTime() + 2 * LEASE_MS);

async function refused(
  leased: Stored<OutboxRow>,
  channel: Channel,
  standby: readonly Channel[],
  { because, retryAfterSeconds = 0 }: Refusal,
  needs: SendNeeds,
): Promise<void> {
  const { outbox } = needs.tables;
  const { partition, row } = leased.row;
  const attempt = leased.value.attempts + 1;
  const again = attempt < LEAST_ATTEMPTS || (await stillHolds(leased.value, needs));
  // For a channel that is not among those standing by, the index is -1: the next one is then the first of them.
  const next = attempt === STANDBY_AFTER_ATTEMPTS ? standby[standby.indexOf(channel) + 1] : undefined;
  const againAfterSeconds = Math.max(retryDelaySeconds(attempt), Math.min(retryAfterSeconds, LONGEST_DELAY_SECONDS));
  const { leasedUntil: _, ...value } = leased.value;

  async function record(): Promise<void> {
    if (again && attempt > LEAST_ATTEMPTS && attempt % ATTEMPTS_AN_HOUR !== 0) return;
    const outcome = again ? { outcome: 'refused', againAfterSeconds, nextChannel: next?.id } : { outcome: 'abandoned' };
    await recordOn(value, { channel: channel.id, attempt, because, ...outcome }, needs);
  }
  async function tryAgain(): Promise<void> {
    const dueAt = later(needs.now(), againAfterSeconds * SECOND_MS);
    await outbox.replace(leased, { ...value, attempts: attempt, dueAt });
    await needs.queues.alerts.send({ partition, row }, againAfterSeconds);
  }
  if (!again) {
    await record();
    await outbox.remove(leased);
    return;
  }
  // That it cannot be recorded keeps neither the next channel nor the next attempt from people.
  const steps = [
    ...(next === undefined ? [] : [() => hand(leased, next, needs)]),
    record,
    tryAgain,
    ...(attempt === STANDBY_AFTER_ATTEMPTS ? [() => noteFailing(channel.id, because, needs)] : []),
  ];
  await inTurns(1, steps, (step) => step());
}

/** Why a channel did not accept an alert, and how long it asks to wait. */
interface Refusal {
  readonly because: string;
  readonly retryAfterSeconds?: number | undefined;
}

/** Why the channel did not accept the alert; `undefined` where it did. Of an unknown error only the name is given: its message may contain the address. */
async function refusalOf(
  channel: Channel,
  { event, incident }: OutboxRow,
  log: AlertLog,
): Promise<Refusal | undefined> {
  try {
    await channel.send({ event, incident }, log);
    return undefined;
  } catch (error) {
    if (error instanceof ChannelRefused)
      return { because: `status ${error.status}`, retryAfterSeconds: error.retryAfterSeconds };
    if (error instanceof ChannelUnreachable) return { because: error.because };
    return { because: error instanceof Error ? error.name : 'unknown' };
  }
}

/** Whether the incident is open and this is its newest alert. */
async function stillHolds({ incident }: OutboxRow, needs: SendNeeds): Promise<boolean> {
  const standing = await standingOf(incident, needs);
  return standing?.state === 'open' && standing.revision <= incident.revision;
}

/** When an alert is to be sent. `never`: a later alert of its incident says all of it. */
type Turn = 'now' | 'later' | 'never';

const turnOf = async ({ keepsOpen, reader }: Channel, row: OutboxRow, needs: SendNeeds): Promise<Turn> => {
  if (reader === 'programs') return 'now';
  return keepsOpen === true ? turnInOrder(row, needs) : turnOnce(row, needs);
};

/** To a channel that keeps alerts open. */
async function turnInOrder({ incident, channel }: OutboxRow, needs: SendNeeds): Promise<Turn> {
  const { stored } = await needs.tables.outbox.list(partitionOf(incident.subject));
  const revisions = stored
    .filter(({ value }) => value.incident.id === incident.id && value.channel === channel)
    .map(({ value }) => value.incident.revision);
  if (revisions.some((revision) => revision < incident.revision)) return 'later';
  const isLast = revisions.every((revision) => revision <= incident.revision);
  const mayReopen = incident.state === 'open' && incident.wave === undefined;
  const isOver = mayReopen && (await standingOf(incident, needs))?.state === 'resolved';
  return isLast && isOver ? 'never' : 'now';
}

/** To a channel where each alert is a message of its own: what is undone within a minute is one message. */
async function turnOnce({ incident }: OutboxRow, needs: SendNeeds): Promise<Turn> {
  if (incident.state === 'resolved') return 'now';
  const standing = await standingOf(incident, needs);
  const isUndoing = incident.judgement === UNDOING;
  if (standing !== undefined && standing.revision > incident.revision && (isUndoing || standing.state === 'resolved'))
    return 'never';
  return isUndoing && agoMs(incident.detectedAt, needs.now()) < UNDONE_WITHIN_MS ? 'later' : 'now';
}

/**
 * Has the row sent a little later. That is no attempt. Where a message of that time is on its way already, no other is queued:
 * each tick queues the row as well, and what waits for an hour would otherwise have ever more messages.
 */
async function wait(leased: Stored<OutboxRow>, { tables, queues, now }: SendNeeds): Promise<void> {
  const { leasedUntil: _, ...value } = leased.value;
  const { partition, row } = leased.row;
  const aheadMs = value.dueAt.getTime() - now().getTime();
  if (aheadMs > SECOND_MS && aheadMs <= TURN_SECONDS * SECOND_MS) {
    await tables.outbox.replace(leased, value);
    return;
  }
  await tables.outbox.replace(leased, { ...value, dueAt: later(now(), TURN_SECONDS * SECOND_MS) });
  await queues.alerts.send({ partition, row }, TURN_SECONDS);
}

/** The incident as it stands; `undefined` where its row is not written yet, and where it cannot be read: no alert waits for that. */
async function standingOf({ subject, id }: Incident, { tables }: SendNeeds): Promise<Incident | undefined> {
  try {
    return (await tables.incidents.get(partitionOf(subject), id))?.value;
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return undefined;
  }
}

async function recordOn({ event, incident }: OutboxRow, detail: object, needs: SendNeeds): Promise<void> {
  const about = { incident: incident.id, revision: incident.revision, event, ...detail };
  await needs.trail.append([entry('alert', incident.subject, about, needs)]);
}

/** Rows of the outbox that are queued at the same time. */
const AT_ONCE = 8;

/**
 * Queues every row of the outbox that is due and that no sender has leased: a message is lost where the execution that took
 * it crashes. Returns the rows that cannot be read, whose alerts cannot be sent.
 */
export async function wakeSenders({ tables, queues, now }: SendNeeds): Promise<readonly RowUnreadable[]> {
  const { stored, unreadable } = await tables.outbox.list();
  const due = stored.filter(({ value }) => isDue(value, now()));
  await inTurns(AT_ONCE, due, ({ row: { partition, row } }) => queues.alerts.send({ partition, row }));
  return unreadable;
}
