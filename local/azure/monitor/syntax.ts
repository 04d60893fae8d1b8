import { cursorOf, type Token } from '../kusto-tokens.ts';

/** A query in the part of Kusto that the project's own queries use. @see https://learn.microsoft.com/kusto/query/ */
export interface Query {
  readonly lets: readonly Let[];
  readonly result: Pipe;
}

/** A name for a value or for a table. */
export interface Let {
  readonly name: string;
  readonly value: { readonly kind: 'pipe'; readonly pipe: Pipe } | { readonly kind: 'value'; readonly of: Expression };
}

/** A source and what is done with its rows, in order. */
export interface Pipe {
  readonly source: Source;
  readonly steps: readonly Step[];
}

/** Where rows come from. */
export type Source =
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
  /** `isFuzzy`: parts that cannot be resolved are left out, as long as one can. */
  | { readonly kind: 'union'; readonly isFuzzy: boolean; readonly of: readonly Source[] };

/** One operator of a pipe. */
export type Step =
  | { readonly kind: 'where'; readonly holds: Expression }
  | { readonly kind: 'extend'; readonly columns: readonly Named[] }
  | { readonly kind: 'project'; readonly columns: readonly Named[] }
  | { readonly kind: 'summarize'; readonly aggregates: readonly Named[]; readonly by: readonly Named[] }
  | { readonly kind: 'order'; readonly by: Expression; readonly direction: 'asc' | 'desc' }
  | { readonly kind: 'take'; readonly rows: Expression };

/** A column with how it is made. */
export interface Named {
  /** `undefined` where the query gives none. */
  readonly name: string | undefined;
  readonly value: Expression;
}

/** A value. */
export type Expression =
  | { readonly kind: 'literal'; readonly type: LiteralType; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'star' }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly of: string; readonly with: readonly Expression[] }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: readonly Expression[];
    };
/** The types of which a query can write a value. A span of time is in ms. */
export type LiteralType = 'string' | 'long' | 'real' | 'bool' | 'datetime' | 'timespan' | 'dynamic';

const TOKENS =
  /(?<blank>\s+|\/\/[^\n]*)|(?<name>(?:!in|in|has_any)~?(?![\w])|[a-z_]\w*)|(?<text>@?'[^'\n]*'|@?"[^"\n]*")|(?<number>\d+(?:\.\d+)?(?:ms|[smhd])?(?!\w))|(?<mark>=~|!=|==|<=|>=|[-=<>|(),;.*[\]])|(?<unknown>.)/giu;

const COMPARISONS = ['==', '!=', '=~', '<', '<=', '>', '>=', 'startswith', 'has'];
const MEMBERSHIPS = ['in', 'in~', '!in'];
const STEPS = ['where', 'extend', 'project', 'summarize', 'order', 'sort', 'take'];

