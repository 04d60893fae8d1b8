import type { Random } from '../random.ts';
import type { Behaviours } from '../types.ts';
import type { Columns, LogRow, LogTable } from './run.ts';
import { logTables } from './tables.ts';

/** A Log Analytics workspace. A table is there from its first row on. */
export interface Workspace {
  /** By which queries name it, a GUID. */
  readonly customerId: string;
  /** Adds rows, with further columns where the table takes any. They show after a drawn time, each for itself. */
  add(table: string, rows: readonly LogRow['values'][], more?: Columns): void;
  /** Makes an empty table, as a template does. */
  addTable(table: string): void;
  /** A table as a query sees it now; `undefined` where there is none. */
  table(name: string): LogTable | undefined;
  /** Removes a row that a query would give, as whoever may purge does. */
  purge(table: string, isMeant: (row: LogRow['values']) => boolean): void;
}

interface Held extends LogRow {
  readonly visibleMs: number;
}

/** A field has 64 KB; what is longer is cut off without a word. @see https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api */
const MOST_FIELD_BYTES = 65_536;
/** A row shows up to so long after the moment that `ingestion_time()` gives, which is an approximation. @see https://learn.microsoft.com/kusto/query/ingestion-time-function */
const SHOWS_AFTER_MS = 20_000;

/** Makes a workspace; the behaviours are read anew for each row. */
export function createWorkspace(customerId: string, behaviours: Readonly<Behaviours>, random: Random): Workspace {
  const tables = new Map<string, { columns: Columns; rows: Held[] }>();
  const tableOf = (name: string): { columns: Columns; rows: Held[] } => {
    const columns = logTables[name];
    if (columns === undefined) throw new Error(`The local Log Analytics has no table ${name}.`);
    const table = tables.get(name) ?? { columns, rows: [] };
    tables.set(name, table);
    return table;
  };
  return {
    customerId,
    add(name, rows, more = {}) {
      if (behaviours.cappedLogTables.includes(name)) return;
      const table = tableOf(name);
      table.columns = { ...table.columns, ...more };
      for (const values of rows) {
        const { least, longest } = behaviours.logsShowAfterMs;
        const visibleMs = Date.now() + least + random.next() * (longest - least);
        const ingestedMs = visibleMs - random.next() * Math.min(SHOWS_AFTER_MS, least);
        table.rows.push({ values: cut({ ...values, Type: name }, table.columns), ingestedMs, visibleMs });
      }
    },
    addTable: (name) => void tableOf(name),
    table(name) {
      const table = tables.get(name);
      if (table === undefined) return undefined;
      const nowMs = Date.now();
      // In the order in which they came to show: nothing says which row is given first.
      const rows = table.rows.filter(({ visibleMs }) => visibleMs <= nowMs);
      return { columns: table.columns, rows: rows.toSorted((one, other) => one.visibleMs - other.visibleMs) };
    },
    purge(name, isMeant) {
      const table = tableOf(name);
      table.rows = table.rows.filter(({ values }) => !isMeant(values));
    },
  };
}

/** The values of the columns that the table has, each as long as a field can be. */
function cut(values: LogRow['values'], columns: Columns): LogRow['values'] {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => columns[name] !== undefined)
      .map(([name, value]) => [name, cutField(value)]),
  );
}

function cutField(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  if (Buffer.byteLength(text) <= MOST_FIELD_BYTES) return value;
  // What is cut off of a dynamic value leaves no JSON: it is a text then.
  return Buffer.from(text).subarray(0, MOST_FIELD_BYTES).toString('utf8');
}
