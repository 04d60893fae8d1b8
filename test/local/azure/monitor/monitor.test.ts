import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure, type LocalAzure } from '../../../../local/azure/azure.ts';
import { ingestionAudience, queryAudience } from '../../../../local/azure/monitor/audiences.ts';
import { INGESTION_HOST, QUERY_HOST, RULE_ID, STREAM } from '../../../../local/azure/monitor/monitor.ts';
import { AUDIT_TABLE } from '../../../../local/azure/monitor/tables.ts';
import type { Behaviours, WireResponse } from '../../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import { clientOf } from '../../../simulation/client.ts';
import { stopAt } from '../../../simulation/clock.ts';

const WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';
const VAULT = 'contoso-disks';
const DAY_S = 86_400;

beforeEach(() => stopAt());
afterEach(resetClock);

function made(behaviours: Partial<Behaviours> = {}): LocalAzure {
  const grants = [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }];
  const azure = createLocalAzure({
    vaults: [{ name: VAULT, keys: [{ name: 'disk-a' }] }],
    identities: [
      { name: 'app', kind: 'managed-identity', grants: [] },
      { name: 'owner', kind: 'user', grants },
    ],
    behaviours,
    seed: 1,
  });
  azure.monitor.workspace(WORKSPACE).addTable(AUDIT_TABLE);
  azure.monitor.grant('app', { kind: 'send' });
  azure.monitor.grant('app', { kind: 'query', workspace: WORKSPACE });
  return azure;
}

const send = (
  azure: LocalAzure,
  rows: unknown,
  { rule = RULE_ID, stream = STREAM, token = azure.token('app', { audience: ingestionAudience }) } = {},
): Promise<WireResponse> =>
  azure.handle({
    method: 'POST',
    url: `https://${INGESTION_HOST}/dataCollectionRules/${rule}/streams/${stream}?api-version=2023-01-01`,
    headers: { authorization: `Bearer ${token}`, 'content-encoding': 'gzip', 'content-type': 'application/json' },
    body: '',
    bytes: gzipSync(typeof rows === 'string' ? rows : JSON.stringify(rows)),
  });

const ask = (
  azure: LocalAzure,
  query: string,
  {
    workspace = WORKSPACE,
    token = azure.token('app', { audience: queryAudience }),
    timespan = undefined as string | undefined,
  } = {},
): Promise<WireResponse> =>
  azure.handle({
    method: 'POST',
    url: `https://${QUERY_HOST}/v1/workspaces/${workspace}/query`,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, timespan }),
  });

async function rowsOf(azure: LocalAzure, query: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { status, body } = await ask(azure, query);
  expect([status, body.slice(0, 500)]).toEqual([200, expect.any(String)]);
  const [{ columns, rows }] = JSON.parse(body).tables;
  return rows.map((row: unknown[]) =>
    Object.fromEntries(columns.map(({ name }: { name: string }, at: number) => [name, row[at]])),
  );
}

const row = (id: string, more: object = {}) => ({ TimeGenerated: new Date().toISOString(), RecordId: id, ...more });

describe('the data collection rule', () => {
  test('takes rows with 204 and no body, as recorded', async () => {
    const azure = made();
    const { status, body } = await send(azure, [row('a'), row('b')]);
    expect({ status, body }).toEqual({ status: 204, body: '' });
    expect(azure.monitor.log).toMatchObject([{ kind: 'send', identity: 'app', status: 204, rows: 2 }]);
  });

  test.each([
    ['a rule that is not there is 404', { rule: 'immutable-id-123' }, 404, 'NotFound'],
    ['a stream that the rule does not have is 400', { stream: 'Custom-Other' }, 400, 'InvalidStream'],
    ['a token for something else is 401', { token: 'of nobody' }, 401, 'InvalidTokenError'],
  ])('refuses: %s', async (_, to, status, code) => {
    const answer = await send(made(), [row('a')], to);
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([status, code]);
  });

  test('refuses a token for vaults, and one for queries', async () => {
    const azure = made();
    for (const audience of [queryAudience, 'https://vault.azure.net'])
      expect((await send(azure, [row('a')], { token: azure.token('app', { audience }) })).status).toBe(401);
  });

  test.each([
    ['that is no list', { RecordId: 'a' }],
    ['whose rows are none', ['a']],
    ['that is no JSON', '[{'],
  ])('refuses a body %s with 400', async (_, body) => {
    expect((await send(made(), body)).status).toBe(400);
  });

  test('takes a body of exactly 1 MB once it is unpacked, and refuses one byte more with 413', async () => {
    const azure = made();
    const filled = (bytes: number): string => {
      const empty = JSON.stringify([row('a', { Nothing: '' })]);
      return JSON.stringify([row('a', { Nothing: 'x'.repeat(bytes - empty.length) })]);
    };
    expect((await send(azure, filled(1_048_576))).status).toBe(204);
    expect((await send(azure, filled(1_048_577))).status).toBe(413);
  });

  test('refuses with 403 until a new right has taken effect', async () => {
    const azure = made({ monitorRightsMs: 600_000 });
    expect((await send(azure, [row('a')])).status).toBe(403);
    turnClock(599_000);
    expect((await send(azure, [row('a')])).status).toBe(403);
    turnClock(1_000);
    expect((await send(azure, [row('a')])).status).toBe(204);
    azure.monitor.revoke('app', 'send');
    expect((await send(azure, [row('a')])).status).toBe(403);
  });

  test('answers a planned 429 with the seconds to wait', async () => {
    const azure = made();
    const remove = azure.monitor.fault('send', { kind: 'status', status: 429, retryAfterSeconds: 30 });
    expect(await send(azure, [row('a')])).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    remove();
    expect((await send(azure, [row('a')])).status).toBe(204);
  });
});

