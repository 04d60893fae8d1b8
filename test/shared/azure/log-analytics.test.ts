import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure, type LocalAzure } from '../../../local/azure/azure.ts';
import { INGESTION_HOST, RULE_ID, STREAM } from '../../../local/azure/monitor/monitor.ts';
import { AUDIT_TABLE } from '../../../local/azure/monitor/tables.ts';
import { resetClock } from '../../../local/clock.ts';
import { trailTable, workspaceOf } from '../../../shared/azure/log-analytics.ts';
import { TRAIL_STREAM } from '../../../shared/trail/columns.ts';
import { stopAt } from '../../simulation/clock.ts';
import { retryAtOnce } from '../../simulation/retries.ts';

const WORKSPACE = '0A9D7C11-1111-4111-8111-000000000001';

beforeEach(() => {
  stopAt();
  retryAtOnce();
});
afterEach(resetClock);

function made() {
  const azure: LocalAzure = createLocalAzure({
    vaults: [],
    identities: [{ name: 'app', kind: 'managed-identity', grants: [] }],
    behaviours: { logsShowAfterMs: { least: 0, longest: 0 } },
    seed: 1,
  });
  azure.monitor.workspace(WORKSPACE).addTable(AUDIT_TABLE);
  azure.monitor.grant('app', { kind: 'send' });
  azure.monitor.grant('app', { kind: 'query', workspace: WORKSPACE });
  const connection = { credential: azure.credential('app'), httpClient: azure.httpClient };
  const table = trailTable({ endpoint: `https://${INGESTION_HOST}`, rule: RULE_ID, stream: TRAIL_STREAM }, connection);
  return { azure, table, workspace: workspaceOf(WORKSPACE, connection), connection };
}

const rows = (count: number, text = '') =>
  Array.from({ length: count }, (_, at) => ({
    TimeGenerated: new Date().toISOString(),
    RecordId: `${at}`,
    What: text,
  }));

describe('the table of the trail', () => {
  test('is the one that the local rule has', () => {
    expect(TRAIL_STREAM).toBe(STREAM);
  });

  test('takes rows in one packed call, and a query gives them back with their types', async () => {
    const { azure, table, workspace } = made();
    const at = new Date();
    const row = { TimeGenerated: at.toISOString(), RecordId: 'a', Who: { oid: 'x' }, Sequence: 7 };
    expect(await table.send([row])).toBe('taken');
    expect(azure.monitor.log).toMatchObject([{ kind: 'send', status: 204, rows: 1 }]);
    expect(await workspace.query(AUDIT_TABLE)).toMatchObject([
      { TimeGenerated: at, RecordId: 'a', Who: { oid: 'x' }, Sequence: 7, Detail: null, Type: AUDIT_TABLE },
    ]);
  });

  test('refuses rows that the service will never take', async () => {
    const { azure, table } = made();
    azure.monitor.fault('send', { kind: 'refuses', text: 'odd' });
    expect(await table.send(rows(2, 'odd'))).toMatchObject({ refused: { status: 400, code: 'InvalidRecord' } });
    expect(await table.send(rows(2))).toBe('taken');
  });

  test.each([
    ['of a right that is missing', 403, (azure: LocalAzure) => azure.monitor.revoke('app', 'send')],
    [
      'of throttling',
      429,
      (azure: LocalAzure) => azure.monitor.fault('send', { kind: 'status', status: 429, retryAfterSeconds: 3_600 }),
    ],
    [
      'of a fault of the service',
      503,
      (azure: LocalAzure) => azure.monitor.fault('send', { kind: 'status', status: 503 }),
    ],
  ])('is unreachable because %s, and says the status', async (_, status, plan) => {
    const { azure, table } = made();
    plan(azure);
    await expect(table.send(rows(1))).rejects.toMatchObject({
      name: 'WorkspaceUnreachable',
      status,
      message: expect.stringContaining(String(status)),
    });
  });

  test('waits for a pause that is asked for and ends within the deadline, and then sends again', async () => {
    const { azure, connection } = made();
    const remove = azure.monitor.fault('send', { kind: 'status', status: 429, retryAfterSeconds: 1 });
    const table = trailTable(
      { endpoint: `https://${INGESTION_HOST}`, rule: RULE_ID, stream: TRAIL_STREAM },
      {
        ...connection,
        httpClient: {
          sendRequest: (request) =>
            connection.httpClient.sendRequest(request).finally(() => {
              if (azure.monitor.log.length > 0) remove();
            }),
        },
      },
    );
    expect(await table.send(rows(1))).toBe('taken');
    expect(azure.monitor.log.map(({ status }) => status)).toEqual([429, 204]);
  });

  test('waits for no pause of an hour, and sends nothing meanwhile', async () => {
    const { azure, table } = made();
    azure.monitor.fault('send', { kind: 'status', status: 429, retryAfterSeconds: 3_600 });
    await expect(table.send(rows(1))).rejects.toMatchObject({ status: 429 });
    expect(azure.monitor.log).toHaveLength(1);
  });

  test('is unreachable where no connection comes about, and where the rule or its stream is not there', async () => {
    const { azure, table, connection } = made();
    const removed = azure.monitor.fault('send', { kind: 'unreachable' });
    await expect(table.send(rows(1))).rejects.toMatchObject({ name: 'WorkspaceUnreachable', status: undefined });
    removed();
    const other = trailTable(
      { endpoint: `https://${INGESTION_HOST}`, rule: `dcr-${'0'.repeat(32)}`, stream: TRAIL_STREAM },
      connection,
    );
    await expect(other.send(rows(1))).rejects.toMatchObject({ name: 'WorkspaceUnreachable', status: 404 });
    const without = trailTable(
      { endpoint: `https://${INGESTION_HOST}`, rule: RULE_ID, stream: 'Custom-Other' },
      connection,
    );
    await expect(without.send(rows(1))).rejects.toMatchObject({ name: 'WorkspaceUnreachable', code: 'InvalidStream' });
  });
});

describe('a workspace', () => {
  test('has its id in lower case', () => {
    expect(made().workspace.id).toBe(WORKSPACE.toLowerCase());
  });

  test('says why it cannot be queried: the right, a table that is missing, the form of the query', async () => {
    const { azure, workspace } = made();
    await expect(workspace.query('AZKVAuditLogs')).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/SemanticError|SEM0100/),
    });
    await expect(workspace.query('no query')).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/SyntaxError|SYN0002/),
    });
    azure.monitor.revoke('app', 'query');
    await expect(workspace.query(AUDIT_TABLE)).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/InsufficientAccessError/),
    });
  });

  test.each([
    ['again after a pause that it asks for', 1, 2],
    ['only once where that is an hour', 3_600, 1],
  ])('is asked %s', async (_, retryAfterSeconds, times) => {
    const { azure, workspace } = made();
    azure.monitor.fault('query', { kind: 'status', status: 429, retryAfterSeconds });
    await expect(workspace.query(AUDIT_TABLE)).rejects.toMatchObject({ status: 429 });
    expect(azure.monitor.log).toHaveLength(times);
  });
});
