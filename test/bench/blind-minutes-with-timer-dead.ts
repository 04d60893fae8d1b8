import { resetClock, turnClock } from '../../local/clock.ts';
import { sweepMessage } from '../../shared/domain/hint.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import { received } from '../../shared/senses/received.ts';
import { keepSweeping } from '../../shared/senses/sweep/schedule.ts';
import { sweep } from '../../shared/senses/sweep/sweep.ts';
import { type Composition, composition } from './composition.ts';
import { acceptAlike, alikeVaults, numbered } from './estate.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';

/** The clock turns this far at a time: also how long a message that is due may wait to be seen, in seconds. */
const STEP_SECONDS = 1;

/**
 * How long a vault goes unwatched when its sweep's message is lost while the timer is dead and two other vaults' sweeps
 * run, in minutes, on the turned clock with sweeps 60 s apart. By the harsher reading: from the beginning of the last sweep
 * before to that of the first after, so that the minute in which nothing was due counts as well. The other vaults' sweeps
 * are put at every tenth second of the minute after the lost vault's; the worst of those runs is given.
 */
export const blindMinutesWithTimerDead: Measurement = {
  names: ['blind-minutes-with-timer-dead'],
  measure: () => measureBlindMinutes([0, 10, 20, 30, 40, 50]),
};

/** @param phasesSeconds how long after the lost vault's sweeps those of the others begin, one run for each */
export async function measureBlindMinutes(phasesSeconds: readonly number[]): Promise<readonly Figure[]> {
  const gaps: number[] = [];
  for (const phase of phasesSeconds) gaps.push(await longestGapMs(phase));
  return [figure('blind-minutes-with-timer-dead', Math.max(...gaps) / MINUTE_MS, 'minutes', atMost(3))];
}

const LOST = 'bench-000';
/** The last moment that a `Date` can tell. */
const LAST_MOMENT_MS = 8.64e15;

async function longestGapMs(phaseSeconds: number): Promise<number> {
  try {
    const running = composition({
      vaults: alikeVaults(3, 2),
      policy: { vaults: numbered('bench', 3).map((name) => ({ name, mode: 'block' })) },
    });
    const { ports, policy, queues, azure } = running;
    await acceptAlike(
      policy.vaults.map(({ name }) => name),
      ports,
    );
    // The sentry lives once more, and dies.
    await keepSweeping('sentry', ports);
    const scheduled = queues.sweeps.take().map((message) => sweepMessage.parse(message));
    azure.clearLog();
    for (const message of scheduled.filter(({ vault }) => vault === LOST)) await handle(message, running);
    await pass(phaseSeconds, running);
    for (const message of scheduled.filter(({ vault }) => vault !== LOST)) await handle(message, running);
    await pass(300 - phaseSeconds, running);
    await lose(running);
    await pass(600, running);
    return longest(
      azure.log.filter(({ vault, operation }) => vault === LOST && operation === 'list').map(({ at }) => at),
    );
  } finally {
    resetClock();
  }
}

const handle = (message: unknown, { ports }: Composition): Promise<void> =>
  received('sweep', sweepMessage, message, ports, sweep);

/** Turns the clock, and hands over what is due. */
async function pass(seconds: number, running: Composition): Promise<void> {
  for (let passed = 0; passed < seconds; passed += STEP_SECONDS) {
    turnClock(STEP_SECONDS * SECOND_MS);
    for (const message of running.queues.sweeps.take()) await handle(message, running);
  }
}

/** Takes the lost vault's message off the queue; the others' go back as they were. */
async function lose({ queues }: Composition): Promise<void> {
  const standing = queues.sweeps.messages.slice();
  queues.sweeps.take(new Date(LAST_MOMENT_MS));
  for (const { message, visibleAt } of standing.filter((each) => sweepMessage.parse(each.message).vault !== LOST))
    await queues.sweeps.send(message, (visibleAt.getTime() - Date.now()) / SECOND_MS);
}

/** The end of the run ends the last gap: a vault that nobody swept again was blind for at least so long. */
function longest(sweeps: readonly Date[]): number {
  const gaps = [...sweeps, new Date()]
    .slice(1)
    .map((at, before) => at.getTime() - (sweeps[before]?.getTime() ?? at.getTime()));
  return Math.max(...gaps);
}
