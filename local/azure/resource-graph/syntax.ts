/** What a query says, in the part of Kusto that the local Azure runs. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language */
export interface Query {
  /** Its name in lower case. Default: `resources`. */
  readonly table: string;
  readonly steps: readonly Step[];
}

/** One operator of the pipe. */
export type Step =
  | { readonly kind: 'where'; readonly holds: Expression }
  | { readonly kind: 'project'; readonly columns: readonly Column[] }
  | { readonly kind: 'order'; readonly by: string; readonly direction: 'asc' | 'desc' }
  | { readonly kind: 'take'; readonly rows: number };

/** A column that a step makes. */
export interface Column {
  readonly name: string;
  readonly value: Expression;
}

/** A value of a row. */
export type Expression =
  | { readonly kind: 'text'; readonly text: string }
  /** A column, and the members that lead into it. */
  | { readonly kind: 'path'; readonly column: string; readonly members: readonly string[] }
  | { readonly kind: 'call'; readonly of: string; readonly with: readonly Expression[] }
  /** Whether a text is one of these, whatever their case. */
  | { readonly kind: 'is-any-of'; readonly value: Expression; readonly texts: readonly Expression[] };

/** A query that has another form. Columns are counted from 0, lines from 1. */
export class QueryFault extends Error {
  override readonly name = 'QueryFault';
  readonly token: string;
  readonly line: number;
  readonly column: number;
  constructor({ text, line, column }: Token) {
    super(`The local Resource Graph does not read ${text} at line ${line}, column ${column}.`);
    this.token = text;
    this.line = line;
    this.column = column;
  }
}

interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'mark' | 'end' | 'unknown';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const TOKENS =
  /(?<blank>\s+|\/\/[^\n]*)|(?<name>[a-z_][\w]*~?)|(?<text>'[^'\n]*'|"[^"\n]*")|(?<number>\d+)|(?<mark>=~|[=|(),.])|(?<unknown>.)/giu;

function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (const { 0: text, index, groups = {} } of query.matchAll(TOKENS)) {
    const kind = (['name', 'text', 'number', 'mark', 'unknown'] as const).find((one) => groups[one] !== undefined);
    if (kind !== undefined) tokens.push({ kind, text, line, column: index - lineStart });
    for (const [at, character] of [...text].entries())
      if (character === '\n') {
        line += 1;
        lineStart = index + at + 1;
      }
  }
  return [...tokens, { kind: 'end', text: '<EOF>', line, column: query.length - lineStart }];
}

const OPERATORS = ['where', 'project', 'order', 'sort', 'take', 'limit'];

/** Reads a query. Throws `QueryFault` where it is none, or uses what no query of the project does. */
export function parseQuery(text: string): Query {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): Token => tokens[at] ?? { kind: 'end', text: '<EOF>', line: 1, column: 0 };
  const fault = (): QueryFault => new QueryFault(next());
  const take = (): Token => {
    const token = next();
    at += 1;
    return token;
  };
  const is = (text: string): boolean => next().text === text && next().kind !== 'text';
  const skip = (text: string): boolean => is(text) && take() !== undefined;
  const expect = (text: string): void => {
    if (!skip(text)) throw fault();
  };
  const name = (): string => {
    if (next().kind !== 'name') throw fault();
    return take().text;
  };
  const list = <T>(item: () => T): readonly T[] => {
    const items = [item()];
    while (skip(',')) items.push(item());
    return items;
  };

  function value(): Expression {
    const token = next();
    if (token.kind === 'text') return { kind: 'text', text: take().text.slice(1, -1) };
    const first = name();
    if (skip('(')) {
      const given = is(')') ? [] : list(value);
      expect(')');
      return { kind: 'call', of: first, with: given };
    }
    const members: string[] = [];
    while (skip('.')) members.push(name());
    return { kind: 'path', column: first, members };
  }

  function condition(): Expression {
    const left = value();
    if (skip('=~')) return { kind: 'is-any-of', value: left, texts: [value()] };
    if (skip('in~')) {
      expect('(');
      const texts = list(value);
      expect(')');
      return { kind: 'is-any-of', value: left, texts };
    }
    // A column alone is no condition, as the recorded refusal of `where where` shows.
    if (left.kind !== 'call') throw fault();
    return left;
  }

  function column(): Column {
    const first = value();
    if (first.kind !== 'path' || first.members.length > 0) throw fault();
    return { name: first.column, value: skip('=') ? value() : first };
  }

  function step(): Step {
    const token = take();
    switch (token.text) {
      case 'where':
        return { kind: 'where', holds: condition() };
      case 'project':
        return { kind: 'project', columns: list(column) };
      case 'order':
      case 'sort': {
        expect('by');
        const by = name();
        // Descending is Kusto's default: https://learn.microsoft.com/kusto/query/sort-operator
        const direction = skip('asc') ? 'asc' : 'desc';
        skip('desc');
        return { kind: 'order', by, direction };
      }
      case 'take':
      case 'limit':
        if (next().kind !== 'number') throw fault();
        return { kind: 'take', rows: Number(take().text) };
      default:
        throw new QueryFault(token);
    }
  }

  const table = OPERATORS.includes(next().text) ? 'resources' : name().toLowerCase();
  const steps: Step[] = OPERATORS.includes(next().text) && at === 0 ? [step()] : [];
  while (skip('|')) steps.push(step());
  if (next().kind !== 'end') throw fault();
  return { table, steps };
}
