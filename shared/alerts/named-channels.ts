import { PolicyInvalid } from '../errors.ts';
import type { Ports } from '../ports.ts';

/**
 * The channels that the policy names, in order. None while the policy cannot be used: then every channel there is hears
 * of it. Throws what else keeps the policy away.
 */
export function namedChannels(ports: Pick<Ports, 'policy'>): readonly string[] {
  try {
    return ports.policy.channels;
  } catch (error) {
    if (error instanceof PolicyInvalid) return [];
    throw error;
  }
}
