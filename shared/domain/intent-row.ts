import { z } from 'zod';
import { actor } from './audit-record.ts';
import { intent } from './decision.ts';
import { moment } from './time.ts';

/** An act that an audit record reports under the guardian's own identity, with the id of that record. */
export const ownAct = z.object({
  id: z.string(),
  operation: z.string(),
  version: z.string().optional(),
  by: actor,
  at: moment,
  correlationId: z.string().optional(),
});
export type OwnAct = z.infer<typeof ownAct>;

/**
 * A row of the table `intents`. `explains` is the act that the intent explains; `displaced` is an act that it seemed to
 * explain before the record of its own act came.
 */
export const intentRow = intent.extend({ explains: ownAct.optional(), displaced: ownAct.optional() });
export type IntentRow = z.infer<typeof intentRow>;
