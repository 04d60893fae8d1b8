import { stopClock, turnClock } from '../../local/clock.ts';

/** A Monday morning, ten minutes into an hour: what happens within the next 49 minutes happens within one hour. */
export const MONDAY = '2031-03-03T09:10:00.000Z';

/** Turns the process's `Date` to a fixed moment, from which it goes on. Put it back with `resetClock`. */
export function startAt(moment = MONDAY): void {
  turnClock(new Date(moment).getTime() - Date.now());
}

/** Stops the process's `Date` at a fixed moment: from there it moves only when it is turned. Put it back with `resetClock`. */
export function stopAt(moment = MONDAY): void {
  stopClock();
  startAt(moment);
}
