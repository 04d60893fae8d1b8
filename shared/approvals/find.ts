import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../domain/audit-record.ts';
import type { Subject } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { SignedRows } from '../register/signed-rows.ts';
import { entry } from '../trail/entries.ts';

/** An approval or a hold, as a person finds it. */
export interface Found<T> {
  readonly value: T;
  /**
   * Records a change, then makes it. Where somebody else changed the row first, it records that this change had no effect,
   * and throws `NotAllowed`.
   *
   * @param event `granted`, `released` …
   */
  change(event: string, next: T, who: Actor): Promise<void>;
}

/** Finds an approval or a hold by its id. Throws `NotAllowed` where there is none. @param partition of an approval, its vault */
export async function find<T extends { readonly id: string }>(
  rows: SignedRows<T>,
  what: 'approval' | 'hold',
  partition: string,
  id: string,
  subjectOf: (of: T) => Subject,
  ports: Ports,
): Promise<Found<T>> {
  // Storage would refuse any other text as the key of a row.
  const stored = /^[\w-]{1,100}$/.test(id) ? await rows.get(partition, id) : undefined;
  if (stored === undefined)
    throw new NotAllowed(`There is no ${what} ${id}${what === 'hold' ? '' : ` in ${partition}`}.`);
  return {
    value: stored.value,
    async change(event, next, who) {
      const record = (detail: object) => ports.trail.append([entry(what, subjectOf(next), detail, ports, { who })]);
      await record({ event, [what]: next });
      if ((await rows.replace(stored, next)) !== undefined) return;
      // Where only storage's answer was lost, the change was made all the same.
      const standing = await rows.get(partition, id);
      if (isDeepStrictEqual(plain(standing?.value), plain(next))) return;
      await record({ event: 'without-effect', said: event, id });
      throw new NotAllowed(`Somebody else has just changed the ${what} ${id}: check how it stands, then try again.`);
    },
  };
}

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
