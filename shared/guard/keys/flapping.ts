import type { KeyRecord } from '../../domain/register.ts';
import { agoMs, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { type Named, namedFor } from './actors.ts';

/** A key is flapping after so many undone acts within an hour. */
const FLAPPING_ACTS = 3;
/** How often a flapping key is inspected, in seconds. */
export const FLAPPING_INSPECTION_SECONDS = 10;
/** A key that has stayed usable for so long is no longer flapping, in ms. */
const HOLDS_AFTER_MS = 10 * MINUTE_MS;

type Undone = Pick<KeyRecord, 'inFlight'>;
type Undoing = KeyRecord['inFlight']['undone'][number];

/** What was undone within the last hour, oldest first. What a clock far ahead noted does not count. */
export const undoneLately = ({ inFlight }: Undone, now: Date): KeyRecord['inFlight']['undone'] =>
  inFlight.undone.filter(({ at }) => agoMs(at, now) < HOUR_MS);

/**
 * Whether acts on a key were undone three times within the last hour: those on the key as a whole, and those on the version
 * with the most. The order in which they were undone does not matter.
 */
export function isFlapping(record: Undone, now: Date): boolean {
  const { key = [], ...versions } = Object.groupBy(undoneLately(record, now), ({ version }) => version ?? 'key');
  const acts = (its: readonly Undoing[] = []): number =>
    new Set(its.filter((one) => !isOwnWrite(one, its)).map(({ since }) => since.getTime())).size;
  return acts(key) + Math.max(0, ...Object.values(versions).map(acts)) >= FLAPPING_ACTS;
}

/** Whether what began then may be a write of the guardian whose answer nobody saw. */
const isOwnWrite = ({ since }: Undoing, its: readonly Undoing[]): boolean =>
  its.some((other) => other.unanswered && other.since < since && since <= other.at);

/** The first act since the key last stayed usable for ten minutes; `undefined` where nothing was undone lately. */
export function flappingSince(record: Undone, now: Date): Date | undefined {
  const undone = undoneLately(record, now);
  const isFirst = ({ since }: { readonly since: Date }, place: number): boolean => {
    const before = undone[place - 1];
    return before === undefined || since.getTime() - before.at.getTime() >= HOLDS_AFTER_MS;
  };
  return undone.findLast(isFirst)?.since;
}

/** Whether a key stayed usable for ten unbroken minutes since it was last undone. */
export const isHolding = (record: Undone, now: Date): boolean =>
  undoneLately(record, now).every(({ at }) => agoMs(at, now) >= HOLDS_AFTER_MS);

/** Who did the last undone act whose audit event has come. */
export const namedFlapper = (record: KeyRecord): Named =>
  record.inFlight.undone
    .map((done) => namedFor([done.version === undefined ? 'KeyDelete' : 'KeyUpdate'], done, record))
    .findLast((named) => named !== undefined);
