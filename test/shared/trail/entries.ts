import { createHash } from 'node:crypto';
import { type AuditEntry, auditEntry } from '../../../shared/domain/audit-record.ts';
import { keyOf } from '../../../shared/domain/subject.ts';

/** A sound entry of the vault `payments`. */
export const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  time: new Date('2026-03-01T12:00:00Z'),
  what: 'decision',
  subject: { kind: 'key', vault: 'payments', key: 'disk-key' },
  detail: { id },
  ...more,
});

/** What an entry of another vault says beside its id. */
export const of = (vault: string) => ({ subject: keyOf({ vault, key: 'disk-key' }) });

/** Entries with the ids `<prefix>1` to `<prefix><count>`. */
export const entries = (prefix: string, count: number): readonly AuditEntry[] =>
  Array.from({ length: count }, (_, place) => entry(`${prefix}${place + 1}`));

/** What a line says, without the chain. */
export const entryOf = (line: string): AuditEntry => auditEntry.parse(JSON.parse(line));

/** SHA-256, hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The line with a member changed and its hash made to fit again. */
export function forged(line: string, change: Readonly<Record<string, unknown>>): string {
  const { hash: _, ...others } = { ...JSON.parse(line), ...change };
  const sorted = Object.fromEntries(Object.entries(others).sort(([one], [other]) => (one < other ? -1 : 1)));
  const hash = sha256(JSON.stringify(sorted));
  return JSON.stringify(
    Object.fromEntries(Object.entries({ ...sorted, hash }).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}
