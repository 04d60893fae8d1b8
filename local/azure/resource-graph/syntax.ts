import { cursorOf } from '../kusto-tokens.ts';

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

const TOKENS =
  /(?<blank>\s+|\/\/[^\n]*)|(?<name>[a-z_][\w]*~?)|(?<text>'[^'\n]*'|"[^"\n]*")|(?<number>\d+)|(?<mark>=~|[=|(),.])|(?<unknown>.)/giu;

const OPERATORS = ['where', 'project', 'order', 'sort', 'take', 'limit'];

/** Reads a query. Throws `QueryFault` where it is none, or uses what no query of the project does. */
export function parseQuery(text: string): Query {
  const { here, take, is, taken, need, name, list, fault } = cursorOf(text, TOKENS, 'Resource Graph');

  function value(): Expression {
    const token = here();
    if (token.kind === 'text') return { kind: 'text', text: take().text.slice(1, -1) };
    const first = name();
    if (taken('(')) {
      const given = is(')') ? [] : list(value);
      need(')');
      return { kind: 'call', of: first, with: given };
    }
    const members: string[] = [];
    while (taken('.')) members.push(name());
    return { kind: 'path', column: first, members };
  }

  function condition(): Expression {
    const left = value();
    if (taken('=~')) return { kind: 'is-any-of', value: left, texts: [value()] };
    if (taken('in~')) {
      need('(');
      const texts = list(value);
      need(')');
      return { kind: 'is-any-of', value: left, texts };
    }
    // A column alone is no condition, as the recorded refusal of `where where` shows.
    if (left.kind !== 'call') throw fault();
    return left;
  }

  function column(): Column {
    const first = value();
    if (first.kind !== 'path' || first.members.length > 0) throw fault();
    return { name: first.column, value: taken('=') ? value() : first };
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
        need('by');
        const by = name();
        // Descending is Kusto's default: https://learn.microsoft.com/kusto/query/sort-operator
        const direction = taken('asc') ? 'asc' : 'desc';
        taken('desc');
        return { kind: 'order', by, direction };
      }
      case 'take':
      case 'limit':
        if (here().kind !== 'number') throw fault();
        return { kind: 'take', rows: Number(take().text) };
      default:
        throw fault(token);
    }
  }

  const isBare = OPERATORS.includes(here().text);
  const table = isBare ? 'resources' : name().toLowerCase();
  const steps: Step[] = isBare ? [step()] : [];
  while (taken('|')) steps.push(step());
  if (here().kind !== 'end') throw fault();
  return { table, steps };
}
