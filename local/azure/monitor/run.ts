import { type Expression, instant, type Named, type Pipe, parseQuery, type Source, type Step } from './syntax.ts';

/** The type of a column, as an answer names it. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format */
export type ColumnType = 'string' | 'dynamic' | 'bool' | 'int' | 'long' | 'real' | 'datetime' | 'timespan';
/** Columns by their names, in the order in which they are answered. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** One row: values by their columns, and when it was ingested, in ms. */
export interface LogRow {
  readonly values: Readonly<Record<string, unknown>>;
  readonly ingestedMs: number;
}

/** A table as a query sees it. */
export interface LogTable {
  readonly columns: Columns;
  readonly rows: readonly LogRow[];
}

/** What a query gives. */
export interface Result {
  readonly columns: Columns;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A query that names what is not there. */
export class QueryUnknown extends Error {
  override readonly name = 'QueryUnknown';
}

/** A row on its way; `ingestedMs` is lost where columns are made anew. */
interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  readonly ingestedMs: number | undefined;
}
interface Rows {
  readonly columns: Columns;
  readonly rows: readonly Row[];
}
interface Names {
  readonly tables: (name: string) => LogTable | undefined;
  readonly pipes: ReadonlyMap<string, Rows>;
  readonly values: ReadonlyMap<string, Expression>;
}

/**
 * Runs a query over tables, in the part of Kusto that the project's queries use. Throws `QueryFault` for any other form, and
 * `QueryUnknown` for a table, a column or a function that is not there.
 */
export function runQuery(text: string, tables: Names['tables']): Result {
  const query = parseQuery(text);
  const pipes = new Map<string, Rows>();
  const values = new Map<string, Expression>();
  const names = { tables, pipes, values };
  for (const { name, value } of query.lets) {
    if (value.kind === 'value') values.set(name, value.of);
    else pipes.set(name, piped(value.pipe, names));
  }
  const { columns, rows } = piped(query.result, names);
  return { columns, rows: rows.map((row) => row.values) };
}

function piped({ source, steps }: Pipe, names: Names): Rows {
  let rows = sourced(source, names);
  for (const step of steps) rows = stepped(step, rows, names);
  return rows;
}

function sourced(source: Source, names: Names): Rows {
  switch (source.kind) {
    case 'pipe':
      return piped(source.pipe, names);
    case 'table': {
      const table = names.pipes.get(source.name) ?? names.tables(source.name);
      if (table === undefined)
        throw new QueryUnknown(`Failed to resolve table or column expression named '${source.name}'`);
      return table;
    }
    case 'union':
      return united(source.of, source.isFuzzy, names);
    default:
      return source satisfies never;
  }
}

function united(parts: readonly Source[], isFuzzy: boolean, names: Names): Rows {
  const failures: unknown[] = [];
  const found = parts.flatMap((part) => {
    try {
      return [sourced(part, names)];
    } catch (error) {
      if (!isFuzzy || !(error instanceof QueryUnknown)) throw error;
      failures.push(error);
      return [];
    }
  });
  if (found.length === 0) throw failures[0];
  const columns: Record<string, ColumnType> = {};
  for (const part of found)
    for (const [name, type] of Object.entries(part.columns)) {
      if (columns[name] !== undefined && columns[name] !== type)
        throw new QueryUnknown(`The column ${name} has two types, which Kusto would give two names.`);
      columns[name] = type;
    }
  return { columns, rows: found.flatMap(({ rows }) => rows) };
}

function stepped(step: Step, { columns, rows }: Rows, names: Names): Rows {
  switch (step.kind) {
    case 'where': {
      const holds = compiled(step.holds, columns, names).valueIn;
      return { columns, rows: rows.filter((row) => holds(row) === true) };
    }
    case 'extend':
    case 'project': {
      const made = madeColumns(step.columns, columns, names);
      const kept = step.kind === 'extend' ? columns : {};
      return {
        columns: { ...kept, ...typesOf(made) },
        rows: rows.map((row) => ({
          ingestedMs: step.kind === 'extend' ? row.ingestedMs : undefined,
          values: { ...(step.kind === 'extend' ? row.values : {}), ...valuesOf(made, row) },
        })),
      };
    }
    case 'summarize':
      return summarized(step.aggregates, step.by, { columns, rows }, names);
    case 'order': {
      const by = compiled(step.by, columns, names).valueIn;
      const sign = step.direction === 'asc' ? 1 : -1;
      return { columns, rows: rows.toSorted((one, other) => sign * compare(by(one), by(other))) };
    }
    case 'take':
      return { columns, rows: rows.slice(0, Number(compiled(step.rows, {}, names).valueIn(EMPTY))) };
    default:
      return step satisfies never;
  }
}

type Made = ReadonlyMap<string, Compiled>;

const madeColumns = (of: readonly Named[], columns: Columns, names: Names): Made =>
  new Map(of.map(({ name, value }) => [name ?? nameOf(value), compiled(value, columns, names)]));
