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

/** How many distinct acts on this version, or on the key as a whole, were undone within the last hour, this one included. */
function timesUndone({ version, since }: Act, { record, now }: Counted): number {
  const related = record.undone.filter(
    (undone) => now.getTime() - undone.at.getTime() < HOUR_MS && isRelated(undone, version),
  );
  // Several versions in one second are one act; the key as a whole and a version of it are two.
  const named = [...related, { version, since }].map(
    (act) => `${act.version === undefined ? 'key' : 'version'} ${act.since.getTime()}`,
  );
  return new Set(named).size;
}

/** Whether what was undone was of that version, or one of the two of the key as a whole. */
const isRelated = (undone: KeyRecord['undone'][number], version: string | undefined): boolean =>
  undone.version === undefined || version === undefined || undone.version === version;

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
