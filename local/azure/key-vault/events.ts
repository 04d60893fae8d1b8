import { type EventDelivery, eventDelivery } from '../event-delivery.ts';
import type { Behaviours } from '../types.ts';
import { resourceIdOf } from './audit-record.ts';
import { versionId } from './bundles.ts';
import type { Key, KeyVersion, Vault } from './store.ts';

/** What an event is of, without its namespace. Of deletions and disablements there is none. */
export type KeyEventType = 'KeyNewVersionCreated' | 'KeyNearExpiry' | 'KeyExpired';

/**
 * What Event Grid delivers of a version. The dates are strings in Event Grid's own schema (as the page's samples have
 * them), numbers in CloudEvents (as the type specification has them), null where unset: sources differ, so consumers must
 * take either. @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export function keyEvent(
  type: KeyEventType,
  vault: Vault,
  { key, version }: { readonly key: Key; readonly version: KeyVersion },
  { id, schema, nowMs }: { readonly id: string; readonly schema: Behaviours['eventSchema']; readonly nowMs: number },
): EventDelivery {
  const date = (seconds: number | undefined): string | number | null => {
    if (seconds === undefined) return null;
    return schema === 'EventGridSchema' ? String(seconds) : seconds;
  };
  const data = {
    Id: versionId(vault, key, version),
    VaultName: vault.name,
    ObjectType: 'Key',
    ObjectName: key.name,
    Version: version.id,
    NBF: date(version.nbf),
    EXP: date(version.exp),
  };
  const about = { id, source: resourceIdOf(vault), subject: key.name, timeMs: nowMs, dataVersion: '1' };
  return eventDelivery({ ...about, type: `Microsoft.KeyVault.${type}`, data }, schema);
}
