import * as z from 'zod';
import { eventId, type HintSays, inspectionFor } from '../domain/hint.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { keyOf } from '../domain/subject.ts';
import { wholeText } from '../incidents/quarantine.ts';
import { namedIn } from './key-id.ts';
import type { Sensed } from './queue-sensed.ts';

/** The type of the event, in lower case. */
const NEW_VERSION = 'microsoft.keyvault.keynewversioncreated';

/** An event in Event Grid's own schema or in CloudEvents 1.0. Names and types of its data differ between sources. */
const event = z
  .object({
    id: z.string(),
    eventType: z.string().nullish(),
    type: z.string().nullish(),
    data: z.record(z.string(), z.unknown()),
  })
  .transform(({ id, eventType, type, data }) => ({
    id,
    type: (eventType?.trim() || type?.trim() || '').toLowerCase(),
    data: lowered(data),
  }));

/** The data with names in lower case and without blanks: sources write `"ObjectName "`, `Id` and `id`. */
const lowered = (data: Record<string, unknown>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name.trim().toLowerCase(),
      typeof value === 'string' ? value.trim() : value,
    ]),
  );

/**
 * The inspection that a Key Vault event leads to: none for events of other objects, of vaults that are not guarded, and
 * of types we do not know. Vault, key and version are taken from `data.Id` alone.
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export function inspectionsFromKeyVaultEvent(given: unknown, policy: Policy, now: Date): Sensed {
  const parsed = event.safeParse(given);
  if (!parsed.success)
    return {
      inspections: [],
      unparsed: [{ content: wholeText(given), because: z.prettifyError(parsed.error) }],
    };
  const { id, type, data } = parsed.data;
  if (type === '') return { inspections: [], unparsed: [{ content: wholeText(given), because: 'it has no type' }] };
  if (type !== NEW_VERSION) return { inspections: [], unparsed: [] };
  const { vault, key, version } = namedIn(typeof data.id === 'string' ? data.id : '') ?? {};
  if (vault === undefined || key === undefined)
    return { inspections: [], unparsed: [{ content: wholeText(given), because: 'data.Id names no key' }] };
  const subject = keyOf({ vault, key });
  if (!guardedVaults(policy).includes(subject.vault) || !keyPolicy(policy, subject.vault, subject.key).guarded)
    return { inspections: [], unparsed: [] };
  const says: HintSays = { kind: 'new-version', ...(version === undefined ? {} : { version }) };
  return {
    inspections: [inspectionFor(subject, { id: eventId(id), sense: 'key-vault-event', sensedAt: now, says })],
    unparsed: [],
  };
}
