import { z } from 'zod';
import { EntryInvalid } from '../errors.ts';

/**
 * What `make` makes of an entry. Whatever it throws becomes `EntryInvalid`: computing, it fails for nothing but what it is
 * given.
 *
 * @param id the entry's
 */
export function recordable<T>(id: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new EntryInvalid(id, faultsOf(error), error);
  }
}

function faultsOf(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.map(spelled).join(', ');
  return error instanceof Error ? error.message : 'unknown';
}

const spelled = ({ path, message }: z.core.$ZodIssue): string =>
  path.length === 0 ? message : `${path.join('.')}: ${message}`;
