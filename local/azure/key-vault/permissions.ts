import { createHash } from 'node:crypto';
import { issuerOf } from '../issuer.ts';
import { isNamedBy } from '../resource-manager/roles.ts';
import type { Grant, Identity, OperationName } from '../types.ts';
import type { Answer } from './answer.ts';
import { errorAnswer } from './errors.ts';
import type { Vault } from './store.ts';

/** What an operation needs under each of the two access models. */
interface Permission {
  /** The data action of Azure RBAC. That reading covers deleted keys follows from the REST permissions and is UNCONFIRMED. @see https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
  readonly action: string;
  /** The name in an access policy. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-access-control */
  readonly policy: string;
}

/** Undefined for what the local Azure does not serve. */
export function permissionOf(operation: OperationName): Permission | undefined {
  const keys = 'Microsoft.KeyVault/vaults/keys';
  switch (operation) {
    case 'get':
    case 'get-version':
    case 'get-deleted':
      return { action: `${keys}/read`, policy: 'get' };
    case 'list':
    case 'list-versions':
    case 'list-deleted':
      return { action: `${keys}/read`, policy: 'list' };
    case 'create':
    case 'import':
    case 'update':
    case 'recover':
    case 'purge':
    case 'rotate':
    case 'backup':
    case 'restore':
    case 'encrypt':
    case 'decrypt':
    case 'sign':
    case 'verify':
      return { action: `${keys}/${operation}/action`, policy: operation };
    case 'get-rotation-policy':
      return { action: 'Microsoft.KeyVault/vaults/keyrotationpolicies/read', policy: 'getrotationpolicy' };
    case 'put-rotation-policy':
      return { action: 'Microsoft.KeyVault/vaults/keyrotationpolicies/write', policy: 'setrotationpolicy' };
    case 'delete':
      return { action: `${keys}/delete`, policy: 'delete' };
    case 'wrapkey':
      return { action: `${keys}/wrap/action`, policy: 'wrapKey' };
    case 'unwrapkey':
      return { action: `${keys}/unwrap/action`, policy: 'unwrapKey' };
    case 'unknown':
      return undefined;
    default:
      return operation satisfies never;
  }
}

/** Whether a call may go on, by which role assignment, or the 403 for it. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly assignmentId: string | undefined }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** Those that count: policies count for nothing in a vault that came under Azure RBAC. */
export const countedGrants = ({ name, policiesVoid }: Vault, grants: readonly Grant[]): readonly Grant[] =>
  policiesVoid ? grants.filter(({ vault }) => vault.toLowerCase() !== name.toLowerCase()) : grants;

/** Whether the identity's grants cover the operation; an access policy is always for the whole vault, so there a grant's key is not looked at. */
export function authorize(
  vault: Vault,
  identity: Identity,
  grants: readonly Grant[],
  operation: OperationName,
  key: string | undefined,
): Authorization {
  const permission = permissionOf(operation);
  if (permission === undefined) return { kind: 'allowed', assignmentId: undefined };
  const here = grants.filter((grant) => grant.vault === '*' || grant.vault.toLowerCase() === vault.name.toLowerCase());
  const covering = here.find(
    (grant) =>
      (vault.accessModel === 'access-policy' ||
        grant.key === undefined ||
        grant.key.toLowerCase() === key?.toLowerCase()) &&
      grant.dataActions.some((granted) => isNamedBy(granted, permission.action)) &&
      !grant.notDataActions?.some((excepted) => isNamedBy(excepted, permission.action)),
  );
  if (covering === undefined) {
    const caller = { vault, identity, permission, key };
    if (vault.accessModel === 'rbac') return { kind: 'refused', answer: forbiddenByRbac(caller) };
    return { kind: 'refused', answer: here.length === 0 ? accessDenied(caller) : forbiddenByPolicy(caller) };
  }
  return {
    kind: 'allowed',
    assignmentId: vault.accessModel === 'rbac' ? assignmentIdOf(identity, covering) : undefined,
  };
}

/** The refusal that the vault's access model gives, for a planned fault. */
export function refusedByPermission(
  vault: Vault,
  identity: Identity,
  operation: OperationName,
  key: string | undefined,
): Answer {
  const permission = permissionOf(operation) ?? { action: 'Microsoft.KeyVault/vaults/keys/read', policy: 'get' };
  const caller = { vault, identity, permission, key };
  return vault.accessModel === 'rbac' ? forbiddenByRbac(caller) : forbiddenByPolicy(caller);
}

/** @see https://github.com/microsoft/AzureTRE/issues/3789 for the text. */
export function refusedByFirewall(vault: Vault, identity: Identity, address: string): Answer {
  const lines = [
    'Client address is not authorized and caller is not a trusted service.',
    `Client address: ${address}`,
    `Caller: ${callerText(identity)}`,
    `Vault: ${vault.name};location=${vault.region}`,
  ];
  return errorAnswer(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByFirewall');
}

interface Caller {
  readonly vault: Vault;
  readonly identity: Identity;
  readonly permission: Permission;
  readonly key: string | undefined;
}

/** The blank before the last line break but one, and the last line break, are part of the text. @see https://github.com/hashicorp/terraform-provider-azurerm/issues/27817 */
function forbiddenByRbac({ vault, identity, permission, key }: Caller): Answer {
  const path = `/subscriptions/${vault.subscriptionId}/resourcegroups/${vault.resourceGroup}/providers/microsoft.keyvault/vaults/${vault.name}`;
  const lines = [
    'Caller is not authorized to perform action on resource.',
    'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
    `Caller: ${callerText(identity)}`,
    `Action: '${permission.action}'`,
    `Resource: '${(key === undefined ? path : `${path}/keys/${key}`).toLowerCase()}'`,
    'Assignment: (not found)',
    'DenyAssignmentId: null',
    "DecisionReason: 'DeniedWithNoValidRBAC' ",
    `Vault: ${vault.name};location=${vault.region}`,
    '',
  ];
  return errorAnswer(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByRbac');
}

/** In no access policy at all. */
function accessDenied(caller: Caller): Answer {
  return errorAnswer(403, 'Forbidden', policyText(caller, ''), 'AccessDenied');
}

/** In one which lacks this permission. */
function forbiddenByPolicy(caller: Caller): Answer {
  return errorAnswer(403, 'Forbidden', policyText(caller, 'numgroups=0;'), 'ForbiddenByPolicy');
}

function policyText({ vault, identity, permission }: Caller, groups: string): string {
  const who = `appid=${identity.appid};oid=${identity.oid};${groups}iss=${issuerOf(identity.tenantId)}`;
  const where = `'${vault.name};location=${vault.region}'`;
  return `The user, group or application '${who}' does not have keys ${permission.policy} permission on key vault ${where}. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
}

function callerText(identity: Identity): string {
  return `appid=${identity.appid};oid=${identity.oid};iss=${issuerOf(identity.tenantId)}`;
}

function assignmentIdOf(identity: Identity, grant: Grant): string {
  if (grant.assignmentId !== undefined) return grant.assignmentId;
  return createHash('sha256')
    .update(`${identity.oid}|${grant.vault}|${grant.key ?? ''}`)
    .digest('hex')
    .slice(0, 32);
}
