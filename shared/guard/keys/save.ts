import type { KeyId } from '../../domain/key.ts';
import type { KeyRecord } from '../../domain/register.ts';
import type { Ports } from '../../ports.ts';
import { changeKey, type KnownKey, writeKey } from '../../register/keys.ts';

/** Writes the register's row; merges it, as `mergeInto` does, where somebody else wrote the row first. */
export async function save(id: KeyId, known: KnownKey, record: KeyRecord, ports: Ports): Promise<void> {
  if (!(await writeKey(ports.tables.keys, id, known, record))) await mergeInto(id, known.record, record, ports);
}

/**
 * Merges the result of an inspection into a row that somebody else wrote meanwhile. What the inspection observed replaces
 * what a sweep observed. Where what is approved was changed, by a person or another worker, the changed row stays, and the
 * next inspection observes the key again.
 */
export async function mergeInto(id: KeyId, from: KeyRecord, record: KeyRecord, { tables }: Ports): Promise<void> {
  await changeKey(tables.keys, id, (standing) => {
    if (JSON.stringify(standing.approved) === JSON.stringify(from.approved)) return record;
    const { undone, recovering } = record.inFlight;
    return {
      ...standing,
      observed: { ...standing.observed, foundSomething: true },
      inFlight: { ...standing.inFlight, undone, recovering },
      audit: record.audit,
    };
  });
}
