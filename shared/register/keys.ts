import type { KeyId } from '../domain/key.ts';
import { EMPTY_KEY_RECORD, type KeyRecord, keyRecord } from '../domain/register.ts';
import { RegisterUnreadable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';
import { parsed } from './rows.ts';

/** Rows that are changed side by side, where it is all of a vault. */
export const ROWS_AT_ONCE = 16;

/** What the register holds of a key, with the row it was read from; no row where nothing is known. */
export interface KeyRow {
  readonly record: KeyRecord;
  readonly row: Row | undefined;
}

/** Throws `RegisterUnreadable` where the row does not hold what it should. */
export async function readKey(keys: Table, { vault, key }: KeyId): Promise<KeyRow> {
  const row = await keys.get(vault, key);
  return { record: row === undefined ? EMPTY_KEY_RECORD : parsed(keyRecord, row), row };
}

/** Every key of a vault that the register knows, by name. Throws `RegisterUnreadable` where a row does not hold what it should. */
export async function readKeys(keys: Table, vault: string): Promise<ReadonlyMap<string, KeyRow>> {
  const rows = await keys.list(vault);
  return new Map(rows.map((row) => [row.row, { record: parsed(keyRecord, row), row }]));
}

/** As `readKeys`, with the rows that cannot be read apart from those that can. */
export async function readSoundKeys(
  keys: Table,
  vault: string,
): Promise<{
  readonly rows: ReadonlyMap<string, KeyRow>;
  readonly unreadable: ReadonlyMap<string, RegisterUnreadable>;
}> {
  const rows = new Map<string, KeyRow>();
  const unreadable = new Map<string, RegisterUnreadable>();
  for (const row of await keys.list(vault)) {
    try {
      rows.set(row.row, { record: parsed(keyRecord, row), row });
    } catch (error) {
      if (!(error instanceof RegisterUnreadable)) throw error;
      unreadable.set(row.row, error);
    }
  }
  return { rows, unreadable };
}

/**
 * Writes a key's row if it is still as it was read; `undefined` where somebody else wrote it meanwhile. Writes nothing
 * where nothing changed.
 */
export async function writeKey(
  keys: Table,
  { vault, key }: KeyId,
  from: KeyRow,
  record: KeyRecord,
): Promise<KeyRow | undefined> {
  if (JSON.stringify(record) === JSON.stringify(from.record)) return from;
  const row = from.row === undefined ? await keys.insert(vault, key, record) : await keys.replace(from.row, record);
  return row === undefined ? undefined : { record, row };
}

/** Changes a key's row, reading it again as often as somebody else was faster. Throws `RegisterUnreadable` as `readKey` does. */
export async function changeKey(keys: Table, id: KeyId, change: (record: KeyRecord) => KeyRecord): Promise<KeyRecord> {
  for (;;) {
    const from = await readKey(keys, id);
    const written = await writeKey(keys, id, from, change(from.record));
    if (written !== undefined) return written.record;
  }
}
