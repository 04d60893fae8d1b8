import { PolicyInvalid } from '../errors.ts';
import type { Ports } from '../ports.ts';

/**
 * The channels that the policy names, in order. Empty while the policy cannot be used: then every channel that has its
 * settings is used. Throws where reading the policy fails for any other reason.
 */
export function namedChannels(ports: Pick<Ports, 'policy'>): readonly string[] {
  try {
    return ports.policy.channels;
  } catch (error) {
    if (error instanceof PolicyInvalid) return [];
    throw error;
  }
}
