import { describe, expect, test } from 'vitest';
import { programOf } from '../../local/azure/resource-graph/run.ts';
import { parseQuery } from '../../local/azure/resource-graph/syntax.ts';
import { graphTables } from '../../local/azure/resource-graph/tables.ts';
import { analyse, type KustoType } from '../../local/kusto.ts';
import { queryFiles } from '../../local/query-texts.ts';
import { graphRows } from '../../shared/estate/rows.ts';

/** Operators of Resource Graph. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language#supported-tabulartop-level-operators */
const OPERATORS = [
  ...['CountOperator', 'DistinctOperator', 'ExtendOperator', 'JoinOperator', 'TakeOperator', 'MvExpandOperator'],
  ...['SortOperator', 'ParseOperator', 'ParseWhereOperator', 'ProjectOperator', 'ProjectAwayOperator'],
  ...['SummarizeOperator', 'TopOperator', 'UnionOperator', 'FilterOperator'],
];
const MOST_JOINS = 3;

const KUSTO_TYPES: Readonly<Record<string, KustoType>> = {
  string: 'string',
  object: 'dynamic',
  boolean: 'bool',
  integer: 'int',
};
const typesOf = (columns: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(columns).map(([name, type]): [string, KustoType] => [name, KUSTO_TYPES[type] ?? 'dynamic']),
  );
const graph = graphTables({ tenantId: 't' });
const tables = Object.fromEntries(Object.entries(graph).map(([name, { table }]) => [name, typesOf(table.columns)]));

describe.each(queryFiles())('the query %s to Resource Graph', (name, text) => {
  const { faults, columns, operators } = analyse(text, tables);

  test('is right by Kusto’s own language service', () => {
    expect(faults).toEqual([]);
    expect(text).not.toMatch(/\blet\b|;/);
  });

  test('has only operators that Resource Graph has, and no more joins than it takes', () => {
    expect(operators.filter((operator) => !OPERATORS.includes(operator))).toEqual([]);
    expect(operators.filter((operator) => operator === 'JoinOperator').length).toBeLessThanOrEqual(MOST_JOINS);
  });

  test('gives whole pages: it has an id, is ordered by it at its end, and is not cut off', () => {
    expect(columns[0]).toEqual({ name: 'id', type: 'string' });
    expect(text).toMatch(/\| order by id asc$/);
    expect(operators).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(Take|Top)Operator$/)]));
  });

  test('gives the columns of its schema', () => {
    const [, shape] = Object.entries(graphRows).find(([query]) => query === name) ?? [];
    expect(columns.map((column) => column.name).toSorted()).toEqual(Object.keys(shape?.shape ?? {}).toSorted());
  });

  test('has the same columns of the same types in Kusto as in the local Resource Graph', () => {
    const query = parseQuery(text);
    const { table } = graph[query.table] ?? {};
    const local = table === undefined ? {} : programOf(query, table).columns;
    expect(Object.entries(typesOf(local))).toEqual(columns.map((column) => [column.name, column.type]));
  });
});

describe('what Kusto’s language service says', () => {
  test.each([
    ['of a column that is not there', 'resources | project disk', /'disk' does not refer to any known column/],
    ['of a table that is not there', 'secrets | project id', /'secrets' does not refer to any known/],
    ['of a function with too much', 'resources | project x = tobool(id, name)', /expects 1 argument/],
    ['of a condition that is none', 'resources | where name', /must have the type bool/],
  ])('is a fault %s', (_, text, fault) => {
    expect(analyse(text, tables).faults.join('\n')).toMatch(fault);
  });

  test('is what a query uses: operators, functions and the longest paths', () => {
    const text = 'resources | where isnotempty(properties.a.b) | project x = tostring(properties.a), y = sku.name';
    expect(analyse(text, tables)).toEqual({
      faults: [],
      columns: [
        { name: 'x', type: 'string' },
        { name: 'y', type: 'dynamic' },
      ],
      operators: ['FilterOperator', 'ProjectOperator'],
      functions: ['isnotempty', 'tostring'],
      paths: ['properties.a.b', 'sku.name'],
    });
  });
});
