import * as z from 'zod';

/** A moment, UTC. Written to JSON as an ISO 8601 string with milliseconds and read back from one. */
export const moment = z.coerce.date();

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How far another service's clock may be from ours, in ms. */
export const CLOCKS_APART_MS = 5 * SECOND_MS;

/** How far a time that a vault wrote may be ahead of the act, in ms: it is rounded to the nearest second. */
export const WRITTEN_AHEAD_MS = 500;

/** The moment `ms` milliseconds later; earlier where `ms` is negative. */
export const later = (from: Date, ms: number): Date => new Date(from.getTime() + ms);

/**
 * How long ago a moment was, in ms. A moment in the future was noted by a clock that was ahead: it counts as so long ago as it
 * is ahead, so that nothing waits for it.
 */
export const agoMs = (moment: Date, now: Date): number => Math.abs(now.getTime() - moment.getTime());

/** A moment without its milliseconds: vaults store whole seconds. */
export const wholeSecond = (moment: Date): Date => new Date(Math.floor(moment.getTime() / SECOND_MS) * SECOND_MS);

/** A moment as people read it, to the second: `2026-03-01 13:00:00 UTC`; `none` where there is none. */
export const utc = (moment: Date | undefined): string =>
  moment === undefined
    ? 'none'
    : `${moment.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' ')} UTC`;

/** Whether two moments are the same; `undefined` (no date set) is only the same as itself. */
export const sameMoment = (one: Date | undefined, other: Date | undefined): boolean =>
  one?.getTime() === other?.getTime();
