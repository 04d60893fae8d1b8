import type { KeyId } from '../domain/key.ts';
import { EMPTY_KEY_RECORD, type KeyRecord } from '../domain/register.ts';
import type { PortTables } from '../ports.ts';
import type { Stored } from './rows.ts';

/** Rows of a vault that are changed at the same time. */
export const ROWS_AT_ONCE = 16;

type Keys = PortTables['keys'];

/** The register's record of a key, with the row it was read from; without a row where the key is not known. */
export interface KnownKey {
  readonly record: KeyRecord;
  readonly stored: Stored<KeyRecord> | undefined;
}

/** Reads the register's record of a key. Throws `RowUnreadable` where its row cannot be parsed. */
export async function readKey(keys: Keys, { vault, key }: KeyId): Promise<KnownKey> {
  const stored = await keys.get(vault, key);
  return { record: stored?.value ?? EMPTY_KEY_RECORD, stored };
}

/** Every key of a vault in the register, by name; rows that cannot be read are listed separately. */
export async function readKeys(keys: Keys, vault: string) {
  const { stored, unreadable } = await keys.list(vault);
  const known: ReadonlyMap<string, KnownKey> = new Map(
    stored.map((one) => [one.row.row, { record: one.value, stored: one }]),
  );
  return { known, unreadable: new Map(unreadable.map((error) => [error.row, error])) };
}

/** Changes a key's row, reading it again as often as somebody else was faster. Throws `RowUnreadable` as `readKey` does. */
export const changeKey = (
  keys: Keys,
  { vault, key }: KeyId,
  change: (record: KeyRecord) => KeyRecord,
): Promise<KeyRecord> => keys.change(vault, key, (standing) => change(standing ?? EMPTY_KEY_RECORD));
