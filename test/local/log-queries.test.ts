import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { runQuery } from '../../local/azure/monitor/run.ts';
import { AUDIT_TABLE, logTables } from '../../local/azure/monitor/tables.ts';
import { analyse, type KustoType } from '../../local/kusto.ts';
import { auditEventsSource, logQueries, workbookSource } from '../../local/log-queries.ts';
import { textOf } from '../source.ts';

/** Tables of Application Insights in a workspace. @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/apprequests */
const TELEMETRY = {
  AppRequests: { TimeGenerated: 'datetime', AppRoleName: 'string', Success: 'bool', ItemCount: 'int' },
  AppTraces: { TimeGenerated: 'datetime', AppRoleName: 'string', Message: 'string' },
} as const;

const kusto = (columns: Readonly<Record<string, string>>): Readonly<Record<string, KustoType>> =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, type]): [string, KustoType][] =>
      type === 'timespan' ? [] : [[name, type as KustoType]],
    ),
  );
const tables = {
  ...Object.fromEntries(Object.entries(logTables).map(([name, columns]) => [name, kusto(columns)])),
  ...TELEMETRY,
};

const WINDOW = `let From = datetime(2026-03-01T00:00:00.000Z);
let Until = datetime(2026-03-02T00:00:00.000Z);
`;
/** What the guardian and the command line put before a query. */
const GIVEN: Readonly<Record<string, string>> = {
  'audit-events': `${WINDOW}let Vaults = dynamic(["contoso-disks"]);\n`,
  'trail-held': `${WINDOW}let Most = 200000;\n`,
};
const whole = (name: string, text: string): string => `${GIVEN[name] ?? ''}${text}`;

describe.each(logQueries())('the query %s to a workspace', (name, text) => {
  test('is right by Kusto’s own language service', () => {
    expect(analyse(whole(name, text), tables).faults).toEqual([]);
  });
});

describe.each(['audit-events', 'records-once', 'trail-held'])('the query %s', (name) => {
  const [, text = ''] = logQueries().find(([known]) => known === name) ?? [];

  test('has the same columns of the same types in Kusto as in the local Log Analytics', () => {
    const local = runQuery(whole(name, text), (table) => {
      const columns = logTables[table];
      return columns && { columns, rows: [] };
    });
    const { columns } = analyse(whole(name, text), tables);
    expect(Object.entries(local.columns).toSorted()).toEqual(columns.map((one) => [one.name, one.type]).toSorted());
  });
});

test('the query for audit events in the bundle is that of its file', () => {
  expect(textOf('shared/senses/audit-events-kql.ts')).toBe(auditEventsSource());
});

const readme = [...textOf('README.md').matchAll(/```kusto\n([^`]+)```/g)].map(([, query = '']) => query);

test('the README asks five questions, and each is right by Kusto’s own language service', () => {
  const withFunction = { ...tables, KeyGuardianAudit: kusto(logTables[AUDIT_TABLE] ?? {}) };
  expect(readme).toHaveLength(5);
  expect(readme.flatMap((query) => analyse(query, withFunction).faults)).toEqual([]);
});

describe('the workbook', () => {
  const items = z
    .object({ items: z.array(z.object({ content: z.looseObject({ query: z.string().optional() }) })) })
    .parse(JSON.parse(textOf('infra/workbook.json'))).items;
  const queries = items.flatMap(({ content }) => content.query ?? []);

  test('that is deployed is made from the files: run "npm run schema"', () => {
    expect(textOf('infra/workbook.json')).toBe(workbookSource());
  });

  test('has queries, and each is right by Kusto’s own language service', () => {
    expect(queries).toHaveLength(5);
    expect(queries.flatMap((query) => analyse(query, tables).faults)).toEqual([]);
  });
});

test('the language service finds what a query of a workspace has wrong', () => {
  expect(analyse(`${AUDIT_TABLE} | project Who.oid, Nothing`, tables).faults.join('\n')).toMatch(/Nothing/);
});
