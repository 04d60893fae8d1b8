import { app, type Timer } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { turnClock } from '../../../local/clock.ts';
import { HostNotStarted } from '../../../local/host/errors.ts';
import type { Ending } from '../../../local/host/invoke.ts';
import { type FunctionOf, parseRegistrations } from '../../../local/host/registration.ts';
import { timers } from '../../../local/host/timers.ts';
import { apps } from './app.ts';

const { start } = apps();

const minute = 60_000;

describe('a timer', () => {
  it('fires at each occurrence of its schedule, by the turned clock', async () => {
    const fired: Date[] = [];
    const host = await start(() =>
      app.timer('sentry', { schedule: '0 * * * * *', handler: () => void fired.push(new Date()) }),
    );
    await host.advance(10 * minute);
    expect(fired).toHaveLength(10);
    expect(fired.every((at) => at.getUTCSeconds() < 2)).toBe(true);
  });

  it('reads its schedule in UTC, day and weekday both matching', async () => {
    const fired: Date[] = [];
    const host = await start(() =>
      app.timer('survey', { schedule: '0 0 9 13 * 5', handler: () => void fired.push(new Date()) }),
    );
    await host.advance(366 * 24 * 60 * minute, 60 * minute);
    expect(fired.length).toBeGreaterThan(0);
    expect(fired.map((at) => [at.getUTCDate(), at.getUTCDay(), at.getUTCHours()])).toEqual(fired.map(() => [13, 5, 9]));
  });

  it('fires once at the start where it is registered so', async () => {
    const fired: Date[] = [];
    const handler = (): void => void fired.push(new Date());
    const host = await start(() => app.timer('sentry', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler }));
    await host.idle();
    expect(fired).toHaveLength(1);
  });

  it('does not fire at the start otherwise', async () => {
    const fired: Date[] = [];
    const handler = (): void => void fired.push(new Date());
    const host = await start(() => app.timer('sentry', { schedule: '0 0 0 1 1 *', handler }));
    await host.idle();
    expect(fired).toEqual([]);
  });

  it('fires by itself in real time after the clock was turned', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await start(() => app.timer('sentry', { schedule: '0 0 * * * *', handler: () => resolve() }));
    turnClock(60 * minute);
    await promise;
  });

  it('fires once, past due, for all occurrences that a leap of the clock passed over', async () => {
    const got: Timer[] = [];
    const host = await start(() =>
      app.timer('sentry', { schedule: '0 * * * * *', handler: (timer) => void got.push(timer) }),
    );
    await host.advance(minute, minute);
    await host.advance(10 * minute, 10 * minute);
    expect(got.map(({ isPastDue }) => isPastDue)).toEqual([false, true]);
    expect(got[1]?.scheduleStatus.last).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(Date.parse(got[1]?.scheduleStatus.next ?? '')).toBeGreaterThan(Date.now());
  });

  it('fires nothing while it is dead, and once when it lives again', async () => {
    const fired: Date[] = [];
    const handler = (): void => void fired.push(new Date());
    const host = await start(() => app.timer('sentry', { schedule: '0 * * * * *', handler }));
    host.pauseTimers();
    await host.advance(10 * minute, 5_000);
    expect(fired).toHaveLength(0);
    host.resumeTimers();
    await host.advance(1_000);
    expect(fired).toHaveLength(1);
    await host.advance(2 * minute, 5_000);
    expect(fired).toHaveLength(3);
  });

  it('never fires again once it is dead for good', async () => {
    const fired: Date[] = [];
    const handler = (): void => void fired.push(new Date());
    const host = await start(() => app.timer('sentry', { schedule: '0 * * * * *', handler }));
    host.endTimers();
    host.resumeTimers();
    await host.advance(24 * 60 * minute, 60 * minute);
    expect(fired).toEqual([]);
  });

  it('does not start its function again while it runs, and does once it has ended', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<Ending>();
    const calls: string[] = [];
    const withRetries = (which: FunctionOf): Promise<Ending> => {
      calls.push(which.name);
      return released;
    };
    const registered = { metadata: metadataOf({ schedule: '0 * * * * *' }), callback: () => {} };
    const functions = parseRegistrations([registered], {}).filter((each) => each.kind === 'timer');
    const clockwork = timers(functions, { once: withRetries, withRetries, failures: [] });

    turnClock(minute);
    clockwork.fireDue();
    turnClock(10 * minute);
    clockwork.fireDue();
    expect(calls).toHaveLength(1);
    release({ kind: 'succeeded', returned: undefined });
    await released;
    clockwork.fireDue();
    expect(calls).toHaveLength(2);
  });

  it('goes on firing after its function threw', async () => {
    let fired = 0;
    const handler = (): void => {
      fired += 1;
      throw new Error('crash');
    };
    const host = await start(() => app.timer('sentry', { schedule: '0 * * * * *', handler }));
    await host.advance(3 * minute, 5_000);
    expect(fired).toBe(3);
    expect(host.failures).toHaveLength(3);
    expect(host.failures[0]?.at).toBeInstanceOf(Date);
  });

  it('repeats a failed run as its retry says, with the number of the repetition', async () => {
    const seen: unknown[] = [];
    const host = await start(() =>
      app.timer('survey', {
        schedule: '0 0 0 1 1 *',
        runOnStartup: true,
        retry: { strategy: 'fixedDelay', delayInterval: { seconds: 10 }, maxRetryCount: 2 },
        handler: (_, context) => {
          seen.push(context.retryContext?.retryCount);
          throw new Error('crash');
        },
      }),
    );
    await host.idle();
    expect(seen).toEqual([undefined]);
    await host.advance(60_000);
    expect(seen).toEqual([undefined, 1, 2]);
  });

  it.each(['* * * * *', '0 61 * * * *', 'every minute'])(
    'is refused at the start with the schedule %s',
    async (schedule) => {
      const started = start(() => app.timer('sentry', { schedule, handler: () => {} }));
      await expect(started).rejects.toThrow(HostNotStarted);
      await expect(started).rejects.toThrow(schedule);
    },
  );
});

function metadataOf(trigger: Readonly<Record<string, unknown>>) {
  return { name: 'sentry', bindings: { timer: { type: 'timerTrigger', direction: 'in', ...trigger } } };
}
