import type { Answer } from './answer.ts';
import { deletedKeyItem, keyItem, versionItem } from './bundles.ts';
import type { Call } from './call.ts';
import { keyNotFound, softDeleteOff } from './errors.ts';
import { pageOf } from './paging.ts';
import { sightOf, sortedNames, versionsById } from './store.ts';

/**
 * `GET /keys`: keys that are there, disabled ones too, each with its current version's attributes. Deleted ones take up room
 * on a page all the same, so it may be short with another behind it (`sequences/key-vault/keys-in-short-pages.json`).
 */
export function listKeys(call: Call): Answer {
  const { vault, nowMs, apiVersion } = call;
  return pageOf(call, {
    path: '/keys',
    rows: sortedNames(vault),
    markerOf: (name) => name,
    seen: (name) => {
      const sight = sightOf(vault, name, nowMs);
      if (sight.kind === 'none') return { kind: 'none' };
      if (sight.kind !== 'present') return { kind: 'passed-over' };
      return { kind: 'item', item: keyItem(vault, sight.key, sight.current, apiVersion) };
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
    seen: (version) =>
      key === undefined ? { kind: 'none' } : { kind: 'item', item: versionItem(vault, key, version, apiVersion) },
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
    // Whether keys that are there take up room on these pages is UNCONFIRMED: `emptyPages` has pages come empty.
    seen: (name) => {
      const sight = sightOf(vault, name, nowMs);
      if (sight.kind !== 'deleted') return { kind: 'none' };
      return { kind: 'item', item: deletedKeyItem(vault, sight.key, sight.current, sight, apiVersion) };
    },
  });
}
