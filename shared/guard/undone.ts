import type { Finding } from '../domain/finding.ts';
import type { KeyRecord } from '../domain/register.ts';
import { HOUR_MS } from '../domain/time.ts';

/** This many acts undone within an hour make a key contested. */
const CONTESTED_ACTS = 3;

/** What counting rests on: what was undone of the key before, and when it is now. */
interface Counted {
  readonly record: Pick<KeyRecord, 'undone'>;
  readonly now: Date;
}
/** As well, when the look began that asks. */
interface Looking extends Counted {
  readonly lookBeganAt: Date;
}

type Act = Pick<Finding, 'since'> & { readonly version?: string | undefined };

/** Whether an act is the third on this version, or on the key as a whole, that was undone within the last hour. */
export const isThird = (act: Act, counted: Counted): boolean => timesUndone(act, counted) >= CONTESTED_ACTS;

/**
 * How many distinct acts on this version and on the key as a whole were undone within the last hour, this one included; of
 * the key as a whole, with the version that has most: so that it is the same in whatever order they were undone.
 */
function timesUndone(act: Act, { record, now }: Counted): number {
  const acts: readonly Act[] = [...record.undone.filter(({ at }) => now.getTime() - at.getTime() < HOUR_MS), act];
  const distinct = (of: string | undefined): number =>
    new Set(acts.flatMap(({ version, since }) => (version === of ? [since.getTime()] : []))).size;
  const versions = act.version === undefined ? acts.flatMap(({ version }) => version ?? []) : [act.version];
  return distinct(undefined) + Math.max(0, ...versions.map(distinct));
}

/**
 * How long ago another act on this very version, or on the key as a whole, was last undone, in ms; infinite where none was.
 * What this look has undone does not count, nor the key for its versions: putting one state back may take several writes.
 */
export function sinceLastUndoingMs({ version, since }: Act, { record, now, lookBeganAt }: Looking): number {
  const others = record.undone.filter(
    (undone) =>
      undone.at.getTime() < lookBeganAt.getTime() &&
      undone.version === version &&
      undone.since.getTime() !== since.getTime(),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...others.map(({ at }) => now.getTime() - at.getTime()));
}
