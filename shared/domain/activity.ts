import * as z from 'zod';
import { actor } from './audit-record.ts';
import { moment } from './time.ts';

/** A write to Resource Manager that is taken for the cause of what is found after it. */
export const changedBy = z.object({ by: actor, at: moment, event: z.string() });
export type ChangedBy = z.infer<typeof changedBy>;

/** A message of the queue `surveys`: who reaches these vaults and sets, and what they are like, is to be read at Resource Manager. */
export const accessMessage = z.object({
  kind: z.literal('read-access'),
  /** By name, in lower case; with the resource id where the event has it. */
  vaults: z.array(z.object({ name: z.string(), id: z.string().optional() })).default([]),
  /** Ids of disk encryption sets, in lower case: their identities are read. */
  sets: z.array(z.string()).default([]),
  /** Ids of user-assigned identities, in lower case: the sets that have one of them are read. */
  identities: z.array(z.string()).default([]),
  changed: changedBy.optional(),
});
export type AccessMessage = z.infer<typeof accessMessage>;
