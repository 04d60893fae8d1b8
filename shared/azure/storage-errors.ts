import { RestError } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { type ServiceAnswer, StorageUnreachable } from '../errors.ts';

/** How long one call may take, retries included, before it counts as not answered. */
const CALL_TIMEOUT_MS = 4_500;

/** The signal that ends one call to storage after 4.5 s, retries included: a new one for each call. */
export function callDeadline(): AbortSignal {
  return AbortSignal.timeout(CALL_TIMEOUT_MS);
}

// Blobs and queues give the code in the header, which the clients repeat in `code`; tables in the OData body.
const tableDetails = z.object({ odataError: z.object({ code: z.string() }) });
const blobDetails = z.object({ errorCode: z.string() });

/**
 * Reads status and code from what a storage client threw.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
 */
export function answerOf(error: unknown): ServiceAnswer {
  if (!(error instanceof RestError)) return { status: undefined, code: undefined };
  const table = tableDetails.safeParse(error.details);
  if (table.success) return { status: error.statusCode, code: table.data.odataError.code };
  const blob = blobDetails.safeParse(error.details);
  return { status: error.statusCode, code: blob.success ? blob.data.errorCode : error.code };
}

/** The codes for a table, queue or container that does not exist yet. */
const NOT_MADE_YET: readonly string[] = ['TableNotFound', 'QueueNotFound', 'ContainerNotFound'];

/** A table, queue or container, which is made on first use. */
export interface Place {
  /** Reads: an answer whose code is in `expected` becomes its value; all else throws `StorageUnreachable`. */
  read<T, E>(doing: string, call: () => Promise<T>, expected: Readonly<Record<string, E>>): Promise<T | E>;
  /** Writes: as `read`; where the table, queue or container is missing, it is made and the call repeated. */
  write<T, E>(doing: string, call: () => Promise<T>, expected: Readonly<Record<string, E>>): Promise<T | E>;
}

/**
 * Calls storage and turns what it throws into values, or into `StorageUnreachable` with its cause.
 *
 * @param make makes the table, queue or container; does nothing where it exists
 */
export function placeIn(make: () => Promise<unknown>): Place {
  async function attempt<T, E>(
    doing: string,
    call: () => Promise<T>,
    expected: Readonly<Record<string, E>>,
    makeIfMissing: boolean,
  ): Promise<T | E> {
    try {
      return await call();
    } catch (error) {
      const answer = answerOf(error);
      const { code } = answer;
      if (code !== undefined && makeIfMissing && NOT_MADE_YET.includes(code)) {
        await attempt(`${doing} (making the place for it)`, make, {}, false);
        return attempt(doing, call, expected, false);
      }
      const value = code === undefined ? undefined : Object.entries(expected).find(([key]) => key === code);
      if (value !== undefined) return value[1];
      throw new StorageUnreachable(doing, error, answer);
    }
  }
  return {
    read: (doing, call, expected) => attempt(doing, call, expected, false),
    write: (doing, call, expected) => attempt(doing, call, expected, true),
  };
}
