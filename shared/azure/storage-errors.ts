import { RestError } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { type ServiceAnswer, StorageUnreachable } from '../errors.ts';
import { within } from './deadline.ts';

/** How long one call may take before it counts as not answered: token, retries and the making of its place included. */
const CALL_TIMEOUT_MS = 4_500;

// Blobs and queues give the code in the header, which the clients repeat in `code`; tables in the OData body.
const tableDetails = z.object({ odataError: z.object({ code: z.string() }) });
const blobDetails = z.object({ errorCode: z.string() });

/**
 * Reads status and code from what a storage client threw.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
 */
export function answerOf(error: unknown): ServiceAnswer {
  if (!(error instanceof RestError)) {
    const isAborted = error instanceof Error && error.name === 'AbortError';
    return { status: undefined, code: isAborted ? 'timed out' : undefined };
  }
  const table = tableDetails.safeParse(error.details);
  if (table.success) return { status: error.statusCode, code: table.data.odataError.code };
  const blob = blobDetails.safeParse(error.details);
  return { status: error.statusCode, code: blob.success ? blob.data.errorCode : error.code };
}

/** The codes for a table, queue or container that does not exist yet. */
const NOT_MADE_YET: readonly string[] = ['TableNotFound', 'QueueNotFound', 'ContainerNotFound'];

/** A call of a storage client; the signal ends it. */
type StorageCall<T> = (abortSignal: AbortSignal) => Promise<T>;

/** A table, queue or container, which is made on first use. Each call ends within 4.5 s, unless it says how long it may take. */
export interface Place {
  /** Reads: an answer whose code is in `expected` becomes its value; all else throws `StorageUnreachable`. */
  read<T, E>(
    doing: string,
    call: StorageCall<T>,
    expected: Readonly<Record<string, E>>,
    timeoutMs?: number,
  ): Promise<T | E>;
  /** Writes: as `read`; where the table, queue or container is missing, it is made and the call repeated. */
  write<T, E>(doing: string, call: StorageCall<T>, expected: Readonly<Record<string, E>>): Promise<T | E>;
}

/**
 * Calls storage and turns what it throws into values, or into `StorageUnreachable` with its cause.
 *
 * @param make makes the table, queue or container; does nothing where it exists
 */
export function placeIn(make: StorageCall<unknown>): Place {
  const read: Place['read'] = async (doing, call, expected, timeoutMs = CALL_TIMEOUT_MS) => {
    try {
      return await within(timeoutMs, call);
    } catch (error) {
      const answer = answerOf(error);
      const value = Object.entries(expected).find(([code]) => code === answer.code);
      if (value !== undefined) return value[1];
      throw new StorageUnreachable(doing, error, answer);
    }
  };
  const madeFirst =
    <T>(call: StorageCall<T>): StorageCall<T> =>
    async (abortSignal) => {
      try {
        return await call(abortSignal);
      } catch (error) {
        if (!NOT_MADE_YET.includes(answerOf(error).code ?? '')) throw error;
        await make(abortSignal);
        return call(abortSignal);
      }
    };
  return { read, write: (doing, call, expected) => read(doing, madeFirst(call), expected) };
}
