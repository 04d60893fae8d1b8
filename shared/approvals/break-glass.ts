import { type Approval, BREAK_GLASS_MS } from '../domain/approval.ts';
import type { Actor } from '../domain/audit-record.ts';
import { type KeyId, spell } from '../domain/key.ts';
import { keyOf } from '../domain/subject.ts';
import { later } from '../domain/time.ts';
import { NotAllowed } from '../errors.ts';
import { incidentId } from '../incidents/draft.ts';
import { glassBroken } from '../incidents/kinds/glass-broken.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/**
 * Allows a person to disable one version of a key within the hour, on that person's word alone, and alerts everyone. Deleting
 * and purging always take two people.
 */
export async function breakGlass(
  { version, ...key }: KeyId & { readonly version: string },
  why: string,
  by: Actor,
  ports: Ports,
): Promise<Approval> {
  if (version === '*') throw new NotAllowed(`Name the version of ${spell(key)} that is to be disabled.`);
  const from = ports.now();
  const said = { by, at: from };
  const window = { from, until: later(from, BREAK_GLASS_MS) };
  const given = { ...key, version, acts: ['disable' as const], by: by.oid, ...window, why };
  const approval: Approval = { ...given, id: ports.newId(), asked: said, granted: said, breakGlass: true };
  await ports.trail.append([entry('approval', keyOf(key), { event: 'break-glass', approval }, ports, { who: by })]);
  // Alerted before it allows anything.
  await openIncident(glassBroken.draft(approval), ports, incidentId(glassBroken.draft(approval), approval.id));
  await ports.tables.approvals.put(key.vault, approval.id, approval);
  return approval;
}
