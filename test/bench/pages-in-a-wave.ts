import { resetClock } from '../../local/clock.ts';
import { stopAt } from '../simulation/clock.ts';
import { seedKey } from '../simulation/end-state.ts';
import { createWorld } from '../simulation/world.ts';
import { atMost, exactly, type Figure, figure, type Measurement } from './figure.ts';
import { liveBytes } from './live-bytes.ts';

const VAULT = 'bench-disks';

/**
 * What people get when all keys of a vault in `alert` are disabled at once: the incidents that were opened to a channel, each
 * of which PagerDuty makes a page of; the disabled keys without an incident; the alerts that came twice; and by how much more is
 * alive afterwards, with the storage and the local Azure, which are in the same process: the guardian alone keeps less.
 * Without kills, on a turned clock, up to five minutes after the act.
 */
export const pagesInAWave: Measurement = {
  names: ['pages', 'incidents-lost', 'incidents-told-twice', 'alert-live-growth-mib'],
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
    const before = liveBytes(world);
    for (const key of keys) await world.as('attacker').disable(VAULT, key);
    await world.pass(300, 30);
    const growth = liveBytes(world) - before;
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
      figure('alert-live-growth-mib', growth / 2 ** 20, 'MiB', atMost(64)),
    ];
  } finally {
    resetClock();
  }
}
