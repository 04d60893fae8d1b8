import type { AlertLog } from '../alerts/channel.ts';
import type { Heartbeat } from '../alerts/heartbeat.ts';
import { guardedVaults } from '../domain/policy.ts';
import type { Ports } from '../ports.ts';
import { blindSince } from './sweep/blind.ts';

/**
 * Logs a heartbeat and sends it outside, while at least one vault was swept lately. Where none was it logs an error instead
 * and sends nothing: that the app runs is not enough. A single vault that is not swept has an incident of its own.
 *
 * Throws when storage is unreachable, when the policy cannot be used, and where the heartbeat is refused.
 */
export async function beat(ports: Ports, outside: Heartbeat | undefined, log: AlertLog): Promise<void> {
  const vaults = guardedVaults(ports.policy);
  const { stored } = await ports.tables.sweeps.list('sweep');
  const swept = stored.filter(
    ({ row, value }) => vaults.includes(row.row) && blindSince(value, ports) === undefined,
  ).length;
  if (vaults.length > 0 && swept === 0) {
    log.error(`No heartbeat: none of ${vaults.length} vaults was swept lately.`);
    return;
  }
  log.info(`Heartbeat: ${swept} of ${vaults.length} vaults were swept lately.`);
  await outside?.send({ version: 1, at: ports.now().toISOString(), vaults: vaults.length, swept });
}
