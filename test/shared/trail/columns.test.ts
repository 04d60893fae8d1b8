import { expect, test } from 'vitest';
import auditTable from '../../../infra/audit-table.json' with { type: 'json' };
import { auditRecord } from '../../../shared/domain/audit-record.ts';
import { COLUMNS, SEAL_COLUMNS, STREAM_COLUMN, TIME_COLUMN, TRAIL_STREAM } from '../../../shared/trail/columns.ts';

// https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
const RESERVED = ['_ResourceId', 'id', '_SubscriptionId', 'TenantId', 'Type', 'UniqueId', 'Title', 'TimeGenerated'];

test('each member of a record has a column, and no other', () => {
  expect(Object.keys(COLUMNS).toSorted()).toEqual(Object.keys(auditRecord.shape).toSorted());
});

const columns = [...Object.values(COLUMNS), ...Object.values(SEAL_COLUMNS)];

test.each(columns)('the column $name has a name that a workspace takes, and that is not reserved', ({ name }) => {
  expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,44}$/);
  expect(RESERVED.map((reserved) => reserved.toLowerCase())).not.toContain(name.toLowerCase());
});

test('no two columns differ in case alone', () => {
  const names = columns.map(({ name }) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

test('the table that is deployed has these columns, the time and the stream, and takes rows by its own name', () => {
  expect(auditTable.columns).toEqual([
    { name: TIME_COLUMN, type: 'dateTime' },
    { name: STREAM_COLUMN, type: 'string' },
    ...columns,
  ]);
  expect(TRAIL_STREAM).toBe(`Custom-${auditTable.name}`);
});
