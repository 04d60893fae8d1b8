import type * as z from 'zod';
import { RowUnreadable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';

/** The version of the form in which rows are written. A reader ignores what it does not know of another version. */
const ROW_VERSION = 1;

/** A row as it was read, with its parsed value. */
export interface Stored<T> {
  readonly value: T;
  readonly row: Row;
}

/** A list of rows. Rows that cannot be read are listed separately, and do not hide the others. */
export interface Listed<T> {
  readonly stored: readonly Stored<T>[];
  readonly unreadable: readonly RowUnreadable[];
}

/**
 * A table with rows of one type. Members of a row that this version does not know are kept when the row is written. A row
 * that cannot be read is a `RowUnreadable`: thrown where one row is read, listed separately where many are.
 */
export interface Rows<T> {
  get(partition: string, row: string): Promise<Stored<T> | undefined>;
  /** All rows of a partition; all rows of the table where no partition is given. */
  list(partition?: string): Promise<Listed<T>>;
  /** Inserts a row; `undefined` where it exists already. */
  insert(partition: string, row: string, value: T): Promise<Stored<T> | undefined>;
  /** Replaces a row; `undefined` where it changed since it was read, or is gone. Writes nothing where the value is the same. */
  replace(read: Stored<T>, value: T): Promise<Stored<T> | undefined>;
  /** Inserts where nothing was read, and replaces otherwise; `undefined` where somebody else was faster. */
  write(partition: string, row: string, read: Stored<T> | undefined, value: T): Promise<Stored<T> | undefined>;
  /** Whatever stands there. */
  put(partition: string, row: string, value: T): Promise<Stored<T>>;
  /** Removes a row; false where it changed since it was read, or is gone. */
  remove(read: Pick<Stored<T>, 'row'>): Promise<boolean>;
  /** Makes the next value from what stands, again as often as somebody else was faster. */
  change(partition: string, row: string, next: (standing: T | undefined) => T): Promise<T>;
}

/** The typed rows of a table. @param name the table's name in errors */
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
      if (JSON.stringify(before) === JSON.stringify(value)) return { value, row };
      return written(value, await table.replace(row, dataAfter({ value: before, row }, value)));
    },
    write: (partition, row, before, value) =>
      before === undefined ? rows.insert(partition, row, value) : rows.replace(before, value),
    put: async (partition, row, value) => ({ value, row: await table.put(partition, row, versioned(value)) }),
    remove: ({ row }) => table.remove(row),
    async change(partition, row, next) {
      for (;;) {
        const standing = await rows.get(partition, row);
        const value = next(standing?.value);
        if (await rows.write(partition, row, standing, value)) return value;
      }
    },
  };
  return rows;
}

/** What a row holds once it is replaced: the value, with the members of the row that this version does not know. */
export const dataAfter = <T>({ value: before, row }: Stored<T>, value: T): unknown =>
  withUnknown(row.data, plain(before), plain(versioned(value, versionOf(row.data))));

const versioned = <T>(value: T, v = ROW_VERSION) => ({ v, ...value });

/** The version of a row's form. A row that a later version wrote keeps its number, since its unknown members are kept. */
const versionOf = (data: unknown): number =>
  isMembers(data) && typeof data.v === 'number' ? Math.max(ROW_VERSION, data.v) : ROW_VERSION;

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * `next` together with the members of `raw` that its reader did not know, at every depth; `raw` where nothing of it changed.
 * Unknown members of something that `next` no longer has are dropped. All three are plain JSON.
 *
 * @param known the part of `raw` that its reader knew
 */
function withUnknown(raw: unknown, known: unknown, next: unknown): unknown {
  if (JSON.stringify(known) === JSON.stringify(next)) return raw;
  if (Array.isArray(raw) && Array.isArray(known) && Array.isArray(next)) return withUnknownItems(raw, known, next);
  if (!isMembers(raw) || !isMembers(known) || !isMembers(next)) return next;
  const unknown = Object.entries(raw).filter(([name]) => !(name in known) && !(name in next));
  const members = Object.entries(next).map(([name, value]) => [name, withUnknown(raw[name], known[name], value)]);
  return Object.fromEntries([...members, ...unknown]);
}

/** As `withUnknown`, for the items of a list. An item is the same as before where its known part is the same. */
function withUnknownItems(raw: readonly unknown[], known: readonly unknown[], next: readonly unknown[]): unknown[] {
  const before = known.map((item, place) => ({ text: JSON.stringify(item), place }));
  return next.map((item) => {
    const text = JSON.stringify(item);
    const at = before.findIndex((candidate) => candidate.text === text);
    const [same] = at === -1 ? [] : before.splice(at, 1);
    return same === undefined ? item : withUnknown(raw[same.place], known[same.place], item);
  });
}
