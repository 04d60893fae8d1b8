import * as z from 'zod';
import { agoMs, MINUTE_MS, moment } from './time.ts';

/** Keys of one vault, or of one actor, with incidents within `WITHIN_MS` that each have alerts of their own. */
const ALERTED_ALONE = 5;
export const WITHIN_MS = 5 * MINUTE_MS;
/** A wave notes its newest incident this often at most, in ms: a thousand at once would otherwise wait for each other. */
const NOTED_EACH_MS = MINUTE_MS;

/** The keys of a vault, or of an actor, that had incidents lately, and the wave that these are, where they are one. */
export const waveState = z.object({
  /** When each had its first one, newest last: as many as decide whether there is a wave. */
  recent: z.array(z.object({ key: z.string(), at: moment })),
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
 * The state after an incident on a key was opened. A key counts once, however often it is attacked: that is for its own
 * incidents to say. While there is a wave the state stays the same, but for the newest incident once a minute.
 *
 * @param at when it was opened; earlier than now where the wave is one of an actor, who becomes known later
 */
export function withOpened(state: WaveState | undefined, key: string, at: Date, now: Date): WaveState {
  const { recent = [], wave } = state ?? {};
  const lately = recent.filter((one) => Math.abs(at.getTime() - one.at.getTime()) < WITHIN_MS);
  const others = lately.filter((one) => one.key !== key).slice(-ALERTED_ALONE);
  if (wave !== undefined) {
    const newest = recent.at(-1)?.at;
    const isNoted = newest !== undefined && agoMs(newest, now) < NOTED_EACH_MS;
    return state !== undefined && isNoted ? state : { recent: [...others, { key, at: now }], wave };
  }
  if (state !== undefined && others.length < lately.length && lately.length <= ALERTED_ALONE) return state;
  const atMs = [...others, { at }].map((one) => one.at.getTime());
  const firstMs = Math.min(...atMs);
  if (others.length < ALERTED_ALONE || Math.max(...atMs) - firstMs >= WITHIN_MS)
    return { recent: [...others, { key, at }] };
  return { recent: [...others, { key, at: now }], wave: { since: new Date(firstMs) } };
}