/** Reads a query. Throws `QueryFault` where it has a form that the local Log Analytics does not run. */
export function parseQuery(text: string): Query {
  const { here, ahead, take, is, taken, need, name, list, fault } = cursorOf(text, TOKENS, 'Log Analytics');

  function query(): Query {
    const lets: Let[] = [];
    while (taken('let')) {
      const called = name();
      need('=');
      const isPipe = is('union') || ahead()?.text === '|';
      const value: Let['value'] = isPipe ? { kind: 'pipe', pipe: pipe() } : { kind: 'value', of: expression() };
      lets.push({ name: called, value });
      need(';');
    }
    const result = pipe();
    taken(';');
    if (here().kind !== 'end') throw fault();
    return { lets, result };
  }

  function pipe(): Pipe {
    const from = taken('union') ? union() : source();
    const steps: Step[] = [];
    while (taken('|')) steps.push(step());
    return { source: from, steps };
  }

  function union(): Source {
    let isFuzzy = false;
    if (taken('isfuzzy')) {
      need('=');
      isFuzzy = need('true', 'false').text === 'true';
    }
    return { kind: 'union', isFuzzy, of: list(source) };
  }

  function source(): Source {
    if (!taken('(')) return { kind: 'table', name: name() };
    const inner = pipe();
    need(')');
    return { kind: 'pipe', pipe: inner };
  }

  function step(): Step {
    const { text: kind } = need(...STEPS);
    switch (kind) {
      case 'where':
        return { kind, holds: expression() };
      case 'extend':
      case 'project':
        return { kind, columns: list(named) };
      case 'summarize': {
        const aggregates = list(named);
        return { kind, aggregates, by: taken('by') ? list(named) : [] };
      }
      case 'take':
        return { kind, rows: primary() };
      default: {
        need('by');
        const by = expression();
        return { kind: 'order', by, direction: is('asc', 'desc') && take().text === 'asc' ? 'asc' : 'desc' };
      }
    }
  }

  function named(): Named {
    if (here().kind !== 'name' || ahead()?.text !== '=') return { name: undefined, value: expression() };
    const called = name();
    need('=');
    return { name: called, value: expression() };
  }

  function expression(): Expression {
    let left = conjunction();
    while (taken('or')) left = { kind: 'binary', operator: 'or', left, right: [conjunction()] };
    return left;
  }

  function conjunction(): Expression {
    let left = comparison();
    while (taken('and')) left = { kind: 'binary', operator: 'and', left, right: [comparison()] };
    return left;
  }

  function comparison(): Expression {
    const left = postfix();
    if (is(...MEMBERSHIPS)) {
      const operator = take().text;
      need('(');
      const right = list(expression);
      need(')');
      return { kind: 'binary', operator, left, right };
    }
    return is(...COMPARISONS) ? { kind: 'binary', operator: take().text, left, right: [postfix()] } : left;
  }

  function postfix(): Expression {
    let value = primary();
    for (;;) {
      if (taken('.')) value = { kind: 'member', of: value, name: name() };
      else if (taken('[')) {
        value = { kind: 'member', of: value, name: spelled(take()) };
        need(']');
      } else return value;
    }
  }

  function primary(): Expression {
    const token = take();
    if (token.kind === 'text') return { kind: 'literal', type: 'string', value: spelled(token) };
    if (token.kind === 'number') return number(token);
    if (token.text === '*') return { kind: 'star' };
    if (token.text === '(') {
      const inner = expression();
      need(')');
      return inner;
    }
    if (token.kind !== 'name') throw fault(token);
    if (token.text === 'true' || token.text === 'false')
      return { kind: 'literal', type: 'bool', value: token.text === 'true' };
    if (!is('(')) return { kind: 'name', name: token.text };
    const opened = take();
    if (token.text === 'datetime' || token.text === 'dynamic') return raw(token.text, opened);
    const given = is(')') ? [] : list(expression);
    need(')');
    return { kind: 'call', of: token.text, with: given };
  }

  /** A literal whose content is no Kusto: it ends at the next bracket of its own depth. */
  function raw(kind: 'datetime' | 'dynamic', opened: Token): Expression {
    const from = offsetOf(opened) + 1;
    while (!is(')')) {
      if (here().kind === 'end') throw fault();
      take();
    }
    const content = text.slice(from, offsetOf(take())).trim();
    if (kind === 'datetime') return { kind: 'literal', type: 'datetime', value: instant(content) };
    return { kind: 'literal', type: 'dynamic', value: JSON.parse(content) };
  }

  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offsetOf = ({ line, column }: Token): number => (lineStarts[line - 1] ?? 0) + column;
  return query();
}

const spelled = ({ text }: Token): string => text.replace(/^@/, '').slice(1, -1);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function number({ text }: Token): Expression {
  const [, digits = '', unit] = /^([\d.]+)(\D+)?$/.exec(text) ?? [];
  if (unit !== undefined)
    return { kind: 'literal', type: 'timespan', value: Number(digits) * (UNITS[unit] ?? Number.NaN) };
  return { kind: 'literal', type: digits.includes('.') ? 'real' : 'long', value: Number(digits) };
}

/** A moment as Kusto writes it, with ticks of 100 ns, so that texts are in the order of time. */
export function instant(text: string): string {
  const [, seconds, fraction = ''] = /^(.+?\d\d:\d\d:\d\d)(?:\.(\d+))?Z?$/.exec(text) ?? [];
  if (seconds === undefined) return `${new Date(text).toISOString().slice(0, -1)}0000Z`;
  return `${new Date(`${seconds}Z`).toISOString().slice(0, 19)}.${fraction.padEnd(7, '0').slice(0, 7)}Z`;
}
