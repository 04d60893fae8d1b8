import { turnClock } from '../../local/clock.ts';
import { inspection } from '../../shared/domain/hint.ts';
import { scheduledMessage } from '../../shared/domain/schedule.ts';
import { SECOND_MS } from '../../shared/domain/time.ts';
import { inspect } from '../../shared/guard/inspect.ts';
import { inTurns } from '../../shared/in-turns.ts';
import { SURVEY_ROW, SURVEYED } from '../../shared/register/scope.ts';
import { planSweeps, scheduleOf } from '../../shared/senses/sweep/schedule.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import type { Composition } from './composition.ts';

/** Sweeps at the same time, and inspections. */
const AT_ONCE = 24;

/**
 * Sweeps every vault each minute, and inspects what sweeps ask for, second by second on a stopped clock.
 *
 * @param afterSecond called with the number of each second, from 0, before the clock is turned by it
 */
export async function sweepFor(
  seconds: number,
  running: Composition,
  afterSecond: (second: number) => void | Promise<void>,
): Promise<void> {
  const { ports, queues, policy } = running;
  const vaults = policy.vaults.map(({ name }) => name);
  for (let second = 0; second < seconds; second += 1) {
    if (second % 60 === 0) {
      await noteUnused(running);
      await planSweeps(vaults, 0, scheduleOf((await ports.tables.schedule.list()).stored), ports);
      const sweeps = queues.sweeps.take().map((message) => scheduledMessage.parse(message));
      await inTurns(AT_ONCE, sweeps, (message) => takeScheduled(message, ports));
    }
    const waiting = queues.inspections.take().map((message) => inspection.parse(message));
    await inTurns(AT_ONCE, waiting, (message) => inspect(message, ports));
    await afterSecond(second);
    turnClock(SECOND_MS);
  }
}

/** As a survey leaves it that found the vaults, each in a subscription of its own, and nothing that needs their keys. */
async function noteUnused({ ports: { tables, scope, now }, policy }: Composition): Promise<void> {
  for (const { name } of policy.vaults)
    await tables.surveyed.put(SURVEYED, name, { id: `/subscriptions/${name}/vaults/${name}`, keys: {}, unknown: [] });
  await tables.surveys.put(...SURVEY_ROW, { addedAt: now(), lastGoodAt: now(), subscriptions: {} });
  await scope.refresh(0);
}
