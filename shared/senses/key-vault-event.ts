import { z } from 'zod';
import type { HintSays } from '../domain/hint.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { wholeText } from '../incidents/set-aside.ts';
import type { Heard } from './heard-news.ts';

/** Both schemas: Event Grid's own and CloudEvents 1.0. Names and types of the data drift between sources. */
const event = z
  .object({
    id: z.string(),
    eventType: z.string().optional(),
    type: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
  })
  .transform(({ id, eventType, type, data }) => ({ id, type: eventType ?? type ?? '', data: lowered(data) }));

/** `"ObjectName "` with a blank, `Id`, `id`: one name for each. */
const lowered = (data: Record<string, unknown>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name.trim().toLowerCase(),
      typeof value === 'string' ? value.trim() : value,
    ]),
  );

const ID = /^https:\/\/([^./]+)\.[^/]+\/keys\/([0-9a-zA-Z-]{1,127})(?:\/([0-9a-fA-F]{32}))?$/;

/**
 * The inspection that a Key Vault event leads to: none for events of other objects, of vaults that are not guarded, and
 * of types we do not know. Vault, key and version are taken from `data.Id` alone.
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export function inspectionsFromKeyVaultEvent(given: unknown, policy: Policy, now: Date): Heard {
  const parsed = event.safeParse(given);
  if (!parsed.success)
    return {
      inspections: [],
      setAside: [{ content: wholeText(given), because: z.prettifyError(parsed.error) }],
    };
  const { id, type, data } = parsed.data;
  if (type !== 'Microsoft.KeyVault.KeyNewVersionCreated') return { inspections: [], setAside: [] };
  const [, vault, key, version] = ID.exec(typeof data.id === 'string' ? data.id : '') ?? [];
  if (vault === undefined || key === undefined)
    return { inspections: [], setAside: [{ content: wholeText(given), because: 'data.Id names no key' }] };
  const subject = { vault: vault.toLowerCase(), key: key.toLowerCase() };
  if (!guardedVaults(policy).includes(subject.vault) || !keyPolicy(policy, subject.vault, subject.key).guarded)
    return { inspections: [], setAside: [] };
  const says: HintSays = { kind: 'new-version', ...(version === undefined ? {} : { version: version.toLowerCase() }) };
  return {
    inspections: [{ ...subject, hints: [{ id, sense: 'key-vault-event', heardAt: now, says }], attempt: 0 }],
    setAside: [],
  };
}
