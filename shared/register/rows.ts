import type { z } from 'zod';
import { RowUnreadable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';

/** The form of rows that this version writes. A reader takes what it knows of any other. */
const ROW_VERSION = 1;

/** What a row held when it was read. */
export interface Stored<T> {
  readonly value: T;
  readonly row: Row;
}

/** What a list of rows holds. A row that cannot be read costs no other. */
export interface Listed<T> {
  readonly stored: readonly Stored<T>[];
  readonly unreadable: readonly RowUnreadable[];
}

/**
 * A table whose rows hold one thing. Members of a row that this version does not know survive its writing. A row that
 * cannot be read is `RowUnreadable`: thrown where it alone was asked for, listed apart where many were.
 */
export interface Rows<T> {
  get(partition: string, row: string): Promise<Stored<T> | undefined>;
  /** All rows of a partition; of the table where left out. */
  list(partition?: string): Promise<Listed<T>>;
  /** `undefined` where one of that key is there already. */
  insert(partition: string, row: string, value: T): Promise<Stored<T> | undefined>;
  /** `undefined` where the row changed since it was read, or is gone. Writes nothing where nothing changed. */
  replace(read: Stored<T>, value: T): Promise<Stored<T> | undefined>;
  /** Whatever stands there. */
  put(partition: string, row: string, value: T): Promise<Stored<T>>;
  /** False where the row changed since it was read, or is gone. */
  remove(read: Pick<Stored<T>, 'row'>): Promise<boolean>;
  /** Makes the next value from what stands, again as often as somebody else was faster. */
  change(partition: string, row: string, next: (standing: T | undefined) => T): Promise<Stored<T>>;
}

/** The typed rows of a table. @param name what errors call the table */
export function rowsOf<T>(name: string, table: Table, schema: z.ZodType<T>): Rows<T> {
  const read = (row: Row): Stored<T> => {
    const parsed = schema.safeParse(row.data);
    if (!parsed.success) throw new RowUnreadable(name, row, parsed.error);
    return { value: parsed.data, row };
  };
  const written = (value: T, row: Row | undefined): Stored<T> | undefined => (row === undefined ? row : { value, row });
  const rows: Rows<T> = {
    async get(partition, row) {
      const found = await table.get(partition, row);
      return found === undefined ? undefined : read(found);
    },
    async list(partition) {
      const stored: Stored<T>[] = [];
      const unreadable: RowUnreadable[] = [];
      for (const row of await table.list(partition)) {
        try {
          stored.push(read(row));
        } catch (error) {
          if (!(error instanceof RowUnreadable)) throw error;
          unreadable.push(error);
        }
      }
      return { stored, unreadable };
    },
    insert: async (partition, row, value) => written(value, await table.insert(partition, row, versioned(value))),
    async replace({ value: before, row }, value) {
      const data = { ...versioned(value, row.data), ...unknownIn(row.data, plain(before), plain(value)) };
      if (JSON.stringify(plain(before)) === JSON.stringify(plain(value))) return { value, row };
      return written(value, await table.replace(row, data));
    },
    put: async (partition, row, value) => ({ value, row: await table.put(partition, row, versioned(value)) }),
    remove: ({ row }) => table.remove(row),
    async change(partition, row, next) {
      for (;;) {
        const standing = await rows.get(partition, row);
        const value = next(standing?.value);
        const done =
          standing === undefined ? await rows.insert(partition, row, value) : await rows.replace(standing, value);
        if (done !== undefined) return done;
      }
    },
  };
  return rows;
}

const versioned = <T>(value: T, before?: unknown) => ({ v: Math.max(ROW_VERSION, versionIn(before)), ...value });

/** A row that a later version wrote stays marked so: this one kept what it did not know of it. */
const versionIn = (data: unknown): number => (isMembers(data) && typeof data.v === 'number' ? data.v : 0);

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The members of `next` into which `raw` holds something that its reader did not know, with it; none where there is
 * nothing. Of what is not there any more nothing is kept.
 */
function unknownIn(raw: unknown, known: unknown, next: unknown): Members {
  if (!isMembers(raw) || !isMembers(known) || !isMembers(next)) return {};
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'v') continue;
    const inner = next[name];
    if (!(name in known)) {
      if (inner === undefined) kept[name] = value;
    } else if (isMembers(inner)) {
      const within = unknownIn(value, known[name], inner);
      if (Object.keys(within).length > 0) kept[name] = { ...inner, ...within };
    }
  }
  return kept;
}
