import { z } from 'zod';
import { act } from './audit-record.ts';
import { intent } from './decision.ts';

/** An act that the audit log reports under the guardian's own identity, with the id of its record. */
export const ownAct = act.extend({ id: z.string(), correlationId: z.string().optional() });
export type OwnAct = z.infer<typeof ownAct>;

/**
 * A row of the table `intents`. `explains` is the act that the intent was taken for; `displaced` one that had fitted before
 * its own record came.
 */
export const intentRow = intent.extend({ explains: ownAct.optional(), displaced: ownAct.optional() });
export type IntentRow = z.infer<typeof intentRow>;
