import { createRequire } from 'node:module';
import { z } from 'zod';

/** A list of .NET as the package has it. */
interface List<Item> {
  readonly Count: number;
  getItem(at: number): Item;
}
interface Named {
  readonly Name: string;
}
interface SyntaxNode {
  readonly Kind: number;
  toString(): string;
}
interface KustoCode {
  readonly Syntax: SyntaxNode;
  readonly ResultType: { readonly Columns?: List<Named & { readonly Type: Named }> } | null;
  GetDiagnostics(): List<{ readonly Message: string; readonly Start: number; readonly Length: number }>;
}
/** What is used here of the package, whose own declarations are too long to be checked each time: 1.7 MB. */
interface Language {
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: object): KustoCode };
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
  readonly Symbols: {
    readonly ScalarTypes: Readonly<
      Record<'String' | 'Dynamic' | 'Bool' | 'Int' | 'Long' | 'Real' | 'DateTime', object>
    >;
    readonly ColumnSymbol: new (
      name: string,
      type: object,
      description: null,
      from: null,
      by: null,
      like: null,
    ) => object;
    readonly TableSymbol: { readonly $ctor4: new (name: string, columns: readonly object[]) => object };
    readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly object[]) => object };
  };
  readonly Syntax: {
    readonly SyntaxKind: Readonly<Record<string, unknown>>;
    readonly SyntaxElement: { WalkNodes(root: SyntaxNode, before: (node: SyntaxNode) => void): void };
  };
}

// The package is a script of its own time: it puts what it has into the global object.
const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const global = z.object({ Kusto: z.object({ Language: z.custom<Language>() }) }).parse(globalThis);
const { KustoCode, GlobalState, Symbols, Syntax } = global.Kusto.Language;

/** The type of a column in Kusto. */
export type KustoType = 'string' | 'dynamic' | 'bool' | 'int' | 'long' | 'real' | 'datetime';

/** What Kusto's own language service finds in a query. */
export interface Analysis {
  /** Each with the text that it is about; none where the query is right. */
  readonly faults: readonly string[];
  /** The columns of the result, in order. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The kinds of the operators of the pipe, `FilterOperator`, in order. */
  readonly operators: readonly string[];
  /** Names of the functions that are called, each once. */
  readonly functions: readonly string[];
  /** What is read of dynamic columns, the longest paths alone: `properties.encryption.type`. */
  readonly paths: readonly string[];
}

/**
 * Parses a query and binds its names against tables, as the service does before it runs one.
 * @see https://github.com/microsoft/Kusto-Query-Language
 */
export function analyse(
  query: string,
  tables: Readonly<Record<string, Readonly<Record<string, KustoType>>>>,
): Analysis {
  const { ScalarTypes, ColumnSymbol, TableSymbol, DatabaseSymbol } = Symbols;
  const types = {
    string: ScalarTypes.String,
    dynamic: ScalarTypes.Dynamic,
    bool: ScalarTypes.Bool,
    int: ScalarTypes.Int,
    long: ScalarTypes.Long,
    real: ScalarTypes.Real,
    datetime: ScalarTypes.DateTime,
  };
  const symbols = Object.entries(tables).map(
    ([name, columns]) =>
      new TableSymbol.$ctor4(
        name,
        Object.entries(columns).map(([column, type]) => new ColumnSymbol(column, types[type], null, null, null, null)),
      ),
  );
  const code = KustoCode.ParseAndAnalyze(
    query,
    GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor('graph', symbols)),
  );
  const operators: string[] = [];
  const functions = new Set<string>();
  const paths = new Set<string>();
  Syntax.SyntaxElement.WalkNodes(code.Syntax, (node) => {
    const kind = kinds.get(node.Kind) ?? '';
    const text = node.toString().trim();
    if (kind.endsWith('Operator')) operators.push(kind);
    if (kind === 'FunctionCallExpression') functions.add(/^\w+/.exec(text)?.[0] ?? text);
    if (kind === 'PathExpression') paths.add(text);
  });
  const columns = code.ResultType?.Columns;
  return {
    faults: listed(code.GetDiagnostics()).map(
      ({ Message, Start, Length }) => `${Message} (${query.slice(Start, Start + Length)})`,
    ),
    columns: columns === undefined ? [] : listed(columns).map(({ Name, Type }) => ({ name: Name, type: Type.Name })),
    operators,
    functions: [...functions],
    paths: [...paths].filter((path) => ![...paths].some((other) => other.startsWith(`${path}.`))),
  };
}

const listed = <Item>(list: List<Item>): readonly Item[] =>
  Array.from({ length: list.Count }, (_, at) => list.getItem(at));

/** The names of the kinds of syntax by their numbers. */
const kinds = new Map(
  Object.entries(Syntax.SyntaxKind).flatMap(([name, number]) => (typeof number === 'number' ? [[number, name]] : [])),
);
