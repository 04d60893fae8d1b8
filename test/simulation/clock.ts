import { stopClock, turnClock } from '../../local/clock.ts';

/** A Monday morning, ten minutes into an hour: what happens within the next 49 minutes happens within one hour. */
export const MONDAY = '2031-03-03T09:10:00.000Z';

/**
 * Stops the process's `Date` and `performance.now()` at a fixed moment: from there they move only when they are turned, so
 * that a busy machine changes no result. Put them back with `resetClock`.
 */
export function stopAt(moment = MONDAY): void {
  stopClock();
  turnClock(new Date(moment).getTime() - Date.now());
}
