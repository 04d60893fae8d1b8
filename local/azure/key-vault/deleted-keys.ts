import type { Answer } from './answer.ts';
import { deletedKeyBundle, keyBundle, versionId } from './bundles.ts';
import { type Call, settledAt } from './call.ts';
import { conflict, deletedKeyNotFound, keyNotFound, purgeProtected, softDeleteOff } from './errors.ts';
import { sightOf } from './store.ts';

/** `GET /deletedkeys/{name}`: 404 until the deletion has settled, 22 s in a recording (`recordings-estate/keys/delete-and-recover.json`). */
export async function getDeletedKey(call: Call): Promise<Answer> {
  const { vault, name, nowMs, apiVersion } = call;
  if (vault.softDeleteDays === 0) return softDeleteOff('get');
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind !== 'deleted') return deletedKeyNotFound(name);
  const body = await deletedKeyBundle(vault, sight.key, sight.current, sight, apiVersion);
  return { status: 200, body, version: sight.current };
}

/**
 * `POST /deletedkeys/{name}/recover`: 200 means begun, the key is there when it has settled, with the versions, `created`
 * and `updated` it had. While the deletion settles it is a conflict (recorded:
 * `recordings-estate/keys/delete-and-recover.json`), and while another recovery does; that the second is not a 404 is UNCONFIRMED. @see https://learn.microsoft.com/rest/api/keyvault/keys/recover-deleted-key/recover-deleted-key
 */
export async function recoverDeletedKey(call: Call): Promise<Answer> {
  const { vault, name, nowMs, apiVersion } = call;
  if (vault.softDeleteDays === 0) return softDeleteOff('recover');
  const sight = sightOf(vault, name, nowMs);
  switch (sight.kind) {
    case 'none':
    case 'present':
    case 'purging':
      return keyNotFound(name);
    case 'deleting':
      return { ...conflict({ kind: 'recovered-while-deleting', name: sight.key.name }), version: sight.current };
    case 'recovering': {
      const kid = versionId(vault, sight.key, sight.current);
      return { ...conflict({ kind: 'recovering-in-parallel', kid }), version: sight.current };
    }
    case 'deleted': {
      const { key, current } = sight;
      const settled = settledAt(call);
      key.lifecycle = {
        kind: 'present',
        settledAt: settled,
        writesSettledAt: settled + call.behaviours.writesSettleMs,
      };
      return { status: 200, body: await keyBundle(vault, key, current, apiVersion), version: current, changed: true };
    }
    default:
      return sight satisfies never;
  }
}

/** `DELETE /deletedkeys/{name}`: 204, and the name stays taken while that settles (https://github.com/Azure/azure-sdk-for-net/issues/26027). Refused to everyone under purge protection. */
export function purgeDeletedKey(call: Call): Answer {
  const { vault, name, nowMs } = call;
  if (vault.softDeleteDays === 0) return softDeleteOff('purge');
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind === 'deleting') return { ...conflict({ kind: 'being-deleted' }), version: sight.current };
  if (sight.kind !== 'deleted') return deletedKeyNotFound(name);
  if (vault.purgeProtection) return { ...purgeProtected(vault.name, vault.region), version: sight.current };
  sight.key.lifecycle = { kind: 'purged', nameFreeAt: settledAt(call) };
  return { status: 204, version: sight.current, changed: true };
}
