import hostJson from '../../host.json' with { type: 'json' };
import { resetClock } from '../../local/clock.ts';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import { watch } from '../../shared/senses/sweep/tick.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';
import { scheduled } from './scheduled.ts';

/** The share of executions that the platform kills: their messages count for ten minutes. */
const KILLED = 0.005;

/**
 * How many instances the platform would start for 1,000 vaults on which nothing happens: the number of messages of the
 * longest queue, hidden ones included, divided by host.json's batchSize. The highest of a quarter of an hour on the turned
 * clock, seen before each message is taken, with the sentry's timer dead, ticks and sweeps killed at the platform's rate.
 */
export const instancesAskedAt1000Vaults: Measurement = {
  names: ['instances-asked-at-1000-vaults'],
  measure: async () => [await measureInstancesAsked(1_000, 15)],
};

export async function measureInstancesAsked(vaults: number, minutes: number): Promise<Figure> {
  try {
    const running = await scheduled(vaults, KILLED, () => true);
    await watch(running.ports);
    const settledAt = Date.now() + 2 * MINUTE_MS;
    const end = settledAt + minutes * MINUTE_MS;
    let most = 0;
    while (Date.now() < end) {
      const counts = Object.values(running.queues).map(({ messages }) => messages.length);
      if (Date.now() >= settledAt) most = Math.max(most, ...counts);
      await running.next();
    }
    const instances = Math.ceil(most / hostJson.extensions.queues.batchSize);
    return figure('instances-asked-at-1000-vaults', instances, 'instances', atMost(4));
  } finally {
    resetClock();
  }
}
