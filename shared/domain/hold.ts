import { z } from 'zod';
import { actor } from './audit-record.ts';
import { spell } from './key.ts';
import { HOUR_MS, moment } from './time.ts';

/** Stops every write at once: on one key, one vault, or everything. Sensing and telling go on. */
export const hold = z.object({
  id: z.string(),
  /** `undefined` for everything. */
  vault: z.string().optional(),
  /** `undefined` for the whole vault. */
  key: z.string().optional(),
  by: actor,
  why: z.string(),
  from: moment,
  /** When it ends by itself. */
  until: moment,
  released: z.object({ by: actor, at: moment }).optional(),
});
export type Hold = z.infer<typeof hold>;

/** What a hold stops, in words. */
export const spellHold = ({ vault, key }: Pick<Hold, 'vault' | 'key'>): string =>
  vault === undefined ? 'everything' : spell({ vault, key });

/** How long a hold lasts where nobody says, in ms. */
export const DEFAULT_HOLD_MS = 4 * HOUR_MS;

/** Whether a hold stops anything at this moment. */
export const isInForce = ({ released, until }: Hold, now: Date): boolean =>
  released === undefined && now.getTime() < until.getTime();

/** The hold that stops writes to a key at this moment, if there is one. */
export function holdOn(
  holds: readonly Hold[],
  id: { readonly vault: string; readonly key: string },
  now: Date,
): Hold | undefined {
  return holds.find(
    (candidate) =>
      (candidate.vault === undefined || candidate.vault === id.vault) &&
      (candidate.key === undefined || candidate.key === id.key) &&
      isInForce(candidate, now),
  );
}
