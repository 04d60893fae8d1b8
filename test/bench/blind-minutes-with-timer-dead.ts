import { resetClock } from '../../local/clock.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/domain/time.ts';
import { readSweep } from '../../shared/register/vaults.ts';
import { watch } from '../../shared/senses/sweep/tick.ts';
import { atMost, type Figure, figure, type Measurement, noTarget } from './figure.ts';
import { isTickComing, scheduled } from './scheduled.ts';

/** The share of executions that the platform kills. */
const KILLED = 0.005;
const VAULT = 'bench-000';
/** Both chains are lost where no tick comes within so many seconds: each brings the other back within that time. */
const LOST_SECONDS = 100;

/**
 * The longest time that a vault goes unswept while the timer is dead for good and ticks are killed at the platform's rate, at
 * a point drawn evenly over their calls, in minutes: 1,000 hours on the turned clock, with sweeps 60 s apart, from the
 * beginning of one good sweep to that of the next. A killed tick comes back after ten minutes. Where both chains were
 * killed before either of them had queued its successor, that gap is left out, and counted by itself.
 */
export const blindMinutesWithTimerDead: Measurement = {
  names: ['blind-minutes-with-timer-dead', 'both-chains-of-ticks-lost'],
  measure: () => measureBlindMinutes(1_000),
};

/** @param killed the share of ticks that are killed, default that of the platform */
export async function measureBlindMinutes(hours: number, killed: number = KILLED): Promise<readonly Figure[]> {
  try {
    const running = await scheduled(1, killed, ({ kind }) => kind === 'tick');
    // The sentry runs once, and dies.
    await watch(running.ports);
    const end = Date.now() + hours * HOUR_MS;
    let lastGoodAt = new Date();
    let longestMs = 0;
    let lost = 0;
    let isLost = false;
    while (Date.now() < end) {
      const isKilled = await running.next();
      if (isKilled && !isLost && !isTickComing(running, LOST_SECONDS)) {
        isLost = true;
        lost += 1;
      }
      const sweptAt = (await readSweep(running.ports.tables, VAULT))?.value.lastGoodAt ?? lastGoodAt;
      if (sweptAt > lastGoodAt) {
        if (!isLost) longestMs = Math.max(longestMs, sweptAt.getTime() - lastGoodAt.getTime());
        isLost = false;
        lastGoodAt = sweptAt;
      }
    }
    return [
      figure('blind-minutes-with-timer-dead', longestMs / MINUTE_MS, 'minutes', atMost(3)),
      figure('both-chains-of-ticks-lost', lost, `times in ${hours} hours`, noTarget),
    ];
  } finally {
    resetClock();
  }
}
