import { resourceIdOf } from '../key-vault/audit-record.ts';
import { recoveryLevelOf } from '../key-vault/bundles.ts';
import { permissionOf } from '../key-vault/permissions.ts';
import { type Key, type KeyVersion, type Vault, versionsById } from '../key-vault/store.ts';
import type { Grant, Identity, OperationName } from '../types.ts';
import { isNamedBy } from './roles.ts';
import type { Resource } from './store.ts';

/** The type of a vault. */
export const VAULTS = 'Microsoft.KeyVault/vaults';
/** The type of a key as Resource Manager shows it. */
export const VAULT_KEYS = 'Microsoft.KeyVault/vaults/keys';
/** The type of a version of it. */
export const VAULT_KEY_VERSIONS = 'Microsoft.KeyVault/vaults/keys/versions';

/** Who has grants in a vault. */
export type Granted = readonly { readonly identity: Identity; readonly grants: readonly Grant[] }[];

/**
 * A vault as Resource Manager shows it. What was never set is absent, not false (recorded).
 *
 * @param granted whose grants are shown as access policies, where the vault has that model
 */
export function vaultResource(vault: Vault, granted: Granted): Resource {
  const { tenantId, softDeleteDays, purgeProtection, accessModel } = vault;
  return {
    id: resourceIdOf(vault),
    name: vault.name,
    type: VAULTS,
    location: vault.region,
    tags: vault.tags,
    properties: {
      sku: { family: 'A', name: 'standard' },
      tenantId,
      accessPolicies: accessModel === 'rbac' ? [] : granted.flatMap((one) => accessPolicyOf(vault, one)),
      enabledForDeployment: false,
      ...(softDeleteDays === 0 ? {} : { enableSoftDelete: true, softDeleteRetentionInDays: softDeleteDays }),
      ...(accessModel === 'rbac' ? { enableRbacAuthorization: true } : {}),
      ...(purgeProtection ? { enablePurgeProtection: true } : {}),
      vaultUri: `${vault.origin}/`,
      provisioningState: 'Succeeded',
      ...vault.properties,
    },
  };
}

/** The operations whose permissions an access policy names. */
export const POLICY_OPERATIONS: readonly OperationName[] = [
  ...(['get', 'list', 'create', 'import', 'update', 'delete', 'recover', 'purge', 'rotate', 'backup'] as const),
  ...(['restore', 'encrypt', 'decrypt', 'sign', 'verify', 'wrapkey', 'unwrapkey'] as const),
  ...(['get-rotation-policy', 'put-rotation-policy'] as const),
];

function accessPolicyOf(vault: Vault, { identity, grants }: Granted[number]): readonly unknown[] {
  const named = grants
    .filter((grant) => grant.vault === '*' || grant.vault.toLowerCase() === vault.name.toLowerCase())
    .flatMap(({ dataActions }) => dataActions);
  const keys = POLICY_OPERATIONS.flatMap((operation) => {
    const permission = permissionOf(operation);
    return permission !== undefined && named.some((pattern) => isNamedBy(pattern, permission.action))
      ? [permission.policy]
      : [];
  });
  if (keys.length === 0) return [];
  const { oid: objectId, tenantId } = identity;
  return [{ tenantId, objectId, permissions: { certificates: [], keys, secrets: [], storage: [] } }];
}

/** A key in the list of a vault's keys: what its current version is like, without naming it. The URI has the port. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list */
export function keyItem(vault: Vault, key: Key, current: KeyVersion): Resource {
  return {
    ...keyHead(vault, key),
    properties: {
      attributes: attributesOf(vault, current),
      keyUri: `${vault.origin}:443/keys/${key.name}`,
    },
  };
}

/** A key, or one version of it. Recorded in `recordings-estate/vaults/deleted-vault.json`. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/get */
export function keyResource(vault: Vault, key: Key, version: KeyVersion, isVersion: boolean): Resource {
  const { type } = version;
  const head = keyHead(vault, key);
  const keyUri = `${vault.origin}/keys/${key.name}`;
  return {
    ...head,
    ...(isVersion ? { id: `${head.id}/versions/${version.id}`, name: version.id, type: VAULT_KEY_VERSIONS } : {}),
    properties: {
      attributes: { ...attributesOf(vault, version), exportable: version.exportable },
      kty: type.kty,
      keyOps: version.keyOps,
      ...('crv' in type ? { curveName: type.crv } : { keySize: type.keySize }),
      keyUri,
      keyUriWithVersion: `${keyUri}/${version.id}`,
    },
  };
}

/** A version in the list of a key's versions, which is in the order of their ids. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list-versions */
export function versionItems(vault: Vault, key: Key): readonly Resource[] {
  const head = keyHead(vault, key);
  return versionsById(key).map((version) => ({
    ...head,
    id: `${head.id}/versions/${version.id}`,
    name: version.id,
    type: VAULT_KEY_VERSIONS,
    properties: {
      attributes: attributesOf(vault, version),
      keyUri: `${vault.origin}:443/keys/${key.name}`,
      keyUriWithVersion: `${vault.origin}:443/keys/${key.name}/${version.id}`,
    },
  }));
}

const keyHead = (vault: Vault, { name }: Key): Omit<Resource, 'properties'> => ({
  id: `${resourceIdOf(vault)}/keys/${name}`,
  name,
  type: VAULT_KEYS,
  location: vault.region,
});

function attributesOf(
  vault: Vault,
  { enabled, nbf, exp, created, updated }: KeyVersion,
): Readonly<Record<string, unknown>> {
  return {
    enabled,
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
    created,
    updated,
    recoveryLevel: recoveryLevelOf(vault),
  };
}
