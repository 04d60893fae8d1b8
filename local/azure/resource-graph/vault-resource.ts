import type { Vault } from '../key-vault/store.ts';
import type { Resource } from '../resource-manager/store.ts';

/** One entry of a vault's access policies. */
export interface AccessPolicy {
  readonly tenantId: string;
  readonly objectId: string;
  readonly permissions: { readonly keys: readonly string[] };
}

/** The id of a vault in Resource Manager. */
export const vaultId = ({ subscriptionId, resourceGroup, name }: Vault): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${name}`;

/**
 * A vault as Resource Manager has it. What was never set is absent, not false (`recordings/vaults`); `accessPolicies` is
 * there and empty under Azure RBAC.
 */
export function vaultResource(vault: Vault, policies: readonly AccessPolicy[]): Resource {
  const { name, region, tenantId, softDeleteDays, accessModel } = vault;
  return {
    id: vaultId(vault),
    name,
    type: 'Microsoft.KeyVault/vaults',
    location: region,
    tags: {},
    properties: {
      sku: { family: 'A', name: 'standard' },
      tenantId,
      accessPolicies: accessModel === 'rbac' ? [] : policies,
      enabledForDeployment: false,
      ...(softDeleteDays === 0 ? {} : { enableSoftDelete: true, softDeleteRetentionInDays: softDeleteDays }),
      enableRbacAuthorization: accessModel === 'rbac',
      ...(vault.purgeProtection ? { enablePurgeProtection: true } : {}),
      vaultUri: `${vault.origin}/`,
      provisioningState: 'Succeeded',
      publicNetworkAccess: 'Enabled',
    },
  };
}
