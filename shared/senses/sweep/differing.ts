import type { SweepState } from '../../domain/register.ts';
import type { readKeys } from '../../register/keys.ts';

/** Stands for the row of a key that cannot be read. */
export const UNREADABLE_ROW = 'unreadable';

/** What a good sweep came to. */
export interface Swept {
  /** By name, the keys that it found differing. */
  readonly differing: SweepState['differing'];
}

/**
 * The keys that differ now: each with the last good sweep that did not find it differing, and since when its row of the
 * register stands as it does, as it does while nobody inspects the key.
 *
 * @param differing their names
 */
export function nextDiffering(
  { differing: before, lastGoodAt }: Pick<SweepState, 'differing' | 'lastGoodAt'>,
  differing: readonly string[],
  { known, unreadable }: Awaited<ReturnType<typeof readKeys>>,
  now: Date,
): SweepState['differing'] {
  return Object.fromEntries(
    differing.map((key) => {
      const was = before[key];
      const etag = unreadable.has(key) ? UNREADABLE_ROW : (known.get(key)?.stored?.row.etag ?? '');
      const otherwiseAt = was === undefined ? lastGoodAt : was.otherwiseAt;
      // One that is still to come was noted by a clock that was ahead.
      const isAsItWas = was?.etag === etag && was.etagSince.getTime() <= now.getTime();
      return [key, { otherwiseAt, etag, etagSince: isAsItWas ? was.etagSince : now }] as const;
    }),
  );
}
