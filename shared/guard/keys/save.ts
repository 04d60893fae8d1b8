import type { KeyId } from '../../domain/key.ts';
import type { KeyRecord } from '../../domain/register.ts';
import type { Ports } from '../../ports.ts';
import { changeKey, type KnownKey } from '../../register/keys.ts';

/**
 * Writes the register's row. Where somebody else wrote it meanwhile, what the inspection observed replaces what a sweep
 * observed. Where what is approved was changed, by a person or another worker, the changed row stays, and the next
 * inspection observes the key again.
 */
export async function save(id: KeyId, known: KnownKey, record: KeyRecord, { tables }: Ports): Promise<void> {
  if (await tables.keys.write(id.vault, id.key, known.stored, record)) return;
  await changeKey(tables.keys, id, (standing) => {
    if (JSON.stringify(standing.approved) === JSON.stringify(known.record.approved)) return record;
    const { undone, recovering } = record.inFlight;
    return {
      ...standing,
      observed: { ...standing.observed, foundSomething: true },
      inFlight: { ...standing.inFlight, undone, recovering },
      audit: record.audit,
    };
  });
}
