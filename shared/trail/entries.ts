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

/** Bytes of `detail` at most. A field of Log Analytics has 64 KB, and what is longer is cut off without a word. */
const MOST_DETAIL_BYTES = 64_000;
/** Characters that are kept of a detail that is larger: each may take several bytes, and is written as text in JSON. */
const KEPT_CHARACTERS = 10_000;

/**
 * The detail, or its beginning as text where it is too large for a field of a workspace.
 *
 * @see https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api
 */
export function fitting<Detail extends object>(detail: Detail): Detail | { cutFromBytes: number; beginning: string } {
  const text = JSON.stringify(detail);
  const sizeBytes = Buffer.byteLength(text);
  return sizeBytes <= MOST_DETAIL_BYTES
    ? detail
    : { cutFromBytes: sizeBytes, beginning: text.slice(0, KEPT_CHARACTERS) };
}

/**
 * An entry of the trail, with the present time and a new id. `detail` is turned into plain JSON: dates become ISO strings,
 * members that are `undefined` are left out, and of more than 64,000 bytes only the beginning is kept, as text. Throws `EntryInvalid` where that is not possible.
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
  const plain = recordable(id, () => fitting(members.parse(JSON.parse(JSON.stringify(detail)))));
  return { id, time: now(), what, subject, detail: plain, ...more };
}

/** The entry of a change of what is approved, for the register's stream. @param who the person who makes it; `undefined` where the guardian does */
export const registerEntry = (id: KeyId, change: RegisterChange, needs: Needs, who?: Actor): AuditEntry =>
  entry('register', versionOf(id, 'version' in change ? change.version : undefined), { change }, needs, { who });
