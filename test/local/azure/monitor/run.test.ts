import { describe, expect, test } from 'vitest';
import { type LogTable, runQuery } from '../../../../local/azure/monitor/run.ts';

const at = (minute: number): string => `2026-03-01T12:${String(minute).padStart(2, '0')}:00.0000000Z`;
const events: LogTable = {
  columns: { TimeGenerated: 'datetime', Name: 'string', Status: 'int', Who: 'dynamic' },
  rows: [
    { values: { TimeGenerated: at(1), Name: 'KeyGet', Status: 200, Who: { claim: { oid: 'a', 'http://x/id': 'b' } } } },
    { values: { TimeGenerated: at(3), Name: 'KeyUnwrap', Status: 403, Who: null } },
    { values: { TimeGenerated: at(9), Name: 'KeyGet', Status: 200, Who: { claim: {} } } },
  ].map((row, index) => ({ ...row, ingestedMs: Date.parse(at(20 + index)) })),
};
const others: LogTable = { columns: { TimeGenerated: 'datetime', Other: 'string' }, rows: [] };
const tables = (name: string): LogTable | undefined =>
  name === 'Events' ? events : name === 'Others' ? others : undefined;
const run = (query: string) => runQuery(query, tables).rows;
const minutes = (query: string) => run(query).map(({ TimeGenerated }) => Number(String(TimeGenerated).slice(14, 16)));

describe('a query keeps the rows', () => {
  test.each([
    ['of which a text is the same', "where Name == 'KeyGet'", [1, 9]],
    ['of which a text is the same but for its case', "where Name =~ 'keyunwrap'", [3]],
    ['of which a text is one of these', "where Name in ('KeyGet', 'x')", [1, 9]],
    ['of which a text is one of these, whatever its case', "where Name in~ ('keyunwrap')", [3]],
    ['of which it is none of these', "where Name !in ('KeyGet')", [3]],
    ['of which a number is at least so high', 'where Status >= 300', [3]],
    ['that came before a moment', 'where TimeGenerated < datetime(2026-03-01T12:03:00Z)', [1]],
    ['that came by a moment', 'where TimeGenerated <= datetime(2026-03-01T12:03:00.000Z)', [1, 3]],
    ['that were ingested since', 'where ingestion_time() >= datetime(2026-03-01T12:21:00Z)', [3, 9]],
    ['for which one condition holds', "where Status >= 300 or Name startswith 'keyget'", [1, 3, 9]],
    ['for which both hold, and before or', "where Name == 'x' and Status > 1 or Status == 403", [3]],
    ['in brackets first', "where Name == 'x' and (Status > 1 or Status == 403)", []],
    ['of which a member is there', 'where isnotempty(Who.claim.oid)', [1]],
    ['of which a member with another name is there', "where Who.claim['http://x/id'] == 'b'", [1]],
    ['that come first in an order', 'order by TimeGenerated desc | take 1', [9]],
    ['that come first, as many as a name says', 'take Most', [1, 3]],
  ])('%s', (_, steps, kept) => {
    expect(minutes(`let Most = 2; Events | ${steps}`)).toEqual(kept);
  });

  test('that a name stands for', () => {
    expect(minutes("let Wanted = 'KeyGet'; let Got = Events | where Name == Wanted; Got | where Status > 0")).toEqual([
      1, 9,
    ]);
  });
});

describe('a query makes', () => {
  test.each([
    ['the first text that is not empty', "coalesce(tostring(Who.claim.none), 'x')", 'x'],
    ['a part of a text', "extract('^(K)ey', 1, Name)", 'K'],
    ['a column that is there', "column_ifexists('Name', '')", 'KeyGet'],
    ['what stands for a column that is not', "column_ifexists('None', 'nothing')", 'nothing'],
    ['a bag', "tostring(bag_pack('a', bag_pack('b', Name)))", '{"a":{"b":"KeyGet"}}'],
    ['a whole number', "toint('12.7')", 12],
    ['a span of time', 'tostring(bin(TimeGenerated, 5m))', at(0)],
    ['a moment as text, with its ticks', 'tostring(TimeGenerated)', at(1)],
  ])('%s', (_, value, made) => {
    expect(run(`Events | take 1 | project Made = ${value}`)).toEqual([{ Made: made }]);
  });

  test('one row of each group: the newest whole, the highest, how many, and the different ones', () => {
    const query =
      'Events | summarize arg_max(TimeGenerated, *), Last = max(Status), Count = count(), Spans = make_set(bin(TimeGenerated, 5m)) by Name';
    expect(run(query)).toMatchObject([
      { Name: 'KeyGet', TimeGenerated: at(9), Last: 200, Count: 2, Spans: [at(0), at(5)] },
      { Name: 'KeyUnwrap', TimeGenerated: at(3), Last: 403, Count: 1, Spans: [at(0)] },
    ]);
  });

  test('a union of both columns', () => {
    expect(Object.keys(runQuery('union Events, Others', tables).columns)).toContain('Other');
    expect(run('union Events, (Others | where true)')).toHaveLength(3);
  });
});

describe('a union', () => {
  test('that is fuzzy leaves out what is not there, as long as one part is', () => {
    expect(run("union isfuzzy=true Events, (Missing | where Name == 'x')")).toHaveLength(3);
    expect(() => run('union isfuzzy=true Missing, Gone')).toThrow(/Failed to resolve table .*'Missing'/);
  });

  test('that is not fuzzy needs every part', () => {
    expect(() => run('union Events, Missing')).toThrow(/'Missing'/);
  });
});

test.each([
  ['a column that is not there', 'Events | where Nothing == 1', /Nothing/],
  ['a function that is not run', 'Events | where strlen(Name) > 1', /strlen/],
  ['a member of a text', 'Events | project X = Name.a', /no members/],
  ['an operator that is not read', 'Events | render table', /render/],
])('a query is refused for %s', (_, query, message) => {
  expect(() => run(query)).toThrow(message);
});

test('no row has an ingestion time after its columns were projected', () => {
  expect(run('Events | project Name | where ingestion_time() > datetime(2020-01-01T00:00:00Z)')).toEqual([]);
});
