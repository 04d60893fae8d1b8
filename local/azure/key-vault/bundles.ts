import { isSince } from './api-versions.ts';
import { isHsm } from './material.ts';
import type { Key, KeyVersion, Vault } from './store.ts';

/** The key bundle of create, import, get, update, rotate and recover. The public part is made here where it was not yet. */
export async function keyBundle(vault: Vault, key: Key, version: KeyVersion, apiVersion: string): Promise<unknown> {
  // Read before waiting for the material, so that the answer tells the state at the request's turn.
  const { kty } = version.type;
  const head = { kid: versionId(vault, key, version), kty, key_ops: version.keyOps };
  const rest = describe(vault, key, version, apiVersion);
  const released = version.releasePolicy === undefined ? {} : { release_policy: version.releasePolicy };
  return { key: { ...head, ...(await version.material.publicPart()) }, ...rest, ...released };
}

/** The same with where and until when it can be recovered. */
export async function deletedKeyBundle(
  vault: Vault,
  key: Key,
  version: KeyVersion,
  dates: DeletedDates,
  apiVersion: string,
): Promise<unknown> {
  const head = deletedHead(vault, key, dates);
  const bundle = await keyBundle(vault, key, version, apiVersion);
  return Object.assign(head, bundle);
}

/** An item of `/keys`: the current version's attributes under the key's id. No type, no operations. */
export function keyItem(vault: Vault, key: Key, version: KeyVersion, apiVersion: string): unknown {
  return { kid: keyId(vault, key), ...describe(vault, key, version, apiVersion) };
}

/** An item of `/keys/{name}/versions`. */
export function versionItem(vault: Vault, key: Key, version: KeyVersion, apiVersion: string): unknown {
  return { kid: versionId(vault, key, version), ...describe(vault, key, version, apiVersion) };
}

/** An item of `/deletedkeys`. */
export function deletedKeyItem(
  vault: Vault,
  key: Key,
  version: KeyVersion,
  dates: DeletedDates,
  apiVersion: string,
): unknown {
  return { ...deletedHead(vault, key, dates), kid: keyId(vault, key), ...describe(vault, key, version, apiVersion) };
}

/** Whole Unix seconds; they lie exactly the retention apart. */
export interface DeletedDates {
  readonly deletedDate: number;
  readonly scheduledPurgeDate: number;
}

/** The id of a key without a version. Never with a port. */
export function keyId(vault: Vault, key: Key): string {
  return `${vault.origin}/keys/${key.name}`;
}

/** The id of a version, as `kid` has it. Never with a port. */
export function versionId(vault: Vault, key: Key, version: KeyVersion): string {
  return `${keyId(vault, key)}/${version.id}`;
}

/** @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#fips-140-compliance */
export function hsmPlatformOf(version: KeyVersion): string {
  return isHsm(version.type) ? '2' : '0';
}

function deletedHead(vault: Vault, key: Key, { deletedDate, scheduledPurgeDate }: DeletedDates): object {
  return { recoveryId: `${vault.origin}/deletedkeys/${key.name}`, deletedDate, scheduledPurgeDate };
}

function describe(vault: Vault, key: Key, version: KeyVersion, apiVersion: string): object {
  return {
    attributes: attributesOf(vault, key, version, apiVersion),
    ...(version.tags === undefined ? {} : { tags: version.tags }),
    ...(key.managed ? { managed: true } : {}),
  };
}

/** Members come and go with the api-version: recoverableDays since 7.1, exportable since 7.3, hsmPlatform since 7.5. @see https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#keyattributes */
function attributesOf(vault: Vault, key: Key, version: KeyVersion, apiVersion: string): object {
  return {
    enabled: version.enabled,
    ...(version.nbf === undefined ? {} : { nbf: version.nbf }),
    ...(version.exp === undefined ? {} : { exp: version.exp }),
    created: version.created,
    updated: version.updated,
    recoveryLevel: recoveryLevelOf(vault),
    ...(isSince(apiVersion, '7.1') ? { recoverableDays: vault.softDeleteDays } : {}),
    ...(key.managed || !isSince(apiVersion, '7.3-preview') ? {} : { exportable: version.exportable }),
    ...(isSince(apiVersion, '7.5-preview.1') ? { hsmPlatform: hsmPlatformOf(version) } : {}),
  };
}

/** @see https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#deletionrecoverylevel */
export function recoveryLevelOf(vault: Vault): string {
  if (vault.softDeleteDays === 0) return 'Purgeable';
  const recoverable = vault.softDeleteDays === 90 ? 'Recoverable' : 'CustomizedRecoverable';
  return vault.purgeProtection ? recoverable : `${recoverable}+Purgeable`;
}