const typesOf = (made: Made): Columns => Object.fromEntries([...made].map(([name, { type }]) => [name, type]));
const valuesOf = (made: Made, row: Row): Row['values'] =>
  Object.fromEntries([...made].map(([name, { valueIn }]) => [name, valueIn(row)]));

function nameOf(value: Expression): string {
  if (value.kind === 'name' || value.kind === 'member') return value.name;
  throw new QueryUnknown('A column that is made needs a name.');
}

function summarized(aggregates: readonly Named[], by: readonly Named[], { columns, rows }: Rows, names: Names): Rows {
  const keys = madeColumns(by, columns, names);
  const groups = Map.groupBy(rows, (row) => JSON.stringify(valuesOf(keys, row)));
  const made = aggregates.map((one) => aggregateOf(one, columns, names));
  return {
    columns: { ...typesOf(keys), ...Object.assign({}, ...made.map((one) => one.columns)) },
    rows: [...groups.values()].map((group) => ({
      ingestedMs: undefined,
      values: {
        ...Object.assign({}, ...made.map((one) => one.of(group))),
        ...(group[0] === undefined ? {} : valuesOf(keys, group[0])),
      },
    })),
  };
}

interface Aggregate {
  readonly columns: Columns;
  readonly of: (rows: readonly Row[]) => Row['values'];
}

function aggregateOf({ name, value }: Named, columns: Columns, names: Names): Aggregate {
  if (value.kind !== 'call') throw new QueryUnknown('This is no aggregate.');
  const [first, second] = value.with;
  if (value.of === 'count')
    return { columns: { [name ?? 'count_']: 'long' }, of: (rows) => ({ [name ?? 'count_']: rows.length }) };
  if (first === undefined) throw new QueryUnknown(`${value.of} needs something to work on.`);
  const { type, valueIn } = compiled(first, columns, names);
  const highest = (rows: readonly Row[]): Row | undefined =>
    rows.reduce<Row | undefined>(
      (best, row) => (best !== undefined && compare(valueIn(best), valueIn(row)) >= 0 ? best : row),
      undefined,
    );
  switch (value.of) {
    case 'max': {
      const called = name ?? `max_${nameOf(first)}`;
      return { columns: { [called]: type }, of: (rows) => ({ [called]: valueIn(highest(rows) ?? EMPTY) }) };
    }
    case 'make_set': {
      const called = name ?? `set_${nameOf(first)}`;
      return { columns: { [called]: 'dynamic' }, of: (rows) => ({ [called]: [...new Set(rows.map(valueIn))] }) };
    }
    case 'arg_max':
      if (second?.kind !== 'star') throw new QueryUnknown('arg_max is run with * alone.');
      return { columns, of: (rows) => highest(rows)?.values ?? {} };
    default:
      throw new QueryUnknown(`The local Log Analytics has no aggregate ${value.of}.`);
  }
}

const EMPTY: Row = { values: {}, ingestedMs: undefined };

interface Compiled {
  readonly type: ColumnType;
  readonly valueIn: (row: Row) => unknown;
}

function compiled(expression: Expression, columns: Columns, names: Names): Compiled {
  const inner = (of: Expression): Compiled => compiled(of, columns, names);
  switch (expression.kind) {
    case 'literal':
      return { type: expression.type, valueIn: () => expression.value };
    case 'star':
      throw new QueryUnknown('* stands for columns only in arg_max.');
    case 'name': {
      const type = columns[expression.name];
      if (type !== undefined) return { type, valueIn: ({ values }) => values[expression.name] };
      const bound = names.values.get(expression.name);
      if (bound === undefined) throw new QueryUnknown(`Failed to resolve scalar expression named '${expression.name}'`);
      return inner(bound);
    }
    case 'member': {
      const { type, valueIn } = inner(expression.of);
      if (type !== 'dynamic') throw new QueryUnknown(`${expression.name} is asked of something that has no members.`);
      return { type: 'dynamic', valueIn: (row) => memberOf(valueIn(row), expression.name) };
    }
    case 'binary': {
      const holds = binary(expression.operator, inner(expression.left), expression.right.map(inner));
      return { type: 'bool', valueIn: holds };
    }
    case 'call':
      return called(expression.of, expression.with, inner, columns);
    default:
      return expression satisfies never;
  }
}