describe('a row', () => {
  test('shows two to five minutes after it was sent, not before and not in its order', async () => {
    const azure = made();
    const ids = Array.from({ length: 20 }, (_, at) => `r${String(at).padStart(2, '0')}`);
    for (const id of ids) await send(azure, [row(id)]);
    turnClock(119_000);
    expect(await rowsOf(azure, AUDIT_TABLE)).toEqual([]);
    turnClock(181_000);
    const shown = (await rowsOf(azure, AUDIT_TABLE)).map(({ RecordId }) => RecordId);
    expect(shown.toSorted()).toEqual(ids);
    expect(shown).not.toEqual(ids);
  });

  test('has an ingestion time a little before it shows', async () => {
    const azure = made();
    const sentMs = Date.now();
    await send(azure, [row('a')]);
    turnClock(300_000);
    const [found] = await rowsOf(azure, `${AUDIT_TABLE} | extend At = ingestion_time()`);
    const afterMs = Date.parse(String(found?.At)) - sentMs;
    expect(afterMs).toBeGreaterThanOrEqual(100_000);
    expect(afterMs).toBeLessThanOrEqual(300_000);
  });

  test('loses what the table has no column for, and what of a field is longer than 64 KB, without a word', async () => {
    const azure = made({ logsShowAfterMs: { least: 0, longest: 0 } });
    await send(azure, [row('a', { Nothing: 1, What: 'x'.repeat(70_000), Detail: { text: 'y'.repeat(70_000) } })]);
    const [found] = await rowsOf(azure, AUDIT_TABLE);
    expect(found).not.toHaveProperty('Nothing');
    expect(String(found?.What)).toHaveLength(65_536);
    // What is cut off of a dynamic value leaves no JSON.
    expect(JSON.parse(String(found?.Detail))).toMatch(/^\{"text":"y+$/);
  });

  test.each([
    ['two days old', -2 * DAY_S, true],
    ['older than two days', -2 * DAY_S - 1, false],
    ['a day ahead', DAY_S, true],
    ['more than a day ahead', DAY_S + 1, false],
  ])('that is %s keeps its time only within these bounds', async (_, seconds, isKept) => {
    const azure = made({ logsShowAfterMs: { least: 0, longest: 0 } });
    const at = new Date(Date.now() + seconds * 1_000);
    await send(azure, [row('a', { TimeGenerated: at.toISOString(), RecordedAt: at.toISOString() })]);
    const [found] = await rowsOf(azure, AUDIT_TABLE);
    expect(new Date(String(found?.TimeGenerated))).toEqual(isKept ? at : new Date());
    expect(new Date(String(found?.RecordedAt))).toEqual(at);
  });

  test('of a table that has reached the daily cap is dropped, though the call is answered with 204', async () => {
    const azure = made({ logsShowAfterMs: { least: 0, longest: 0 }, cappedLogTables: [AUDIT_TABLE] });
    expect((await send(azure, [row('a')])).status).toBe(204);
    expect(await rowsOf(azure, AUDIT_TABLE)).toEqual([]);
  });
});

describe('a query', () => {
  test('that cannot be parsed is answered as recorded, with the place', async () => {
    const { status, body } = await ask(made(), 'completely invalid syntax');
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toEqual({
      message: 'The request had some invalid properties',
      code: 'BadArgumentError',
      innererror: {
        code: 'SyntaxError',
        message: 'A recognition error occurred in the query.',
        innererror: {
          code: 'SYN0002',
          message: "Query could not be parsed at 'invalid' on line [1,11]",
          line: 1,
          pos: 11,
          token: 'invalid',
        },
      },
    });
  });

  test('of a table or a column that is not there is a semantic error', async () => {
    for (const query of ['AZKVAuditLogs', `${AUDIT_TABLE} | where Nothing == 'x'`]) {
      const { status, body } = await ask(made(), query);
      expect([status, JSON.parse(body).error.innererror.code]).toEqual([400, 'SemanticError']);
    }
  });

  test('gives no more rows than an answer takes, and says that they are a part', async () => {
    const azure = made({ logsShowAfterMs: { least: 0, longest: 0 }, mostLogRows: 2 });
    await send(azure, [row('a'), row('b'), row('c')]);
    const { status, body } = await ask(azure, AUDIT_TABLE);
    const { tables, error } = JSON.parse(body);
    expect([status, tables[0].rows.length, error.code]).toEqual([200, 2, 'PartialError']);
    expect(JSON.parse((await ask(azure, `${AUDIT_TABLE} | take 2`)).body).error).toBeUndefined();
  });

  test.each([
    ['days', 'P1D', ['new']],
    ['a beginning and an end', '2026-02-28T00:00:00.000Z/2026-02-28T23:59:59.999Z', ['old']],
    ['nothing', undefined, ['old', 'new']],
  ])('is asked within a time span of the request: %s', async (_, timespan, found) => {
    stopAt('2026-03-01T12:00:00.000Z');
    const azure = made({ logsShowAfterMs: { least: 0, longest: 0 } });
    await send(azure, [
      { TimeGenerated: '2026-02-28T11:59:59.999Z', RecordId: 'old' },
      { TimeGenerated: '2026-03-01T11:00:00.000Z', RecordId: 'new' },
    ]);
    const { body } = await ask(azure, `${AUDIT_TABLE} | project RecordId`, { timespan });
    expect(JSON.parse(body).tables[0].rows.flat().toSorted()).toEqual(found.toSorted());
  });

  test('with a time span that is none is refused', async () => {
    expect((await ask(made(), AUDIT_TABLE, { timespan: 'a while' })).status).toBe(400);
  });

  test('needs the right on this workspace, and a token for queries', async () => {
    const azure = made();
    azure.monitor.workspace('0a9d7c11-1111-4111-8111-000000000002');
    expect((await ask(azure, AUDIT_TABLE, { workspace: '0a9d7c11-1111-4111-8111-000000000002' })).status).toBe(403);
    expect((await ask(azure, AUDIT_TABLE, { workspace: '0a9d7c11-1111-4111-8111-000000000009' })).status).toBe(404);
    const token = azure.token('app', { audience: ingestionAudience });
    expect((await ask(azure, AUDIT_TABLE, { token })).status).toBe(401);
  });
});

describe('the audit events of a vault', () => {
  test.each(['AZKVAuditLogs', 'AzureDiagnostics'] as const)(
    'come into %s from its diagnostic setting on',
    async (table) => {
      const azure = made({ logsShowAfterMs: { least: 0, longest: 0 } });
      const owner = clientOf(azure, 'owner');
      await owner.disable(VAULT, 'disk-a');
      azure.monitor.sendLogs(VAULT, { workspace: WORKSPACE, table });
      await owner.disable(VAULT, 'disk-a');
      const rows = await rowsOf(azure, `${table} | where OperationName == 'KeyUpdate'`);
      const { oid } = azure.identities.get('owner') ?? {};
      const named = {
        AZKVAuditLogs: { HttpStatusCode: 200 },
        AzureDiagnostics: { httpStatusCode_d: 200, identity_claim_oid_g: oid },
      };
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ ...named[table], Type: table });
      expect(rows[0]?._ResourceId).toMatch(
        /^\/subscriptions\/[^A-Z]+\/providers\/microsoft\.keyvault\/vaults\/contoso-disks$/,
      );
      azure.monitor.sendLogs(VAULT, undefined);
      await owner.disable(VAULT, 'disk-a');
      expect(await rowsOf(azure, `${table} | where OperationName == 'KeyUpdate'`)).toHaveLength(1);
    },
  );
});
