import type { KeyId } from '../domain/key.ts';
import type { RegisterUnreadable } from '../errors.ts';
import { hourOf } from '../incidents/draft.ts';
import { registerUnreadable } from '../incidents/kinds/register-unreadable.ts';
import { setAsideWhole } from '../incidents/quarantine.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** Sets a row of the register aside whole, records it and tells that the key is not guarded. The row is left as it is. */
export async function tellUnreadable(id: KeyId, error: RegisterUnreadable, ports: Ports): Promise<void> {
  await setAsideWhole({ content: error.content, because: error.message }, 'register', ports);
  await openIncident(registerUnreadable.draft(id, hourOf(ports.now())), ports);
}
