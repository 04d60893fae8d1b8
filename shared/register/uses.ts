import type { KeyId } from '../domain/key.ts';
import type { KeyUse } from '../domain/key-use.ts';
import { RowUnreadable } from '../errors.ts';
import type { PortTables } from '../ports.ts';

/**
 * What hangs on a key; `undefined` where nothing is known to. `unreadable` where the row cannot be parsed: the next survey
 * writes it anew, and no key goes unguarded for it.
 */
export async function readUse(
  { uses }: Pick<PortTables, 'uses'>,
  { vault, key }: KeyId,
): Promise<KeyUse | 'unreadable' | undefined> {
  try {
    return (await uses.get(vault, key))?.value;
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return 'unreadable';
  }
}
