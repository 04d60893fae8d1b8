import type { KeyId } from '../domain/key.ts';
import type { RegisterChange } from '../domain/register.ts';
import type { Ports } from '../ports.ts';
import { withChanges } from '../register/changes.ts';
import { changeKey } from '../register/keys.ts';
import { registerEntry } from '../trail/entries.ts';

/** Records changes of what is approved, then applies them to the key's row. Throws where storage refuses either of them. */
export async function recordChanges(id: KeyId, changes: readonly RegisterChange[], ports: Ports): Promise<void> {
  if (changes.length === 0) return;
  await ports.trail.appendRegister(changes.map((change) => registerEntry(id, change, ports)));
  await changeKey(ports.tables.keys, id, (record) => withChanges(record, changes));
}
