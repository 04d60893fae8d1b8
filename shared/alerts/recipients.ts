import type { AlertContent } from '../domain/incident.ts';
import type { Channel } from './channel.ts';

/** The channels that an alert is sent to at once, and those that are used where one of these refuses. */
export interface Recipients {
  readonly first: readonly Channel[];
  readonly standby: readonly Channel[];
  /** Ids that the policy names but that have no settings. */
  readonly absent: readonly string[];
}

const CHANNELS_FOR_CRITICAL = 2;

/**
 * The channels that the policy names, in its order; every channel that has settings where the policy names none of them.
 * A critical incident goes to at least two channels, where there are two: a channel that accepts an alert does not prove
 * that a person received it.
 */
export function recipients(
  content: AlertContent,
  named: readonly string[],
  configured: readonly Channel[],
): Recipients {
  const wanted = [...new Set(named)];
  const chosen = wanted.flatMap((id) => configured.filter((channel) => channel.id === id));
  const inOrder = [...chosen, ...configured.filter((channel) => !chosen.includes(channel))];
  const least = content.incident.severity === 'critical' ? CHANNELS_FOR_CRITICAL : 0;
  const count = chosen.length === 0 ? inOrder.length : Math.max(chosen.length, least);
  return {
    first: inOrder.slice(0, count),
    standby: inOrder.slice(count),
    absent: wanted.filter((id) => configured.every((channel) => channel.id !== id)),
  };
}
