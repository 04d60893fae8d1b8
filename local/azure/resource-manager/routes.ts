import type { Answer } from './answer.ts';
import { assignRole, deleteIdentity, getIdentity, removeRole } from './assignment-writes.ts';
import { ROLE_ASSIGNMENTS, ROLE_DEFINITIONS } from './authorization.ts';
import type { Call, World } from './call.ts';
import { associatedResources, changeSet, deleteSet } from './disk-encryption-sets.ts';
import { resourceNotFound } from './errors.ts';
import type { ResourcePath } from './ids.ts';
import { operationAnswer } from './operations.ts';
import {
  DIAGNOSTIC_SETTINGS,
  getComputeResource,
  getRoleDefinition,
  getVault,
  getVaultKey,
  LOCKS,
  listComputeResources,
  listDiagnosticSettings,
  listLocks,
  listRoleAssignments,
  listSubscriptions,
  listSystemTopics,
  listTopicSubscriptions,
  listVaultKeys,
  listVaultKeyVersions,
  listVaults,
  notThere,
  SYSTEM_TOPICS,
  TOPIC_SUBSCRIPTIONS,
} from './reads.ts';
import { SETS } from './set-members.ts';
import { shownAsAsked } from './shown.ts';
import type { Line } from './throttling.ts';
import {
  changeVault,
  DELETED_VAULTS,
  deleteVault,
  getDeletedVault,
  listDeletedVaults,
  purgeVault,
  vaultOperation,
} from './vault-writes.ts';
import { VAULT_KEY_VERSIONS, VAULT_KEYS, VAULTS } from './vaults.ts';

/** What serves a request, from its method and path alone. */
export interface Route {
  serve(call: Call): Answer;
  /** The compute provider's own budgets, as its answers show them. They are not enforced. */
  readonly buckets?: string;
  /** Headers of the provider behind it, on what it answers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The budget that it draws on. Default: that of its method. */
  readonly line?: Line;
  /** Whether the link itself lets its holder in. */
  isOpen?(url: URL, world: World, path: ResourcePath): boolean;
}

const OPERATIONS = 'Microsoft.Compute/locations/DiskOperations';
const buckets = (kind: string, three: number, thirty: number): string =>
  `Microsoft.Compute/${kind}3Min;${three},Microsoft.Compute/${kind}30Min;${thirty}`;
const LOW_COST = buckets('LowCostGet', 14_999, 119_999);

const computeGet: Route = { serve: getComputeResource, buckets: LOW_COST };
const computeList: Route = { serve: listComputeResources, buckets: buckets('HighCostGet', 999, 4_999) };
const change: Route = { serve: changeSet, buckets: buckets('CreateUpdateHighCostDiskEncryptionSet', 99, 299) };

/** Recorded in July 2024 in `recordings-estate/vaults`. */
const keyVault = { 'x-ms-keyvault-service-version': '1.5.1232.0', 'x-aspnet-version': '4.0.30319' };

const isLinkHolder: Route['isOpen'] = (url, world, { name = '' }) =>
  world.operations.get(name)?.signature === url.searchParams.get('s');

/** An operation may be followed by whoever was given its link. UNCONFIRMED; others need a permission to read it. */
const operation: Route = {
  serve(call) {
    const { world, name = '', type = '' } = call;
    const found = world.operations.get(name);
    if (found === undefined) return resourceNotFound(type, name, '');
    return operationAnswer(
      found,
      call.url,
      (output) => shownAsAsked(output, undefined, call.apiVersion),
      world.chance.ids,
    );
  },
  buckets: buckets('GetOperation', 49_999, 399_999),
  isOpen: isLinkHolder,
};

/** Whoever asks sees what it can read of the resources, and needs no permission to ask. @see https://learn.microsoft.com/azure/governance/resource-graph/overview#permissions-in-azure-resource-graph */
const graph: Route = {
  serve: ({ world, body, apiVersion, identity: caller, nowMs }) =>
    world.graph.answer({ body, apiVersion, caller, nowMs }),
  line: 'reads',
  isOpen: () => true,
};

