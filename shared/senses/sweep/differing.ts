import type { SweepState } from '../../domain/register.ts';
import type { readKeys } from '../../register/keys.ts';

/** Stands for the row of a key that cannot be read. */
export const UNREADABLE_ROW = 'unreadable';

/** The result of a good sweep. */
export interface Swept {
  /** The keys that it found differing, by name. */
  readonly differing: SweepState['differing'];
}

/**
 * The keys that differ now. Each has the time of the last good sweep that did not find it differing, and the time since when
 * its row in the register has not changed: it changes with every inspection of the key.
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
      // A time in the future was set by a wrong clock.
      const isAsItWas = was?.etag === etag && was.etagSince.getTime() <= now.getTime();
      return [key, { otherwiseAt, etag, etagSince: isAsItWas ? was.etagSince : now }] as const;
    }),
  );
}
