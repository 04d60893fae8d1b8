import * as z from 'zod';
import { SECOND_MS } from './time.ts';

const seconds = z.string().trim().regex(/^\d+$/).transform(Number);

/** Seconds of a `Retry-After`, which is a number of them or a date; `undefined` where it is neither, or not there. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export function retryAfterSeconds(header: string | null | undefined, now: Date): number | undefined {
  if (header === null || header === undefined) return undefined;
  const given = seconds.safeParse(header);
  if (given.success) return given.data;
  const untilMs = Date.parse(header) - now.getTime();
  return Number.isNaN(untilMs) ? undefined : Math.max(0, Math.ceil(untilMs / SECOND_MS));
}
