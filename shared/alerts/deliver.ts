import type { AuditEntry } from '../domain/audit-record.ts';
import type { AlertMessage } from '../domain/incident.ts';
import { ChannelRefused, ChannelUnreachable, StorageUnreachable } from '../errors.ts';
import { readIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import type { Channel } from './channel.ts';
import { namedChannels } from './named-channels.ts';
import { type Recipients, recipients } from './recipients.ts';

/** What handing over needs: who is named, whether the incident is open, where a refused alert is put again, and where it is recorded. */
export type DeliverNeeds = Pick<Ports, 'policy' | 'now' | 'newId'> & {
  readonly tables: Pick<Ports['tables'], 'incidents'>;
  readonly queues: Pick<Ports['queues'], 'alerts'>;
  readonly trail: Pick<Ports['trail'], 'append'>;
};

/** About 20 minutes of trying; what was told last of an incident that is open by then goes on, every 5 minutes, until it is over. */
const LEAST_ATTEMPTS = 10;
/** After about half a minute the next channel is used, while this one is still tried. */
const STANDBY_AFTER_ATTEMPTS = 3;
const LONGEST_DELAY_SECONDS = 300;
const ATTEMPTS_AN_HOUR = 3_600 / LONGEST_DELAY_SECONDS;
/** What a message carries at most, as it has to fit the queue. What comes later says the same with a higher number. */
const MOST_UNRECORDED = 30;

/** How long to wait after the n-th attempt failed, n from 1: 5 s, doubled each time, at most 5 minutes. */
export const retryDelaySeconds = (attempt: number): number => Math.min(5 * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS);

/**
 * Hands one alert to the channels it is for, side by side; records each hand-over, and each refusal of the first
 * twenty minutes and one an hour from then on; and puts it into the
 * queue again for each channel that refused, with a growing delay, and for the next channel where one goes on refusing.
 * One that has long refused is given up only where the incident is over, or something later was told of it.
 * What the trail does not take goes with the first of these: thrown for, each redelivery would put them all once more.
 *
 * Throws one `AggregateError` where the queue does not take one of them, or the trail refuses and none follows, after
 * everything was tried: the platform then delivers the message again, and a channel may get it twice.
 */
export async function deliver(
  message: AlertMessage,
  configured: readonly Channel[],
  needs: DeliverNeeds,
): Promise<void> {
  const whom = recipients(message, namedChannels(needs), configured);
  const { due, absent } = attemptsDue(message, whom);
  const attempts = await Promise.all(due.map((attempt) => sent(attempt, message, whom, needs)));

  const details = [
    ...attempts.filter(isWorthARecord).map(attemptDetail),
    ...absent.map((channel) => ({ channel, outcome: 'not-configured' })),
    ...(configured.length === 0 ? [{ outcome: 'no-channel' }] : []),
  ];
  const { unrecorded: before = [], ...told } = message;
  const entries = [...before, ...details.map((detail) => entry(message, detail, needs))];
  const again = attempts.flatMap(followUps);
  const failures = await recordFailures(message, entries, needs);
  const left = failures.length === 0 ? {} : { unrecorded: entries.slice(0, MOST_UNRECORDED) };
  const puts = again.map(({ channel, attempts, delaySeconds }, place) =>
    needs.queues.alerts.send(
      { ...told, attempts: { [channel]: attempts }, ...(place === 0 ? left : {}) },
      delaySeconds,
    ),
  );
  const refused = (await Promise.allSettled(puts)).filter((one) => one.status === 'rejected');
  const lost = [...refused.map(({ reason }) => reason), ...(again.length === 0 ? failures : [])];
  if (lost.length > 0) {
    throw new AggregateError(
      lost,
      `An alert on incident ${message.incident.id} was sent, but not all that follows from it was stored.`,
    );
  }
}

/** Why the trail did not take them; empty where it did. */
async function recordFailures(
  { incident }: AlertMessage,
  entries: readonly AuditEntry[],
  { trail }: DeliverNeeds,
): Promise<readonly unknown[]> {
  try {
    await trail.append(incident.subject.vault, entries);
    return [];
  } catch (error) {
    return [error];
  }
}

interface Due {
  readonly channel: Channel;
  /** From 1. */
  readonly attempt: number;
}

interface Attempt extends Due {
  /** Why it was not taken; `undefined` where it was. */
  readonly refusal: string | undefined;
  /** Whether it was refused, and is tried again. */
  readonly again: boolean;
  /** Who is used beside it from now on. */
  readonly next: Channel | undefined;
}

interface FollowUp {
  readonly channel: string;
  readonly attempts: number;
  readonly delaySeconds: number;
}

function attemptsDue(
  { attempts }: AlertMessage,
  { first, standby, absent }: Recipients,
): { readonly due: readonly Due[]; readonly absent: readonly string[] } {
  if (attempts === undefined) return { due: first.map((channel) => ({ channel, attempt: 1 })), absent };
  const all = [...first, ...standby];
  const again = all
    .map((channel) => ({ channel, before: attempts[channel.id] }))
    .flatMap(({ channel, before }) => (before === undefined ? [] : [{ channel, attempt: before + 1 }]));
  const gone = Object.keys(attempts).filter((id) => all.every((channel) => channel.id !== id));
  // The settings of the channel it was for are gone: somebody has to hear of it, and it may be for the second time.
  const instead = again.length === 0 && gone.length > 0 ? all.slice(0, 1) : [];
  return { due: [...again, ...instead.map((channel) => ({ channel, attempt: 1 }))], absent: gone };
}

async function sent(due: Due, message: AlertMessage, { standby }: Recipients, needs: DeliverNeeds): Promise<Attempt> {
  try {
    await due.channel.send(message);
    return { ...due, refusal: undefined, again: false, next: undefined };
  } catch (error) {
    // Of a channel that does not stand by, the index is -1: next is the first that does.
    const next = standby[standby.indexOf(due.channel) + 1];
    return {
      ...due,
      refusal: refusalText(error),
      again: due.attempt < LEAST_ATTEMPTS || (await stillHolds(message, needs)),
      next: due.attempt === STANDBY_AFTER_ATTEMPTS ? next : undefined,
    };
  }
}

/** Whether the incident is open and nothing later was told of it. While nobody can say, yes: to try once more costs little. */
async function stillHolds({ incident: told }: AlertMessage, needs: DeliverNeeds): Promise<boolean> {
  try {
    const standing = await readIncidents(needs, told.subject);
    return standing.some(
      ({ incident: { id, state, toldRevision } }) =>
        id === told.id && state === 'open' && toldRevision <= told.revision,
    );
  } catch (error) {
    if (error instanceof StorageUnreachable) return true;
    throw error;
  }
}

function followUps({ channel, attempt, again, next }: Attempt): readonly FollowUp[] {
  const retry = { channel: channel.id, attempts: attempt, delaySeconds: retryDelaySeconds(attempt) };
  return [
    ...(again ? [retry] : []),
    ...(next === undefined ? [] : [{ channel: next.id, attempts: 0, delaySeconds: 0 }]),
  ];
}

/** Of what goes on being refused for as long as its incident is open, one attempt an hour is recorded. */
const isWorthARecord = ({ attempt, refusal, again }: Attempt): boolean =>
  refusal === undefined || !again || attempt <= LEAST_ATTEMPTS || attempt % ATTEMPTS_AN_HOUR === 0;

function attemptDetail({ channel, attempt, refusal, again, next }: Attempt): AuditEntry['detail'] {
  const tried = { channel: channel.id, attempt };
  if (refusal === undefined) return { ...tried, outcome: 'handed-over' };
  return {
    ...tried,
    outcome: again ? 'refused' : 'gave-up',
    because: refusal,
    ...(again ? { againAfterSeconds: retryDelaySeconds(attempt) } : {}),
    ...(next === undefined ? {} : { nextChannel: next.id }),
  };
}

// Of an error we do not know, only the name: its text may hold the address.
function refusalText(error: unknown): string {
  if (error instanceof ChannelRefused) return `status ${error.status}`;
  if (error instanceof ChannelUnreachable) return error.because;
  return error instanceof Error ? error.name : 'unknown';
}

function entry({ event, incident }: AlertMessage, detail: AuditEntry['detail'], needs: DeliverNeeds): AuditEntry {
  return {
    id: needs.newId(),
    time: needs.now(),
    what: 'alert',
    subject: incident.subject,
    detail: { incident: incident.id, revision: incident.revision, event, ...detail },
  };
}
