import type { Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

type TimerFunction = FunctionOf<'timer'>;

/** The timers of the app, by the process's `Date`. */
export interface Timers {
  /** Starts every function whose time has come and that is not running. */
  fireDue(): void;
  /** As if the timers had died: nothing is fired. What was missed meanwhile is fired once after `resume`. */
  pause(): void;
  resume(): void;
  /** The timers are dead for good: nothing is fired any more. */
  end(): void;
}

/**
 * Fires functions at the occurrences of their schedules. A function never runs twice at a time, and occurrences that
 * pass while it runs, or while the clock leaps, are one.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
 */
export function timers(functions: readonly TimerFunction[], invoker: Invoker): Timers {
  const all = functions.map((each) => timer(each, invoker));
  let paused = false;
  let ended = false;
  return {
    fireDue() {
      if (!paused && !ended) for (const each of all) each.fireIfDue();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    end() {
      ended = true;
    },
  };
}

function timer(which: TimerFunction, invoker: Invoker): { fireIfDue(): void } {
  const after = (at: Date): Date => {
    const next = which.schedule.nextRun(at);
    if (next === null) throw new Error(`The schedule of ${which.name} has no further occurrence.`);
    return next;
  };

  let last: Date | undefined;
  let running = false;
  let next = which.runOnStartup ? new Date() : after(new Date());

  async function fire(now: Date): Promise<void> {
    running = true;
    const isPastDue = after(next) <= now;
    next = after(now);
    const status = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: (last ?? new Date(0)).toISOString(),
        LastUpdated: (last ?? new Date(0)).toISOString(),
        Next: next.toISOString(),
      },
      IsPastDue: isPastDue,
    };
    last = now;
    await invoker.withRetries(which, { data: { json: JSON.stringify(status) }, triggerMetadata: {} });
    running = false;
  }

  return {
    fireIfDue() {
      const now = new Date();
      if (!running && now >= next) void fire(now);
    },
  };
}
