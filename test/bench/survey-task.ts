import { z } from 'zod';

/** What the surveying process is told. */
export const surveyTask = z.object({
  /** Where the local Azure listens, on the loopback address, and whom to trust there. */
  port: z.number().int(),
  ca: z.string(),
  /** The surveyor's. */
  token: z.string(),
  subscriptions: z.array(z.string()).min(1),
});
export type SurveyTask = z.infer<typeof surveyTask>;

/** What it tells when it is done. */
export const surveyReport = z.object({ liveGrowthBytes: z.number(), keys: z.number().int() });
export type SurveyReport = z.infer<typeof surveyReport>;
