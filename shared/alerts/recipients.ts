import type { AlertContent } from '../domain/incident.ts';
import { isRoutedTo, type Policy } from '../domain/policy.ts';
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
 * Those that the policy names, in its order, and whose routes let them have it; all there are where no such channel is there; at least
 * one that people read, and for a critical incident at least two besides the log where there are two, since that one channel took an
 * alert does not show that a person got it; for one that was escalated all there are, so that all learn who works on it and that it is over; for a
 * resolved one also those that keep alerts open. One that has joined a wave goes to these alone, which close it: the alerts of
 * the wave speak for it. Throws what keeps the policy away, but for `PolicyInvalid`: then it names none.
 */
export function recipients({ incident }: Pick<AlertContent, 'incident'>, ports: Needs): Recipients {
  const configured = ports.channels;
  if (incident.wave !== undefined)
    return { first: configured.filter(({ keepsOpen }) => keepsOpen === true), standby: [], absent: [] };
  const policy = policyIn(ports);
  const wanted = [...new Set(policy?.channels)];
  const gets = ({ id }: Channel): boolean => policy === undefined || isRoutedTo(id, incident, policy);
  const chosen = wanted.flatMap((id) => configured.filter((channel) => channel.id === id)).filter(gets);
  // One that is not to have it gets it all the same where it is critical, or nobody else would.
  const isForAny = !chosen.some(isForPeople) || (incident.audience === 'on-call' && incident.severity === 'critical');
  const others = configured.filter((channel) => !chosen.includes(channel) && (isForAny || gets(channel)));
  const inOrder = [...chosen, ...others];
  const isForAll = chosen.length === 0 || incident.escalated !== undefined;
  const [least, isAmong] = incident.severity === 'critical' ? [CHANNELS_FOR_CRITICAL, isReadAtOnce] : [1, isForPeople];
  const lacking = Math.max(0, least - chosen.filter(isAmong).length);
  const added = others.filter(isAmong).slice(0, lacking);
  const isFirst = (channel: Channel): boolean =>
    isForAll ||
    chosen.includes(channel) ||
    added.includes(channel) ||
    // One that stood by may have been used for the alert that this one resolves.
    (channel.keepsOpen === true && incident.state === 'resolved');
  return {
    first: inOrder.filter(isFirst),
    standby: inOrder.filter((channel) => !isFirst(channel)),
    absent: wanted.filter((id) => configured.every((channel) => channel.id !== id)),
  };
}

const isForPeople = ({ reader }: Channel): boolean => reader !== 'programs';
const isReadAtOnce = ({ reader }: Channel): boolean => reader === undefined;

function policyIn(ports: Needs): Policy | undefined {
  try {
    return ports.policy;
  } catch (error) {
    if (error instanceof PolicyInvalid) return undefined;
    throw error;
  }
}
