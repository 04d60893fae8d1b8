import * as z from 'zod';
import { quarantine, wholeText } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';

/** Parses a message of a queue and passes it on. A message that cannot be parsed is quarantined and not tried again. */
export async function received<T>(
  by: string,
  schema: z.ZodType<T>,
  message: unknown,
  ports: Ports,
  handle: (message: T, ports: Ports) => Promise<void>,
): Promise<void> {
  const parsed = schema.safeParse(message);
  if (!parsed.success)
    return quarantine({ content: wholeText(message), because: z.prettifyError(parsed.error) }, by, ports);
  await handle(parsed.data, ports);
}
