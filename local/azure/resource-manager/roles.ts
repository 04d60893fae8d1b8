/** What a role allows: of Resource Manager by actions, of the services themselves by data actions. */
export interface Permissions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

/** A role that every tenant has. */
export interface BuiltInRole extends Permissions {
  readonly name: string;
  /** The name of its definition. */
  readonly id: string;
  readonly description: string;
}

const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] } as const;
const keys = 'Microsoft.KeyVault/vaults/keys';

/** Control-plane reads that the roles for a vault's data have in common. */
const vaultReads = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
  'Microsoft.KeyVault/checkNameAvailability/read',
  'Microsoft.KeyVault/deletedVaults/read',
  'Microsoft.KeyVault/locations/*/read',
  'Microsoft.KeyVault/vaults/*/read',
  'Microsoft.KeyVault/operations/read',
];
const ONLY_RBAC = "Only works for key vaults that use the 'Azure role-based access control' permission model.";

/** The built-in roles that matter to keys, as published. @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const builtInRoles = [
  {
    ...none,
    name: 'Owner',
    id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    description: 'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    actions: ['*'],
  },
  {
    ...none,
    name: 'Contributor',
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    description:
      'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
      'Microsoft.Subscription/cancel/action',
      'Microsoft.Subscription/enable/action',
    ],
  },
  {
    ...none,
    name: 'Reader',
    id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    description: 'View all resources, but does not allow you to make any changes.',
    actions: ['*/read'],
  },
  {
    ...none,
    name: 'User Access Administrator',
    id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    description: 'Lets you manage user access to Azure resources.',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  },
  {
    ...none,
    name: 'Key Vault Administrator',
    id: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    description: `Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments. ${ONLY_RBAC}`,
    actions: vaultReads,
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  },
  {
    ...none,
    name: 'Key Vault Contributor',
    id: 'f25e0fa2-a7c8-4377-a976-54943a77a395',
    description: 'Lets you manage key vaults, but not access to them.',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.KeyVault/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Support/*',
    ],
    notActions: [
      'Microsoft.KeyVault/locations/deletedVaults/purge/action',
      'Microsoft.KeyVault/hsmPools/*',
      'Microsoft.KeyVault/managedHsms/*',
    ],
  },
  {
    ...none,
    name: 'Key Vault Reader',
    id: '21090545-7ca7-4776-b22c-e363652d74d2',
    description: `Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. ${ONLY_RBAC}`,
    actions: vaultReads,
    dataActions: ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'],
  },
  {
    ...none,
    name: 'Key Vault Crypto Officer',
    id: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    description: `Perform any action on the keys of a key vault, except manage permissions. ${ONLY_RBAC}`,
    actions: vaultReads,
    dataActions: [`${keys}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  },
  {
    ...none,
    name: 'Key Vault Crypto User',
    id: '12338af0-0e69-4776-bea7-57ae8d297424',
    description: `Perform cryptographic operations using keys. ${ONLY_RBAC}`,
    dataActions: [
      `${keys}/read`,
      `${keys}/update/action`,
      `${keys}/backup/action`,
      `${keys}/encrypt/action`,
      `${keys}/decrypt/action`,
      `${keys}/wrap/action`,
      `${keys}/unwrap/action`,
      `${keys}/sign/action`,
      `${keys}/verify/action`,
    ],
  },
  {
    ...none,
    name: 'Key Vault Crypto Service Encryption User',
    id: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
    description: `Read metadata of keys and perform wrap/unwrap operations. ${ONLY_RBAC}`,
    actions: [
      'Microsoft.EventGrid/eventSubscriptions/write',
      'Microsoft.EventGrid/eventSubscriptions/read',
      'Microsoft.EventGrid/eventSubscriptions/delete',
    ],
    dataActions: [`${keys}/read`, `${keys}/wrap/action`, `${keys}/unwrap/action`],
  },
] as const satisfies readonly BuiltInRole[];

/** The name of a role that every tenant has. */
export type BuiltInRoleName = (typeof builtInRoles)[number]['name'];

/** Whether an action is one that a pattern of a role names: `*` stands for any text, letters are compared without case. @see https://learn.microsoft.com/azure/role-based-access-control/role-definitions#wildcard-permissions */
export function isNamedBy(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const expression = parts.map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${expression}$`).test(action.toLowerCase());
}
