import * as z from 'zod';

const coded = z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]+$/) });
const caused = z.object({ cause: coded });

/** The code of a network error, such as `ECONNREFUSED`, or its name. Never its message, which contains the channel's address. */
export function errorCode(error: unknown): string {
  const found = caused.safeParse(error).data?.cause.code ?? coded.safeParse(error).data?.code;
  if (found !== undefined) return found;
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'TimeoutError' ? 'timed-out' : error.name;
}