function binary(operator: string, left: Compiled, right: readonly Compiled[]): (row: Row) => boolean {
  const [first = left] = right;
  const lower = (value: unknown): string => textOf(value).toLowerCase();
  const ordered = (holds: (sign: number) => boolean) => (row: Row) => {
    const [one, other] = [left.valueIn(row), first.valueIn(row)];
    return one !== undefined && one !== null && other !== undefined && other !== null && holds(compare(one, other));
  };
  const among = (row: Row): readonly unknown[] => right.flatMap(({ valueIn }) => valueIn(row));
  switch (operator) {
    case 'and':
      return (row) => left.valueIn(row) === true && first.valueIn(row) === true;
    case 'or':
      return (row) => left.valueIn(row) === true || first.valueIn(row) === true;
    case '==':
      return (row) => textOf(left.valueIn(row)) === textOf(first.valueIn(row));
    case '!=':
      return (row) => textOf(left.valueIn(row)) !== textOf(first.valueIn(row));
    case '=~':
      return (row) => lower(left.valueIn(row)) === lower(first.valueIn(row));
    case '<':
      return ordered((sign) => sign < 0);
    case '<=':
      return ordered((sign) => sign <= 0);
    case '>':
      return ordered((sign) => sign > 0);
    case '>=':
      return ordered((sign) => sign >= 0);
    case 'startswith':
      return (row) => lower(left.valueIn(row)).startsWith(lower(first.valueIn(row)));
    case 'has':
      return (row) =>
        lower(left.valueIn(row))
          .split(/[^\w]+/)
          .includes(lower(first.valueIn(row)));
    case 'in':
      return (row) =>
        among(row)
          .map(textOf)
          .includes(textOf(left.valueIn(row)));
    case '!in':
      return (row) =>
        !among(row)
          .map(textOf)
          .includes(textOf(left.valueIn(row)));
    case 'in~':
      return (row) =>
        among(row)
          .map(lower)
          .includes(lower(left.valueIn(row)));
    default:
      throw new QueryUnknown(`The local Log Analytics has no operator ${operator}.`);
  }
}

/** The functions of Kusto that the project's queries use. @see https://learn.microsoft.com/kusto/query/scalar-functions */
function called(
  name: string,
  given: readonly Expression[],
  inner: (of: Expression) => Compiled,
  columns: Columns,
): Compiled {
  if (name === 'ingestion_time')
    return {
      type: 'datetime',
      valueIn: ({ ingestedMs }) => (ingestedMs === undefined ? null : instant(new Date(ingestedMs).toISOString())),
    };
  if (name === 'column_ifexists') {
    const [column, otherwise] = given;
    if (column?.kind !== 'literal' || otherwise === undefined) throw new QueryUnknown('column_ifexists needs a name.');
    return columns[String(column.value)] === undefined
      ? inner(otherwise)
      : inner({ kind: 'name', name: String(column.value) });
  }
  const parts = given.map(inner);
  const [first, second, third] = parts;
  if (first === undefined) throw new QueryUnknown(`${name} needs something to work on.`);
  const text = (row: Row): string => textOf(first.valueIn(row));
  switch (name) {
    case 'tostring':
      return { type: 'string', valueIn: text };
    case 'tolower':
      return { type: 'string', valueIn: (row) => text(row).toLowerCase() };
    case 'toint':
      return { type: 'int', valueIn: (row) => whole(text(row)) };
    case 'isempty':
      return { type: 'bool', valueIn: (row) => text(row) === '' };
    case 'isnotempty':
      return { type: 'bool', valueIn: (row) => text(row) !== '' };
    case 'coalesce':
      // Of texts the first that is not empty: https://learn.microsoft.com/kusto/query/coalesce-function
      return {
        type: first.type,
        valueIn: (row) => parts.map((one) => one.valueIn(row)).find((one) => textOf(one) !== ''),
      };
    case 'extract':
      return {
        type: 'string',
        valueIn: (row) => new RegExp(text(row)).exec(textOf(third?.valueIn(row)))?.[Number(second?.valueIn(row))] ?? '',
      };
    case 'bag_pack':
      return { type: 'dynamic', valueIn: (row) => bagOf(parts.map((one) => one.valueIn(row))) };
    case 'bin':
      return { type: first.type, valueIn: (row) => binned(text(row), Number(second?.valueIn(row))) };
    default:
      throw new QueryUnknown(`The local Log Analytics has no function ${name}.`);
  }
}

const binned = (moment: string, sizeMs: number): string =>
  instant(new Date(Math.floor(Date.parse(moment) / sizeMs) * sizeMs).toISOString());

function bagOf(pairs: readonly unknown[]): Readonly<Record<string, unknown>> {
  const named = pairs.flatMap((name, at) => (at % 2 === 0 ? [[textOf(name), pairs[at + 1] ?? null] as const] : []));
  return Object.fromEntries(named);
}

/** Members are spelled exactly; what has none gives null. A text that is JSON is none: its members are asked of a dynamic column. */
const memberOf = (value: unknown, member: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, member) ? Reflect.get(value, member) : null;

/** Numbers by size, texts and moments by their letters. */
function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [first, second] = [textOf(one), textOf(other)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** `tostring`: empty for null, JSON for what has members. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const whole = (text: string): number | null => (/^-?\d+(\.\d+)?$/.test(text) ? Math.trunc(Number(text)) : null);
