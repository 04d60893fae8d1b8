import { z } from 'zod';

const coded = z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]+$/) });
const caused = z.object({ cause: coded });

/** What may be said of a network error: its code, such as `ECONNREFUSED`, or its name. Its message names the address. */
export function errorCode(error: unknown): string {
  const found = caused.safeParse(error).data?.cause.code ?? coded.safeParse(error).data?.code;
  if (found !== undefined) return found;
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'TimeoutError' ? 'timed-out' : error.name;
}
