import { resetClock } from '../../local/clock.ts';
import { stopAt } from '../simulation/clock.ts';
import { seedKey } from '../simulation/end-state.ts';
import { createWorld } from '../simulation/world.ts';
import { atMost, exactly, type Figure, figure, type Measurement } from './figure.ts';

const VAULT = 'bench-disks';

/**
 * What people get when all keys of a vault in `alert` are disabled at once: the incidents that were opened to a channel, each
 * of which PagerDuty makes a page of; the disabled keys without an incident; and the alerts that came twice. Without kills, on
 * a turned clock, up to five minutes after the act.
 */
export const pagesInAWave: Measurement = {
  names: ['pages', 'incidents-lost', 'incidents-told-twice'],
  measure: () => measureWave(1_000),
};

export async function measureWave(count: number): Promise<readonly Figure[]> {
  stopAt();
  try {
    const keys = Array.from({ length: count }, (_, at) => `disk-${at}`);
    const vaults = [{ name: VAULT, keys: keys.map((key) => seedKey(key, [{}])) }];
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    await world.sentry();
    await world.pass(120, 30);
    for (const key of keys) await world.as('attacker').disable(VAULT, key);
    await world.pass(300, 30);
    const { stored } = await world.ports.tables.incidents.list();
    const disabled = stored.filter(({ value: { kind } }) => kind === 'version-disabled');
    const alerts = world.alerts.map(({ incident: { id, revision } }) => `${id} ${revision}`);
    const pages = new Set(
      world.alerts.filter(({ incident: { audience } }) => audience === 'on-call').map(({ incident }) => incident.id),
    );
    return [
      figure('pages', pages.size, `of ${count} incidents`, atMost(6)),
      figure('incidents-lost', count - disabled.length, 'incidents', exactly(0)),
      figure('incidents-told-twice', alerts.length - new Set(alerts).size, 'alerts', exactly(0)),
    ];
  } finally {
    resetClock();
  }
}
