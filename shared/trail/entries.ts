import * as z from 'zod';
import type { Actor, AuditEntry } from '../domain/audit-record.ts';
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
 * An entry of the trail, with the present time and a new id. `detail` is turned into plain JSON: dates become ISO strings,
 * and members that are `undefined` are left out. Throws `EntryInvalid` where that is not possible.
 *
 * @param more further members of the entry, or other values for these
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

/** The entry of a change of what is approved, for the register's stream. @param who the person who makes it; `undefined` where the guardian does */
export const registerEntry = (id: KeyId, change: RegisterChange, needs: Needs, who?: Actor): AuditEntry =>
  entry('register', versionOf(id, 'version' in change ? change.version : undefined), { change }, needs, { who });
