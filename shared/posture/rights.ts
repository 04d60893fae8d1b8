import { fits } from '../domain/policy.ts';
import type { EstateVault, Permissions, Role } from '../estate/estate.ts';
import type { Assigned } from './facts.ts';

/** Somebody who holds a right on a vault's keys. */
export interface Holder {
  readonly principalId: string;
  /** `User`, `Group`, `ServicePrincipal`; `undefined` where it is not known. Members of groups are not read. */
  readonly principalType: string | undefined;
  /** The role's name, or `access policy`. */
  readonly through: string;
  /** Where the role was assigned, relative to the vault. */
  readonly from: 'key' | 'vault' | 'resource group' | 'subscription' | 'management group';
  /** The key that the right is for, where it is for one only. */
  readonly key: string | undefined;
  /** The assignment has a condition, which may take the right away again. */
  readonly isConditional: boolean;
}

const anyFits = (patterns: readonly string[], name: string): boolean => patterns.some((pattern) => fits(pattern, name));

const permits = (one: Permissions, action: string, isData: boolean): boolean =>
  isData
    ? anyFits(one.dataActions, action) && !anyFits(one.notDataActions, action)
    : anyFits(one.actions, action) && !anyFits(one.notActions, action);

/** Whether a role allows an action. What one of its permissions leaves out, another may allow. */
const allows = ({ permissions }: Role, action: string, isData: boolean): boolean =>
  permissions.some((one) => permits(one, action, isData));

/** Where a scope is, seen from a vault; `undefined` where it is neither above the vault, nor the vault, nor one of its keys. */
function placeOf(scope: string, vault: EstateVault): Pick<Holder, 'from' | 'key'> | undefined {
  const at = scope.replace(/\/+$/, '');
  if (at === vault.id) return { from: 'vault', key: undefined };
  // The assignments of a subscription come with those above it, and with no others above.
  if (at === '' || at.startsWith('/providers/microsoft.management/'))
    return { from: 'management group', key: undefined };
  if (at.startsWith(`${vault.id}/keys/`)) return { from: 'key', key: at.slice(`${vault.id}/keys/`.length) };
  if (!vault.id.startsWith(`${at}/`)) return undefined;
  return { from: at.includes('/resourcegroups/') ? 'resource group' : 'subscription', key: undefined };
}

/**
 * Who may do something to a vault by role, inherited assignments among it.
 *
 * @param isData whether it is a data action, which only a vault under Azure RBAC heeds
 */
export function holdersByRole(
  vault: EstateVault,
  { assignments, roles }: Assigned,
  action: string,
  isData: boolean,
): readonly Holder[] {
  return assignments.flatMap(({ principalId, principalType, role: id, scope, isConditional }) => {
    const role = roles.get(id);
    const place = placeOf(scope, vault);
    if (role === undefined || place === undefined || !allows(role, action, isData)) return [];
    return [{ principalId, principalType, through: role.name, isConditional, ...place }];
  });
}

/** The ids of roles that are assigned on a vault or above it and whose definition is not known. */
export const unknownRoles = (vault: EstateVault, { assignments, roles }: Assigned): readonly string[] => [
  ...new Set(
    assignments.flatMap(({ role, scope }) => (roles.has(role) || placeOf(scope, vault) === undefined ? [] : [role])),
  ),
];

/** Who may do something to keys by an access policy: `delete`, `purge`, `update` … */
export const holdersByPolicy = (vault: EstateVault, permission: string): readonly Holder[] =>
  vault.accessPolicies.flatMap(({ objectId, applicationId, keys }) =>
    keys.includes(permission) || keys.includes('all')
      ? [
          {
            principalId: objectId,
            principalType: undefined,
            through: applicationId === undefined ? 'access policy' : `access policy, by application ${applicationId}`,
            from: 'vault',
            key: undefined,
            isConditional: false,
          } as const,
        ]
      : [],
  );

/** What can be done to a key, as a data action of Azure RBAC and as a permission of access policies. */
export const ACTS = {
  get: { action: 'Microsoft.KeyVault/vaults/keys/read', permission: 'get' },
  wrap: { action: 'Microsoft.KeyVault/vaults/keys/wrap/action', permission: 'wrapkey' },
  unwrap: { action: 'Microsoft.KeyVault/vaults/keys/unwrap/action', permission: 'unwrapkey' },
  disable: { action: 'Microsoft.KeyVault/vaults/keys/update/action', permission: 'update' },
  delete: { action: 'Microsoft.KeyVault/vaults/keys/delete', permission: 'delete' },
  purge: { action: 'Microsoft.KeyVault/vaults/keys/purge/action', permission: 'purge' },
} as const;
export type Act = keyof typeof ACTS;

/** Who may do this to the keys of a vault, by the way the vault decides it. */
export const holdersOf = (vault: EstateVault, assigned: Assigned, act: Act): readonly Holder[] =>
  vault.rbac ? holdersByRole(vault, assigned, ACTS[act].action, true) : holdersByPolicy(vault, ACTS[act].permission);

/** Control-plane actions by which somebody gives themselves every right on keys: of access policies, or of roles. */
const GRANTING = {
  policies: ['Microsoft.KeyVault/vaults/accessPolicies/write', 'Microsoft.KeyVault/vaults/write'],
  roles: ['Microsoft.Authorization/roleAssignments/write'],
} as const;

/** Who can give themselves every right on the keys of a vault. Contributor can do so in a vault with access policies. */
export function grantersOf(vault: EstateVault, assigned: Assigned): readonly Holder[] {
  const actions = vault.rbac ? GRANTING.roles : [...GRANTING.policies, ...GRANTING.roles];
  const all = actions.flatMap((action) => holdersByRole(vault, assigned, action, false));
  return [...new Map(all.map((holder) => [`${holder.principalId} ${holder.through} ${holder.from}`, holder])).values()];
}
