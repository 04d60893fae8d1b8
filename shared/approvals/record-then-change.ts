import { isDeepStrictEqual } from 'node:util';
import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import type { Subject } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Rows, Stored } from '../register/rows.ts';
import { entry } from '../trail/entries.ts';

/** A change of an approval or a hold by a person. */
export interface Said<T> {
  readonly what: Extract<AuditEntry['what'], 'approval' | 'hold'>;
  readonly subject: Subject;
  /** `granted`, `released` … */
  readonly event: string;
  readonly next: T;
  readonly who: Actor;
}

/**
 * Records a change of an approval or a hold, then makes it. Where somebody else changed the row first, it records that this
 * change had no effect, and throws `NotAllowed`.
 */
export async function recordThenChange<T extends { readonly id: string }>(
  rows: Rows<T>,
  stored: Stored<T>,
  { what, subject, event, next, who }: Said<T>,
  ports: Ports,
): Promise<void> {
  await ports.trail.append([entry(what, subject, { event, [what]: next }, ports, { who })]);
  if ((await rows.replace(stored, next)) !== undefined) return;
  // Where only storage's answer was lost, the change was made all the same.
  const standing = await rows.get(stored.row.partition, stored.row.row);
  if (isDeepStrictEqual(plain(standing?.value), plain(next))) return;
  const detail = { event: 'without-effect', said: event, id: next.id };
  await ports.trail.append([entry(what, subject, detail, ports, { who })]);
  throw new NotAllowed(`Somebody else has just changed the ${what} ${next.id}: check how it stands, then try again.`);
}

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** The row of an approval or a hold. Throws `NotAllowed` where there is none of that id. @param where of an approval, its vault */
export async function found<T>(
  rows: Rows<T>,
  what: 'approval' | 'hold',
  partition: string,
  id: string,
): Promise<Stored<T>> {
  // Storage would refuse any other text as the key of a row.
  const stored = /^[\w-]{1,100}$/.test(id) ? await rows.get(partition, id) : undefined;
  if (stored === undefined)
    throw new NotAllowed(`There is no ${what} ${id}${what === 'hold' ? '' : ` in ${partition}`}.`);
  return stored;
}
