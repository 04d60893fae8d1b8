import type { HttpClient } from '@azure/core-rest-pipeline';
import type { LocalAzure } from '../../local/azure/azure.ts';
import { INGESTION_HOST, RULE_ID, STREAM } from '../../local/azure/monitor/monitor.ts';
import { AUDIT_TABLE } from '../../local/azure/monitor/tables.ts';
import { trailTable, workspaceOf } from '../../shared/azure/log-analytics.ts';
import type { Ports } from '../../shared/ports.ts';

/** The workspace of a bench, by its id. */
export const BENCH_WORKSPACE = 'be9c0000-0000-4000-8000-000000000001';

/** Where the trail goes. */
export const TRAIL_ADDRESS = { endpoint: `https://${INGESTION_HOST}`, rule: RULE_ID, stream: STREAM } as const;

/** A workspace of the local Azure with the table of the trail and the watcher's rights, and the ports to it. @param httpClient default: the local Azure's own */
export function monitored(
  { monitor, credential, httpClient: own }: LocalAzure,
  httpClient: HttpClient = own,
): Pick<Ports, 'trailTable' | 'workspaces'> & Required<Pick<Ports, 'trailTable'>> {
  monitor.workspace(BENCH_WORKSPACE).addTable(AUDIT_TABLE);
  monitor.workspace(BENCH_WORKSPACE).addTable('AZKVAuditLogs');
  monitor.grant('watcher', { kind: 'send' });
  monitor.grant('watcher', { kind: 'query', workspace: BENCH_WORKSPACE });
  const connection = { credential: credential('watcher'), httpClient };
  return { trailTable: trailTable(TRAIL_ADDRESS, connection), workspaces: [workspaceOf(BENCH_WORKSPACE, connection)] };
}
