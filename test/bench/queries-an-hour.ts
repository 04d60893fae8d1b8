import { resetClock } from '../../local/clock.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/domain/time.ts';
import { watch } from '../../shared/senses/sweep/tick.ts';
import { numbered } from './estate.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';
import { BENCH_WORKSPACE, monitored } from './monitored.ts';
import { scheduled } from './scheduled.ts';

const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';

/**
 * How often one workspace is asked in an hour, at most, for 1,000 vaults whose audit events it has: over 70 minutes on
 * the turned clock, with both chains of ticks, and every query answered with a row for each vault.
 */
export const queriesAnHour: Measurement = {
  names: ['queries-an-hour'],
  measure: async () => [await measureQueries(1_000)],
};

export async function measureQueries(vaults: number): Promise<Figure> {
  try {
    const running = await scheduled(
      vaults,
      0,
      () => false,
      ({ azure }) => monitored(azure),
    );
    const { monitor } = running.azure;
    monitor.workspace(BENCH_WORKSPACE).add(
      'AZKVAuditLogs',
      numbered('bench', vaults).map((vault) => ({
        TimeGenerated: new Date().toISOString(),
        OperationName: 'KeyList',
        HttpStatusCode: 200,
        _ResourceId: `/subscriptions/${SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.keyvault/vaults/${vault}`,
      })),
    );
    await watch(running.ports);
    const end = Date.now() + 70 * MINUTE_MS;
    while (Date.now() < end) await running.next();
    const queries = monitor.log.filter(({ kind }) => kind === 'query');
    if (queries.some(({ status }) => status !== 200)) throw new Error('A query was not answered.');
    if (!queries.some(({ rows }) => rows === vaults)) throw new Error('No query gave a row for each vault.');
    const within = queries.map(
      ({ at }) => queries.filter((other) => other.at >= at && other.at.getTime() < at.getTime() + HOUR_MS).length,
    );
    return figure('queries-an-hour', Math.max(...within), 'queries a workspace', atMost(32));
  } finally {
    resetClock();
  }
}
