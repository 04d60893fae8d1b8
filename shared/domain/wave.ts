import * as z from 'zod';
import { later, MINUTE_MS, moment } from './time.ts';

/** Incidents on keys of one vault within `WITHIN_MS` that each have alerts of their own. */
const ALERTED_ALONE = 5;
export const WITHIN_MS = 5 * MINUTE_MS;
/** A wave notes its newest incident this often at most, in ms: a thousand at once would otherwise wait for each other. */
const NOTED_EACH_MS = MINUTE_MS;

/** The incidents that were opened lately on the keys of a vault, and the wave that they are, where they are one. */
export const waveState = z.object({
  /** Their ids, and when they were opened, newest last: as many as decide whether there is a wave. */
  recent: z.array(z.object({ id: z.string(), at: moment })),
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

/**
 * The state after an incident was opened: one that is opened again after a failure counts once. While there is a wave the
 * state stays the same, but for the newest incident once a minute.
 */
export function withOpened(state: WaveState | undefined, id: string, now: Date): WaveState {
  const { recent = [], wave } = state ?? {};
  if (state !== undefined && recent.some((one) => one.id === id)) return state;
  const lately = recent.filter(({ at }) => at > later(now, -WITHIN_MS)).slice(-ALERTED_ALONE);
  const next = [...lately, { id, at: now }];
  const newest = recent.at(-1)?.at;
  if (wave !== undefined) {
    const isNoted = newest !== undefined && newest > later(now, -NOTED_EACH_MS);
    return state !== undefined && isNoted ? state : { recent: next, wave };
  }
  const [first] = lately;
  return {
    recent: next,
    ...(first === undefined || lately.length < ALERTED_ALONE ? {} : { wave: { since: first.at } }),
  };
}
