/**
 * The clock of the local Azure: the process's own `Date`, which can be turned ahead. Timers (`setTimeout`) and, unless the
 * clock is stopped, `performance.now()` go on with real time, so that nothing waits longer because the date moved.
 */
const RealDate = globalThis.Date;
const realSteadyNow = performance.now.bind(performance);

let aheadMs = 0;
let stoppedMs: number | undefined;
let installed = false;

const turnedNow = (): number => (stoppedMs ?? RealDate.now()) + aheadMs;

/** A `Proxy`, not a subclass: dates made before and after the turn stay of one class, for `instanceof` and for zod. */
function install(): void {
  if (installed) return;
  installed = true;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [turnedNow()] : args, newTarget),
    apply: () => new RealDate(turnedNow()).toString(),
    get: (target, property, receiver) => (property === 'now' ? turnedNow : Reflect.get(target, property, receiver)),
  });
}

/**
 * Turns the process's `Date` by so many milliseconds from where it stands: `new Date()` and `Date.now()` are ahead from
 * now on, dates made from a value are not touched. Negative turns it back.
 */
export function turnClock(ms: number): void {
  install();
  aheadMs += ms;
}

/**
 * Stops the process's `Date`, and `performance.now()` with it: from now on both move only when the clock is turned, however
 * long the machine takes.
 */
export function stopClock(): void {
  install();
  if (stoppedMs !== undefined) return;
  stoppedMs = RealDate.now();
  const awayMs = realSteadyNow() - turnedNow();
  performance.now = () => turnedNow() + awayMs;
}

/** Puts the process's `Date` and `performance.now()` back to real time. */
export function resetClock(): void {
  performance.now = realSteadyNow;
  aheadMs = 0;
  stoppedMs = undefined;
}

/** Whether the process's `Date` moves only when it is turned. */
export function isClockStopped(): boolean {
  return stoppedMs !== undefined;
}

/** How far the process's `Date` is ahead of real time, in milliseconds. */
export function clockAheadMs(): number {
  return aheadMs;
}
