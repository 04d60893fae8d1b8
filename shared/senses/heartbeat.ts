import type { AlertLog } from '../alerts/channel.ts';
import type { Heartbeat } from '../alerts/heartbeat.ts';
import { guardedVaults } from '../domain/policy.ts';
import { agoMs, SECOND_MS } from '../domain/time.ts';
import type { Ports } from '../ports.ts';
import { QUERY } from './audit-query.ts';
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
  const sweeps = stored.filter(({ row }) => vaults.includes(row.row));
  const swept = sweeps.filter(({ value }) => blindSince(value, ports) === undefined).length;
  if (vaults.length > 0 && swept === 0) {
    log.error(`No heartbeat: none of ${vaults.length} vaults was swept lately.`);
    return;
  }
  log.info(`Heartbeat: ${swept} of ${vaults.length} vaults were swept lately.`);
  if (outside === undefined) return;
  const queried = await Promise.all(ports.workspaces.map(({ id }) => ports.tables.queried.get(QUERY, id)));
  const agoSeconds = longestAgo(ports.now());
  await outside.send({
    version: 1,
    at: ports.now().toISOString(),
    vaults: vaults.length,
    swept,
    blind: vaults.length - swept,
    sensesAgoSeconds: {
      sweep: agoSeconds(vaults.map((vault) => sweeps.find(({ row }) => row.row === vault)?.value.lastGoodAt)),
      survey: agoSeconds([ports.scope.state?.lastGoodAt]),
      ...(queried.length === 0 ? {} : { 'audit-query': agoSeconds(queried.map((read) => read?.value.until)) }),
    },
  });
}

const longestAgo =
  (now: Date) =>
  (moments: readonly (Date | undefined)[]): number | null => {
    const ago = moments.map((at) => (at === undefined ? undefined : Math.round(agoMs(at, now) / SECOND_MS)));
    return ago.some((one) => one === undefined) ? null : Math.max(0, ...ago.flatMap((one) => one ?? []));
  };
