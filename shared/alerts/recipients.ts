import { type AlertContent, isEscalated } from '../domain/incident.ts';
import { PolicyInvalid } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Channel } from './channel.ts';

/** The channels that an alert is sent to at once, and those that are used where one of these refuses. */
export interface Recipients {
  readonly first: readonly Channel[];
  readonly standby: readonly Channel[];
  /** Ids that the policy names but that have no settings. */
  readonly absent: readonly string[];
}

type Needs = Pick<Ports, 'policy' | 'channels'>;

const CHANNELS_FOR_CRITICAL = 2;

/**
 * Those that the policy names, in its order; all there are where it names none that is there; for a critical incident at
 * least two where there are two, since that one channel took an alert does not show that a person got it; for one that was
 * escalated all there are, until somebody acknowledges it; for a resolved one also those that keep alerts open. Throws what
 * keeps the policy away, but for `PolicyInvalid`: then it names none.
 */
export function recipients({ incident }: Pick<AlertContent, 'incident'>, ports: Needs): Recipients {
  const configured = ports.channels;
  const wanted = [...new Set(namedIn(ports))];
  const chosen = wanted.flatMap((id) => configured.filter((channel) => channel.id === id));
  const inOrder = [...chosen, ...configured.filter((channel) => !chosen.includes(channel))];
  const least = incident.severity === 'critical' ? CHANNELS_FOR_CRITICAL : 0;
  const isForAll = chosen.length === 0 || isEscalated(incident);
  const count = isForAll ? inOrder.length : Math.max(chosen.length, least);
  // One that stood by may have been used for the alert that this one resolves.
  const isFirst = (channel: Channel, place: number): boolean =>
    place < count || (channel.keepsOpen === true && incident.state === 'resolved');
  return {
    first: inOrder.filter(isFirst),
    standby: inOrder.filter((channel, place) => !isFirst(channel, place)),
    absent: wanted.filter((id) => configured.every((channel) => channel.id !== id)),
  };
}

function namedIn(ports: Needs): readonly string[] {
  try {
    return ports.policy.channels;
  } catch (error) {
    if (error instanceof PolicyInvalid) return [];
    throw error;
  }
}
