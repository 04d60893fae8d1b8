import { isDeepStrictEqual } from 'node:util';
import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import type { Subject } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Rows, Stored } from '../register/rows.ts';
import { entry } from '../trail/entries.ts';

/** What somebody says of an approval or a hold. */
export interface Said<T> {
  readonly what: Extract<AuditEntry['what'], 'approval' | 'hold'>;
  readonly subject: Subject;
  /** `granted`, `released` … */
  readonly event: string;
  readonly next: T;
  readonly who: Actor;
}

/**
 * Records what somebody says, and then lets it count. Throws `NotAllowed` where somebody else was faster, once the trail
 * says that it had no effect.
 */
export async function recordThenChange<T extends { readonly id: string }>(
  rows: Rows<T>,
  stored: Stored<T>,
  { what, subject, event, next, who }: Said<T>,
  ports: Ports,
): Promise<void> {
  await ports.trail.append([entry(what, subject, { event, [what]: next }, ports, { who })]);
  if ((await rows.replace(stored, next)) !== undefined) return;
  // Where only the answer was lost it took hold all the same.
  const standing = await rows.get(stored.row.partition, stored.row.row);
  if (isDeepStrictEqual(plain(standing?.value), plain(next))) return;
  const detail = { event: 'without-effect', said: event, id: next.id };
  await ports.trail.append([entry(what, subject, detail, ports, { who })]);
  throw new NotAllowed(`The ${what} ${next.id} was just changed by somebody else: see how it stands, and try again.`);
}

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** Whether it can be the id of anything: storage refuses other keys of a row with an error of its own. */
export const isId = (text: string): boolean => /^[\w-]{1,100}$/.test(text);
