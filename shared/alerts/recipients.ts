import type { AlertContent } from '../domain/incident.ts';
import type { Channel } from './channel.ts';

/** Which channels are used at once, and which stand by for one that refuses. */
export interface Recipients {
  readonly first: readonly Channel[];
  readonly standby: readonly Channel[];
  /** Ids that the policy names and no settings are there for. */
  readonly absent: readonly string[];
}

const CHANNELS_FOR_CRITICAL = 2;

/**
 * Those that the policy names, in its order; all there are where it names none that is there; for a critical incident at
 * least two where there are two, since that one channel took an alert does not show that a person got it.
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
