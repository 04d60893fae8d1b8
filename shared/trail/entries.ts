import { z } from 'zod';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { KeyId } from '../domain/key.ts';
import type { RegisterChange } from '../domain/register.ts';
import { versionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { recordable } from './recordable.ts';

type Needs = Pick<Ports, 'now' | 'newId'>;

// What JSON gives is JSON, and the trail reads each entry whole: all that is left to see here is that it has members.
const members = z.custom<AuditEntry['detail']>(
  (parsed) => typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed),
  'it has no members',
);

/**
 * A record before the trail has linked it, of now and with a new id. `detail` is turned into plain JSON: dates become ISO
 * strings, and what is `undefined` is left out. Throws `EntryInvalid` where it cannot be.
 *
 * @param more what the entry says beside this, or in its place
 */
export function entry(
  what: AuditEntry['what'],
  subject: AuditEntry['subject'],
  detail: object,
  { now, newId }: Needs,
  more: Partial<AuditEntry> = {},
): AuditEntry {
  const id = newId();
  const plain = recordable(id, () => members.parse(JSON.parse(JSON.stringify(detail))));
  return { id, time: now(), what, subject, detail: plain, ...more };
}

/** A change of what is approved, as the register's stream keeps it. */
export const registerEntry = (id: KeyId, change: RegisterChange, needs: Needs): AuditEntry =>
  entry('register', versionOf(id, 'version' in change ? change.version : undefined), { change }, needs);