/** `GET Microsoft.Compute/disks` for a list, `GET Microsoft.Compute/disks/*` for one. In lower case. */
const routes: Readonly<Record<string, Route>> = lowerCased({
  // Lists of sets show no budget (recorded).
  [`GET ${SETS}`]: { serve: listComputeResources },
  [`GET ${SETS}/*`]: computeGet,
  [`PUT ${SETS}/*`]: change,
  [`PATCH ${SETS}/*`]: change,
  [`DELETE ${SETS}/*`]: { serve: deleteSet, buckets: buckets('DeleteHighCostDiskEncryptionSet', 199, 499) },
  [`GET ${SETS}/associatedResources`]: { serve: associatedResources },
  ...Object.fromEntries(
    ['disks', 'snapshots', 'images', 'virtualMachines', 'virtualMachineScaleSets'].flatMap((type) => [
      [`GET Microsoft.Compute/${type}`, computeList],
      [`GET Microsoft.Compute/${type}/*`, computeGet],
    ]),
  ),
  [`GET ${OPERATIONS}/*`]: operation,
  'POST Microsoft.ResourceGraph/resources': graph,
  [`GET ${VAULTS}`]: { serve: listVaults, headers: keyVault },
  [`GET ${VAULTS}/*`]: { serve: getVault, headers: keyVault },
  [`PUT ${VAULTS}/*`]: { serve: changeVault, headers: keyVault },
  [`PATCH ${VAULTS}/*`]: { serve: changeVault, headers: keyVault },
  [`DELETE ${VAULTS}/*`]: { serve: deleteVault, headers: keyVault },
  'GET Microsoft.KeyVault/deletedVaults': { serve: listDeletedVaults, headers: keyVault },
  [`GET ${DELETED_VAULTS}/*`]: { serve: getDeletedVault, headers: keyVault },
  [`POST ${DELETED_VAULTS}/purge`]: { serve: purgeVault, headers: keyVault },
  'GET Microsoft.KeyVault/locations/operationResults/*': {
    serve: vaultOperation,
    headers: keyVault,
    isOpen: isLinkHolder,
  },
  'GET Microsoft.ManagedIdentity/userAssignedIdentities/*': { serve: getIdentity },
  'DELETE Microsoft.ManagedIdentity/userAssignedIdentities/*': { serve: deleteIdentity },
  [`PUT ${ROLE_ASSIGNMENTS}/*`]: { serve: assignRole },
  [`DELETE ${ROLE_ASSIGNMENTS}/*`]: { serve: removeRole },
  [`GET ${VAULT_KEYS}`]: { serve: listVaultKeys, headers: keyVault },
  [`GET ${VAULT_KEYS}/*`]: { serve: getVaultKey, headers: keyVault },
  [`GET ${VAULT_KEY_VERSIONS}`]: { serve: listVaultKeyVersions, headers: keyVault },
  [`GET ${LOCKS}`]: { serve: listLocks },
  [`GET ${DIAGNOSTIC_SETTINGS}`]: { serve: listDiagnosticSettings },
  [`GET ${SYSTEM_TOPICS}`]: { serve: listSystemTopics },
  [`GET ${TOPIC_SUBSCRIPTIONS}`]: { serve: listTopicSubscriptions },
  [`GET ${ROLE_ASSIGNMENTS}`]: { serve: listRoleAssignments },
  [`GET ${ROLE_DEFINITIONS}/*`]: { serve: getRoleDefinition },
});

/** Undefined for what the local Azure does not serve. A resource of a type that it does not have is not there, as Resource Manager itself says. */
export function routeOf(method: string, { path, type, name, resourceGroup }: ResourcePath): Route | undefined {
  if (type === undefined) {
    return method === 'GET' && path.toLowerCase() === '/subscriptions' ? { serve: listSubscriptions } : undefined;
  }
  const known = routes[`${method} ${type}${name === undefined ? '' : '/*'}`.toLowerCase()];
  const isAnyResource = method === 'GET' && name !== undefined && resourceGroup !== undefined;
  return known ?? (isAnyResource ? { serve: notThere } : undefined);
}

function lowerCased(named: Readonly<Record<string, Route>>): Readonly<Record<string, Route>> {
  return Object.fromEntries(Object.entries(named).map(([name, route]) => [name.toLowerCase(), route]));
}
