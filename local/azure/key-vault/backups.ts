import { z } from 'zod';
import type { Answer } from './answer.ts';
import { parseBody } from './attributes.ts';
import { keyBundle } from './bundles.ts';
import type { Call } from './call.ts';
import { keyNotFound, malformedBackup, restoreConflict } from './errors.ts';
import { nameTaken } from './keys.ts';
import { addKeyToVault, type Key, type KeyVersion, sightOf } from './store.ts';

/** What a backup holds: every version as it was. */
export interface KeyBackup {
  readonly subscriptionId: string;
  readonly name: string;
  readonly versions: readonly KeyVersion[];
}

/** The blob begins so; the rest of a real one is encrypted for the service alone (`recordings-estate/keys/backup-restore.json`). */
const PREFIX = '&AzureKeyVaultKeyBackupV1.microsoft.com';

/** `POST …/backup`: all versions in one blob, which names what the local Azure keeps and holds no key. @see https://learn.microsoft.com/rest/api/keyvault/keys/backup-key/backup-key */
export function backupKey(call: Call): Answer {
  const { vault, name, nowMs, backups, random } = call;
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind !== 'present') return keyNotFound(name);
  const value = Buffer.from(`${PREFIX}${random.hex(64)}`).toString('base64url');
  backups.set(value, {
    subscriptionId: vault.subscriptionId,
    name: sight.key.name,
    versions: copiesOf(sight.key.versions),
  });
  return { status: 200, body: { value }, version: sight.current };
}

const bodySchema = z.object({ value: z.string() });

/**
 * `POST /keys/restore`: under the name it had, with version ids, `created` and `updated` as they were
 * (`sequences/key-vault/backup-purge-restore.json`), into a vault of the same subscription. A name in use is a conflict.
 * @see https://learn.microsoft.com/azure/key-vault/general/backup
 */
export async function restoreKey(call: Call): Promise<Answer> {
  const { vault, backups, apiVersion } = call;
  const parsed = parseBody(bodySchema, call.body);
  if (parsed.kind === 'refused') return parsed.answer;
  const backup = backups.get(parsed.value.value);
  const versions = copiesOf(backup?.versions ?? []);
  const current = versions.at(-1);
  // That a backup of another subscription is refused in the same words is UNCONFIRMED.
  if (backup === undefined || current === undefined || backup.subscriptionId !== vault.subscriptionId)
    return malformedBackup();
  const key: Key = {
    name: backup.name,
    managed: false,
    versions,
    versionsById: undefined,
    lifecycle: { kind: 'present', settledAt: 0, writesSettledAt: 0 },
  };
  const sight = sightOf(vault, key.name, call.nowMs);
  if (sight.kind === 'present' || sight.kind === 'purging') return restoreConflict();
  const taken = nameTaken({ ...call, name: key.name });
  if (taken !== undefined) return taken;
  addKeyToVault(vault, key);
  return { status: 200, body: await keyBundle(vault, key, current, apiVersion), version: current, changed: true };
}

const copiesOf = (versions: readonly KeyVersion[]): KeyVersion[] => versions.map((version) => ({ ...version }));
