import { registerEntry } from '../audit/entries.ts';
import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { type KeyId, spell } from '../domain/key.ts';
import type { RegisterChange } from '../domain/register.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { withChanges } from '../register/changes.ts';
import { changeKey } from '../register/keys.ts';
import { endIncidents } from './book.ts';

/**
 * Gives a key up that is gone: nothing of it is missed any more, and what was told of its state ends. Should it come back,
 * that is told, and it is guarded once a person accepts it in a baseline. Throws `NotAllowed` where it may not be gone.
 *
 * @param because who says so and why: stands in the register in the place of an approval
 */
export async function giveUp(
  id: KeyId,
  because: string,
  by: Actor,
  isOver: (incident: Incident) => boolean,
  ports: Ports,
): Promise<void> {
  await refuseUnlessGone(id, ports);
  const change: RegisterChange = {
    kind: 'approve-deletion',
    approval: because,
    deletedOn: ports.now(),
    // Whenever it was purged, and however late the record of that comes: it is the end that the person knows of.
    scheduledPurgeOn: new Date(0),
    by: by.oid,
  };
  await ports.trail.appendRegister(id.vault, [registerEntry(id, change, ports)]);
  await changeKey(ports.tables.keys, id, (record) => withChanges(record, [change]));
  // Of a key that is not missed no pass finds anything: no look comes that would end them.
  await endIncidents(id, isOver, because, ports);
}

async function refuseUnlessGone(id: KeyId, { reads }: Ports): Promise<void> {
  const { read, readDeleted } = reads(id.vault);
  for (const { kind } of await Promise.all([read(id.key), readDeleted(id.key)])) {
    if (kind === 'missing') continue;
    throw new NotAllowed(
      kind === 'ok' || kind === 'undetailed'
        ? `${spell(id)} is there again: what is told of it ends with the next look.`
        : `${spell(id)} cannot be read, so that nobody can say that it is gone: ${kind}.`,
    );
  }
}
