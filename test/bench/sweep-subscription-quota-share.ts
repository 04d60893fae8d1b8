import { resetClock, turnClock } from '../../local/clock.ts';
import { scheduledMessage } from '../../shared/domain/schedule.ts';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import { inTurns } from '../../shared/in-turns.ts';
import type { Ports } from '../../shared/ports.ts';
import { SURVEY_ROW, SURVEYED } from '../../shared/register/scope.ts';
import { received } from '../../shared/senses/received.ts';
import { CHUNK_VAULTS, planSweeps, scheduleOf } from '../../shared/senses/sweep/schedule.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import { composition } from './composition.ts';
import { acceptAlike, alikeVaults } from './estate.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';
import { toFullMinute } from './scheduled.ts';

/**
 * What a subscription allows in a minute: 4,000 calls on software RSA keys of 2048 bits a vault and 10 s, five vaults'
 * worth for all of them together.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/service-limits
 */
const CALLS_A_MINUTE = 5 * 4_000 * 6;
/** What the figure is told for. */
const VAULTS = 1_000;
const AT_ONCE = 24;
/** In one sweep of so many, the service fails one call of each vault with 500, and the client sends it again. */
const FAILING_IN_EACH = 10;

/**
 * The share of the subscription's documented quota that sweeping takes in the worst minute, for 1,000 vaults of 20 keys,
 * two versions a key, the older ones needed by nobody that a survey found, and so listed hourly. Measured: some of those vaults on the turned clock, from the moment
 * their baselines are accepted, all at once, through more than two hours of sweeps 60 s apart; so the full reads and the
 * lists of versions that each hour brings fall as near to one another as they can. Every request that the service saw
 * counts, 401s and what was sent again as well: a 500 is (the client sends a 429 again only where it says when, and the
 * vaults' do not). The busiest minute is then scaled to 1,000 vaults.
 */
export const sweepSubscriptionQuotaShare: Measurement = {
  names: ['sweep-subscription-quota-share'],
  measure: async () => [await measureQuotaShare({ vaults: 20, keysInEach: 20, minutes: 130 })],
};

/** @param size `vaults` is how many are measured, `minutes` how long */
export async function measureQuotaShare(size: {
  readonly vaults: number;
  readonly keysInEach: number;
  readonly minutes: number;
}): Promise<Figure> {
  const seeds = alikeVaults(size.vaults, size.keysInEach);
  const running = composition({
    vaults: seeds,
    policy: {
      vaults: seeds.map(({ name }) => ({ name, mode: 'block' })),
    },
  });
  const { ports, azure, queues, policy } = running;
  const vaults = policy.vaults.map(({ name }) => name);
  try {
    await acceptAlike(vaults, ports);
    await noteUnused(vaults, ports);
    azure.clearLog();
    toFullMinute();
    let busiest = 0;
    for (let minute = 0; minute < size.minutes; minute += 1) {
      const unfault = minute % FAILING_IN_EACH === 1 ? vaults.map((vault) => failOnce(vault)) : [];
      await planSweeps(vaults, 0, scheduleOf((await ports.tables.schedule.list()).stored), ports);
      const messages = queues.sweeps.take();
      const chunks = Math.ceil(vaults.length / CHUNK_VAULTS);
      if (messages.length !== chunks)
        throw new Error(`${messages.length} of ${chunks} chunks of vaults were to be swept in minute ${minute}.`);
      await inTurns(AT_ONCE, messages, (message) => received('sweep', scheduledMessage, message, ports, takeScheduled));
      for (const end of unfault) end();
      busiest = Math.max(busiest, azure.log.length);

      azure.clearLog();
      turnClock(MINUTE_MS);
    }
    return figure(
      'sweep-subscription-quota-share',
      (busiest / size.vaults) * (VAULTS / CALLS_A_MINUTE),
      'of the quota',
      atMost(0.05),
    );
  } finally {
    resetClock();
  }

  function failOnce(vault: string): () => void {
    return azure.fault({ match: { vault, operation: 'list' }, answer: { kind: 'internal-error' }, times: 1 });
  }
}

/** As a survey leaves it that found the vaults, and nothing that needs their keys. */
async function noteUnused(vaults: readonly string[], { tables, scope, now }: Ports): Promise<void> {
  for (const vault of vaults)
    await tables.surveyed.put(SURVEYED, vault, { id: `/subscriptions/bench/vaults/${vault}`, keys: {}, unknown: [] });
  await tables.surveys.put(...SURVEY_ROW, { addedAt: now(), lastGoodAt: now(), subscriptions: {} });
  await scope.refresh(0);
}
