import type { AuditEntry } from '../domain/audit-record.ts';
import type { KeyId } from '../domain/key.ts';
import type { RegisterChange } from '../domain/register.ts';
import type { Ports } from '../ports.ts';

type Needs = Pick<Ports, 'now' | 'newId'>;

/** A record before the trail has linked it. `detail` is turned into plain JSON: dates become ISO strings. */
export function entry(
  what: AuditEntry['what'],
  subject: AuditEntry['subject'],
  detail: object,
  { now, newId }: Needs,
  more: Partial<AuditEntry> = {},
): AuditEntry {
  return { id: newId(), time: now(), what, subject, detail: JSON.parse(JSON.stringify(detail)), ...more };
}

/** A change of what is approved, as the register's stream keeps it. */
export const registerEntry = (id: KeyId, change: RegisterChange, needs: Needs): AuditEntry =>
  entry('register', { ...id, ...('version' in change ? { version: change.version } : {}) }, { change }, needs);
