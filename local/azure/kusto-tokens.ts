/** A word of a query, or a mark. Lines are counted from 1, columns from 0, as recorded. */
export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'mark' | 'end' | 'unknown';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** A query that has another form than a local service reads. */
export class QueryFault extends Error {
  override readonly name = 'QueryFault';
  readonly token: string;
  readonly line: number;
  readonly column: number;
  constructor(service: string, { text, line, column }: Token) {
    super(`The local ${service} does not read '${text}' at line ${line}, column ${column}.`);
    this.token = text;
    this.line = line;
    this.column = column;
  }
}

/** Reads a query from left to right. A text in quotes is never one of the given `texts`. */
export interface Cursor {
  /** The token that is read next. */
  here(): Token;
  /** The one after it; `undefined` at the end. */
  ahead(): Token | undefined;
  take(): Token;
  is(...texts: readonly string[]): boolean;
  /** Takes one of these where it is next, and says whether it did. */
  taken(...texts: readonly string[]): boolean;
  /** Takes one of these. Throws `QueryFault` where another token is next, as does the next. */
  need(...texts: readonly string[]): Token;
  /** Takes a name. */
  name(): string;
  /** One or more items between commas. */
  list<Item>(item: () => Item): readonly Item[];
  /** @param token default: the one that is next */
  fault(token?: Token): QueryFault;
}

/**
 * A cursor at the start of a query.
 *
 * @param pattern finds the next token, in a group named by its kind; what is in none of these groups is left out
 * @param service the name of the service in messages
 */
export function cursorOf(query: string, pattern: RegExp, service: string): Cursor {
  const tokens = tokensOf(query, pattern);
  const end = tokens.at(-1);
  let at = 0;
  const here = (): Token => tokens[at] ?? end ?? { kind: 'end', text: '<EOF>', line: 1, column: 0 };
  const fault = (token = here()): QueryFault => new QueryFault(service, token);
  const is = (...texts: readonly string[]): boolean => here().kind !== 'text' && texts.includes(here().text);
  function take(): Token {
    const token = here();
    at += 1;
    return token;
  }
  const taken = (...texts: readonly string[]): boolean => is(...texts) && take() !== undefined;
  return {
    here,
    ahead: () => tokens[at + 1],
    take,
    is,
    taken,
    need(...texts) {
      if (!is(...texts)) throw fault();
      return take();
    },
    name() {
      if (here().kind !== 'name') throw fault();
      return take().text;
    },
    list(item) {
      const items = [item()];
      while (taken(',')) items.push(item());
      return items;
    },
    fault,
  };
}

function tokensOf(query: string, pattern: RegExp): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (const { 0: text, index, groups = {} } of query.matchAll(pattern)) {
    const kind = (['name', 'text', 'number', 'mark', 'unknown'] as const).find((one) => groups[one] !== undefined);
    if (kind !== undefined) tokens.push({ kind, text, line, column: index - lineStart });
    const breaks = text.split('\n').length - 1;
    if (breaks > 0) lineStart = index + text.lastIndexOf('\n') + 1;
    line += breaks;
  }
  return [...tokens, { kind: 'end', text: '<EOF>', line, column: query.length - lineStart }];
}
