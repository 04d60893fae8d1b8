import type { Answer } from './answer.ts';
import { deletedKeyItem, keyItem, versionItem } from './bundles.ts';
import type { Call } from './call.ts';
import { keyNotFound, softDeleteOff } from './errors.ts';
import { pageOf } from './paging.ts';
import { sightOf, sortedNames, versionsById } from './store.ts';

/** `GET /keys`: keys that are there, disabled ones too, each with its current version's attributes. */
export function listKeys(call: Call): Answer {
  const { vault, nowMs, apiVersion } = call;
  return pageOf(call, {
    path: '/keys',
    rows: sortedNames(vault),
    markerOf: (name) => name,
    itemOf: (name) => {
      const sight = sightOf(vault, name, nowMs);
      return sight.kind === 'present' ? keyItem(vault, sight.key, sight.current, apiVersion) : undefined;
    },
  });
}

/**
 * `GET /keys/{name}/versions`: empty for a name that is unknown, deleted or being recovered, for vaults answered so in 2020.
 * @see https://github.com/Azure/azure-sdk-for-net/issues/16444 and https://github.com/Azure/azure-sdk-for-java/issues/11033
 */
export function listVersions(call: Call): Answer {
  const { vault, name, nowMs, apiVersion } = call;
  const sight = sightOf(vault, name, nowMs);
  const key = sight.kind === 'present' ? sight.key : undefined;
  if (key === undefined && call.behaviours.missingKeyVersions === 404) return keyNotFound(name);
  return pageOf(call, {
    path: `/keys/${key?.name ?? name}/versions`,
    rows: key === undefined ? [] : versionsById(key),
    markerOf: (version) => version.id,
    itemOf: (version) => (key === undefined ? undefined : versionItem(vault, key, version, apiVersion)),
  });
}

/** `GET /deletedkeys`: a key comes here only when its deletion has settled. */
export function listDeletedKeys(call: Call): Answer {
  const { vault, nowMs, apiVersion } = call;
  if (vault.softDeleteDays === 0) return softDeleteOff('list');
  return pageOf(call, {
    path: '/deletedkeys',
    rows: sortedNames(vault),
    markerOf: (name) => name,
    itemOf: (name) => {
      const sight = sightOf(vault, name, nowMs);
      return sight.kind === 'deleted' ? deletedKeyItem(vault, sight.key, sight.current, sight, apiVersion) : undefined;
    },
  });
}
