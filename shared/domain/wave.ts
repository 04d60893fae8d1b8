import * as z from 'zod';
import { later, MINUTE_MS, moment } from './time.ts';

/** Incidents on keys of one vault within `WITHIN_MS` that each have alerts of their own. */
const ALERTED_ALONE = 5;
export const WITHIN_MS = 5 * MINUTE_MS;
/** A wave notes its newest incident this often at most, in ms: a thousand at once would otherwise wait for each other. */
const NOTED_EACH_MS = MINUTE_MS;

/** The incidents that were opened lately on the keys of a vault, and the wave that they are, where they are one. */
export const waveState = z.object({
  /** When they were opened, newest last: as many as decide whether there is a wave. */
  recent: z.array(moment),
  wave: z
    .object({
      /** When the first of them was opened. */
      since: moment,
      /** When people were last alerted of its list; absent before that. */
      alertedAt: moment.optional(),
    })
    .optional(),
});
export type WaveState = z.infer<typeof waveState>;

/** The state after one more incident. While there is a wave it stays the same, but for the newest time once a minute. */
export function withOneMore(state: WaveState | undefined, now: Date): WaveState {
  const { recent = [], wave } = state ?? {};
  const lately = recent.filter((at) => at > later(now, -WITHIN_MS)).slice(-ALERTED_ALONE);
  const newest = recent.at(-1);
  if (wave !== undefined) {
    const isNoted = newest !== undefined && newest > later(now, -NOTED_EACH_MS);
    return state !== undefined && isNoted ? state : { recent: [...lately, now], wave };
  }
  const [since = now] = lately;
  return { recent: [...lately, now], ...(lately.length < ALERTED_ALONE ? {} : { wave: { since } }) };
}
