import { KeyClient } from '@azure/keyvault-keys';
import { resetClock, stopClock } from '../../local/clock.ts';
import { composition } from './composition.ts';
import { acceptAlike, alikeVaults } from './estate.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';
import { toFullMinute } from './scheduled.ts';
import { sweepFor } from './sweeping.ts';

/** The pipeline applies its template so often, in seconds. */
const APPLIED_EVERY_SECONDS = 1_800;
const PER_DAY = 86_400;

/**
 * How often the guardian writes to a key within a day, at most, while a pipeline sets the key's rotation policy back every
 * half hour. Measured on the turned clock, with sweeps 60 s apart; audit events do not come, so that only sweeps show it.
 */
export const writesInAFight: Measurement = {
  names: ['writes-in-a-fight'],
  measure: async () => [await measureFight({ keys: 5, seconds: PER_DAY })],
};

/** @param size `seconds` is how long the fight goes on: the figure is what was written in that time, and not scaled */
export async function measureFight(size: { readonly keys: number; readonly seconds: number }): Promise<Figure> {
  stopClock();
  toFullMinute();
  const seeds = alikeVaults(1, size.keys);
  const [vault] = seeds;
  const rotation = { every: 'P100Y', notifyBefore: 'P30D' };
  const running = composition({
    vaults: seeds,
    policy: { vaults: seeds.map(({ name }) => ({ name, mode: 'block', rotation })) },
  });
  const { azure, ports } = running;
  azure.setGrants('attacker', [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/*'] }]);
  const pipeline = new KeyClient(`https://${vault?.name}.vault.azure.net`, azure.credential('attacker'), {
    httpClient: azure.httpClient,
  });
  const keys = (vault?.keys ?? []).map(({ name }) => name);
  try {
    await acceptAlike(
      seeds.map(({ name }) => name),
      ports,
    );
    const writes = new Map<string, number>();
    await sweepFor(size.seconds, running, async (second) => {
      if (second % APPLIED_EVERY_SECONDS === APPLIED_EVERY_SECONDS - 1)
        for (const key of keys) await pipeline.updateKeyRotationPolicy(key, { lifetimeActions: [] });
      for (const { identity, key = '', changed } of azure.log)
        if (identity === 'keeper' && changed) writes.set(key, (writes.get(key) ?? 0) + 1);
      azure.clearLog();
    });
    // Where the guardian wrote nothing, there was no fight.
    const most = writes.size < keys.length ? Number.NaN : Math.max(...writes.values());
    return figure('writes-in-a-fight', most, 'writes to a key', atMost(2));
  } finally {
    resetClock();
  }
}
