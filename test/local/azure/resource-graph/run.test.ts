import { describe, expect, test } from 'vitest';
import { programOf, QueryUnknown } from '../../../../local/azure/resource-graph/run.ts';
import { parseQuery } from '../../../../local/azure/resource-graph/syntax.ts';

type Source = Readonly<Record<string, unknown>>;

const table = {
  columns: { id: 'string', name: 'string', properties: 'object' },
  valueOf: (source: Source, column: string): unknown => source[column],
} as const;
const program = (text: string) => programOf<Source>(parseQuery(text), table);
const rowOf = (text: string, source: Source): unknown => program(text).rowOf(source);
const value = (expression: string, properties: unknown): unknown => {
  const row = rowOf(`t | project x = ${expression}`, { id: 'a', name: 'n', properties });
  return typeof row === 'object' && row !== null ? Reflect.get(row, 'x') : undefined;
};

describe('a value of a query to the local Resource Graph', () => {
  test.each([
    ['a member', 'properties.a', { a: { b: 1 } }, { b: 1 }],
    ['a member of a member', 'properties.a.b', { a: { b: 1 } }, 1],
    ['a member that is not there: null', 'properties.a.b', {}, null],
    ['a member in another case: null', 'properties.A', { a: 1 }, null],
    ['tostring of a text', 'tostring(properties.a)', { a: 'x' }, 'x'],
    ['tostring of null: empty', 'tostring(properties.a)', { a: null }, ''],
    ['tostring of nothing: empty', 'tostring(properties.a)', undefined, ''],
    ['tostring of a list: JSON', 'tostring(properties.a)', { a: ['x', 1] }, '["x",1]'],
    ['tostring of a truth value', 'tostring(properties.a)', { a: false }, 'false'],
    ['tolower', 'tolower(tostring(properties.a))', { a: 'AbC' }, 'abc'],
    ['tobool of true', 'tobool(properties.a)', { a: true }, true],
    ['tobool of the text false', 'tobool(properties.a)', { a: 'False' }, false],
    ['tobool of nothing: null', 'tobool(properties.a)', {}, null],
    ['tobool of another text: null', 'tobool(properties.a)', { a: 'yes' }, null],
    ['toint', 'toint(properties.a)', { a: 90 }, 90],
    ['toint of a text', 'toint(properties.a)', { a: '7' }, 7],
    ['toint of nothing: null', 'toint(properties.a)', {}, null],
    ['coalesce: the first that is there', 'coalesce(properties.a, properties.b)', { b: 2 }, 2],
    ['coalesce of texts: the first that is not empty', "coalesce(tostring(properties.a), 'x')", { a: '' }, 'x'],
  ])('is as in Kusto: %s', (_, expression, properties, expected) => {
    expect(value(expression, properties)).toEqual(expected);
  });
});

describe('a row of a query to the local Resource Graph', () => {
  test('is kept by every condition, whatever the case of texts', () => {
    const keeps = program("t | where name =~ 'One' | where isnotempty(tostring(properties.a)) | project id").keeps;
    expect(keeps({ name: 'ONE', properties: { a: 1 } })).toBe(true);
    expect(keeps({ name: 'two', properties: { a: 1 } })).toBe(false);
    expect(keeps({ name: 'one', properties: {} })).toBe(false);
    expect(program("t | where name in~ ('a', 'b')").keeps({ name: 'B' })).toBe(true);
  });

  test('has the projected columns alone; a text that is missing is empty, anything else null', () => {
    expect(rowOf('t | project id, properties', { name: 'n' })).toEqual({ id: '', properties: null });
  });

  test('is ordered by a column as it stands at that step', () => {
    const { order } = program('t | project id = tolower(name) | order by id asc');
    expect(order?.keyOf({ name: 'N' })).toBe('n');
    expect(order?.direction).toBe('asc');
  });

  test('is one of at most so many', () => {
    expect(program('t | limit 5 | take 2').most).toBe(2);
    expect(program('t').most).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ['a column that is not there', 't | project sku'],
    ['a column that was projected away', 't | project id | where isnotempty(name)'],
    ['an order by a column that is not there', 't | order by sku asc'],
    ['a member of a text', 't | project x = name.first'],
    ['a function that is not there', 't | project x = hash(name)'],
    ['a function of nothing', 't | project x = tostring()'],
  ])('is refused for %s', (_, text) => {
    expect(() => program(text)).toThrow(QueryUnknown);
  });
});
