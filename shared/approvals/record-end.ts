import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import type { Subject } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/** Records in the register's stream that an approval or a hold has ended by a person: from then on its earlier row counts no more. */
export async function recordEnd(
  what: AuditEntry['what'] & ('approval' | 'hold'),
  id: string,
  subject: Subject,
  by: Actor,
  ports: Ports,
): Promise<void> {
  await ports.trail.appendRegister([entry(what, subject, { ended: id }, ports, { who: by })]);
}
