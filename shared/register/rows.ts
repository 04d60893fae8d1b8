import type { z } from 'zod';
import { RegisterUnreadable } from '../errors.ts';
import type { Row } from '../storage.ts';

/** A row's data as its schema says. Throws `RegisterUnreadable` where it is something else. */
export function parsed<T>(schema: z.ZodType<T>, row: Row): T {
  const result = schema.safeParse(row.data);
  if (!result.success)
    throw new RegisterUnreadable(`${row.partition}/${row.row}`, JSON.stringify(row.data), result.error);
  return result.data;
}
