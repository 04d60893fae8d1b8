import { z } from 'zod';
import { intent } from './decision.ts';
import { moment } from './time.ts';

/** A row of the table `claims`: who works on a subject, until when, and what it means to do. */
export const claim = z.object({ owner: z.string(), until: moment, intents: z.array(intent) });
export type Claim = z.infer<typeof claim>;
