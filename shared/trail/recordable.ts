import * as z from 'zod';
import { EntryInvalid } from '../errors.ts';

/**
 * Returns what `make` makes of an entry. Whatever it throws becomes `EntryInvalid`: it only computes, so a failure can only
 * come from the entry.
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
