import type { Expression, Query } from './syntax.ts';

/** The type of a column, as the format `table` names it. */
export type ColumnType = 'string' | 'object' | 'boolean' | 'integer';

/** A table: its columns in the order in which they are given where nothing is projected, and how a row has them. */
export interface Table<Source> {
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly valueOf: (source: Source, column: string) => unknown;
}

/** A query that is ready to run over a table. */
export interface Program<Source> {
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Whether a row passes every `where`. */
  readonly keeps: (source: Source) => boolean;
  /** What the rows are ordered by; `undefined` where the query does not order them. */
  readonly order: { readonly keyOf: (source: Source) => string; readonly direction: 'asc' | 'desc' } | undefined;
  /** The most rows that it gives. */
  readonly most: number;
  /** The row as it is answered: a text that is missing is empty, anything else null. */
  readonly rowOf: (source: Source) => Readonly<Record<string, unknown>>;
}

/** A query that names what the table or the local Azure does not have. */
export class QueryUnknown extends Error {
  override readonly name = 'QueryUnknown';
}

/** A row between two steps: the value of a column, made when it is asked for. */
type Row = (column: string) => unknown;
type Columns = Readonly<Record<string, ColumnType>>;

/** Makes a query ready to run. Throws `QueryUnknown` for a column or a function that is not there. */
export function programOf<Source>(query: Query, table: Table<Source>): Program<Source> {
  let columns: Columns = table.columns;
  let rowOf =
    (source: Source): Row | undefined =>
    (column) =>
      table.valueOf(source, column);
  let order: Program<Source>['order'];
  let most = Number.POSITIVE_INFINITY;
  for (const step of query.steps) {
    const before = rowOf;
    switch (step.kind) {
      case 'where': {
        const holds = compiled(step.holds, columns).valueOf;
        rowOf = (source) => {
          const row = before(source);
          return row !== undefined && holds(row) === true ? row : undefined;
        };
        break;
      }
      case 'project': {
        const made = new Map(step.columns.map(({ name, value }) => [name, compiled(value, columns)]));
        columns = Object.fromEntries([...made].map(([name, { type }]) => [name, type]));
        rowOf = (source) => {
          const row = before(source);
          return row && ((column) => made.get(column)?.valueOf(row));
        };
        break;
      }
      case 'order': {
        requireColumn(step.by, columns);
        order = { keyOf: (source) => text(before(source)?.(step.by)), direction: step.direction };
        break;
      }
      case 'take':
        most = Math.min(most, step.rows);
        break;
      default:
        step satisfies never;
    }
  }
  const [last, given] = [rowOf, Object.entries(columns)];
  return {
    columns,
    order,
    most,
    keeps: (source) => last(source) !== undefined,
    rowOf(source) {
      const row = last(source);
      return Object.fromEntries(given.map(([name, type]) => [name, answered(row?.(name), type)]));
    },
  };
}

const answered = (value: unknown, type: ColumnType): unknown => (type === 'string' ? text(value) : (value ?? null));

interface Compiled {
  readonly type: ColumnType;
  readonly valueOf: (row: Row) => unknown;
}

function requireColumn(name: string, columns: Columns): ColumnType {
  const type = columns[name];
  if (type === undefined) throw new QueryUnknown(`There is no column ${name}.`);
  return type;
}

function compiled(expression: Expression, columns: Columns): Compiled {
  switch (expression.kind) {
    case 'text':
      return { type: 'string', valueOf: () => expression.text };
    case 'path': {
      const type = requireColumn(expression.column, columns);
      const { column, members } = expression;
      if (members.length === 0) return { type, valueOf: (row) => row(column) };
      if (type !== 'object') throw new QueryUnknown(`The column ${column} has no members.`);
      return { type: 'object', valueOf: (row) => members.reduce(memberOf, row(column)) };
    }
    case 'is-any-of': {
      const value = compiled(expression.value, columns).valueOf;
      const lower = (of: unknown): string => text(of).toLowerCase();
      const texts = expression.texts.map((one): ((row: Row) => string) => {
        if (one.kind !== 'text') return (row) => lower(compiled(one, columns).valueOf(row));
        const constant = one.text.toLowerCase();
        return () => constant;
      });
      return {
        type: 'boolean',
        valueOf: (row) => {
          const found = lower(value(row));
          return texts.some((one) => one(row) === found);
        },
      };
    }
    case 'call':
      return called(
        expression.of,
        expression.with.map((one) => compiled(one, columns)),
      );
    default:
      return expression satisfies never;
  }
}

/** The functions of Kusto that the project's queries use. @see https://learn.microsoft.com/kusto/query/scalar-functions */
function called(name: string, given: readonly Compiled[]): Compiled {
  const [first] = given;
  if (first === undefined) throw new QueryUnknown(`${name} needs something to work on.`);
  const value = first.valueOf;
  switch (name) {
    case 'tostring':
      return { type: 'string', valueOf: (row) => text(value(row)) };
    case 'tolower':
      return { type: 'string', valueOf: (row) => text(value(row)).toLowerCase() };
    case 'tobool':
      return { type: 'boolean', valueOf: (row) => flag(value(row)) };
    case 'toint':
      return { type: 'integer', valueOf: (row) => whole(value(row)) };
    case 'isnotempty':
      return { type: 'boolean', valueOf: (row) => text(value(row)) !== '' };
    case 'coalesce':
      // The first that is not null; of texts the first that is not empty: https://learn.microsoft.com/kusto/query/coalesce-function
      return {
        type: first.type,
        valueOf: (row) => given.map((one) => one.valueOf(row)).find((one) => text(one) !== ''),
      };
    default:
      throw new QueryUnknown(`The local Resource Graph has no function ${name}.`);
  }
}

/** Members are spelled exactly; what has none gives null. */
function memberOf(value: unknown, member: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, member)
    ? Reflect.get(value, member)
    : undefined;
}

/** `tostring`: empty for null, JSON for what has members. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function flag(value: unknown): boolean | null {
  const said = text(value).toLowerCase();
  return said === 'true' || said === '1' ? true : said === 'false' || said === '0' ? false : null;
}

function whole(value: unknown): number | null {
  const said = text(value);
  return /^-?\d+(\.\d+)?$/.test(said) ? Math.trunc(Number(said)) : null;
}
