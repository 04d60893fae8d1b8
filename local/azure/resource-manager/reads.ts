import { resourceIdOf } from '../key-vault/audit-record.ts';
import { sightOf, type Vault } from '../key-vault/store.ts';
import type { Answer } from './answer.ts';
import { ROLE_ASSIGNMENTS, ROLE_DEFINITIONS } from './authorization.ts';
import type { Call, World } from './call.ts';
import { missingSet } from './disk-encryption-sets.ts';
import { resourceGroupNotFound, resourceNotFound } from './errors.ts';
import { isWithin, resourcePath } from './ids.ts';
import { linkedPage } from './paging.ts';
import { SETS } from './set-members.ts';
import { shownAsAsked, shownById, shownByProperties, shownInList } from './shown.ts';
import type { Resource } from './store.ts';
import { keyItem, keyResource, vaultResource, versionItems } from './vaults.ts';

/** The type of a diagnostic setting, which is an extension of what it sends from. */
export const DIAGNOSTIC_SETTINGS = 'Microsoft.Insights/diagnosticSettings';
/** The type of a system topic. */
export const SYSTEM_TOPICS = 'Microsoft.EventGrid/systemTopics';
/** The type of an event subscription under it. */
export const TOPIC_SUBSCRIPTIONS = 'Microsoft.EventGrid/systemTopics/eventSubscriptions';
/** The type of a lock. */
export const LOCKS = 'Microsoft.Authorization/locks';

/** A resource of a compute provider, or the 404 for it: a set's comes from its provider, others from Resource Manager. */
export function getComputeResource(call: Call): Answer {
  const resource = call.world.resources.get(call.path);
  if (resource !== undefined)
    return { status: 200, layout: 'indented', body: shownAsAsked(resource, call.resourceGroup, call.apiVersion) };
  if (resource === undefined && call.type?.toLowerCase() === SETS.toLowerCase() && isGroup(call))
    return missingSet(call);
  return notThere(call);
}

/**
 * The resources of a compute type in a group or subscription, in one page. What regions answered is merged by Resource
 * Manager, which writes it compactly (recorded).
 */
export function listComputeResources(call: Call): Answer {
  const { world, scope, type = '', apiVersion } = call;
  const found = [...world.resources.ofType(type)].filter(({ id }) => isWithin(scope, id));
  if (found.length === 0 && !isGroup(call)) return resourceGroupNotFound(call.resourceGroup ?? '');
  const body = { value: found.map((resource) => shownInList(resource, apiVersion)) };
  const regions = new Set(found.map(({ location }) => location));
  if (regions.size < 2) return { status: 200, layout: 'indented', body };
  const ids = [...regions].map(() => world.chance.ids.uuid());
  return { status: 200, body, headers: { 'x-ms-original-request-ids': ids.join(', ') } };
}

/** `GET …/vaults/{vault}`. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get */
export function getVault(call: Call): Answer {
  const vault = vaultAt(call.world, call.path);
  return vault === undefined
    ? notThere(call)
    : { status: 200, body: shownById(vaultResource(vault, call.world.granted())) };
}

/** The vaults of a group or subscription. A page may be empty and have another behind it (recorded). @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-by-subscription */
export function listVaults(call: Call): Answer {
  const { world, scope } = call;
  const found = [...world.vaults()].filter((vault) => isWithin(scope, resourceIdOf(vault)));
  if (found.length === 0 && !isGroup(call)) return resourceGroupNotFound(call.resourceGroup ?? '');
  const granted = world.granted();
  return linkedPage(call, found, {
    nameOf: (vault) => `${vault.resourceGroup}|${vault.name}`,
    regionOf: (vault) => vault.region,
    shown: (vault) => shownById(vaultResource(vault, granted)),
  });
}

/** `GET …/vaults/{vault}/keys`: what is there, no deleted ones. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list */
export function listVaultKeys(call: Call): Answer {
  const vault = vaultAt(call.world, parentOf(call.path));
  if (vault === undefined) return vaultNotThere(call);
  const keys = [...vault.keys.values()].flatMap((key) => {
    const sight = sightOf(vault, key.name, call.nowMs);
    return sight.kind === 'present' ? [{ key, current: sight.current }] : [];
  });
  return linkedPage(call, keys, {
    nameOf: ({ key }) => key.name,
    regionOf: () => vault.region,
    shown: ({ key, current }) => shownById(keyItem(vault, key, current)),
  });
}

/** `GET …/vaults/{vault}/keys/{key}`: its current version. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/get */
export function getVaultKey(call: Call): Answer {
  const vault = vaultAt(call.world, upTo(call.path, 2));
  if (vault === undefined) return vaultNotThere(call);
  const sight = sightOf(vault, call.name ?? '', call.nowMs);
  return sight.kind === 'present'
    ? { status: 200, body: shownById(keyResource(vault, sight.key, sight.current, false)) }
    : notThere(call);
}

/** `GET …/keys/{key}/versions`. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list-versions */
export function listVaultKeyVersions(call: Call): Answer {
  const vault = vaultAt(call.world, upTo(call.path, 3));
  if (vault === undefined) return vaultNotThere(call);
  const keyPath = parentOf(call.path);
  const sight = sightOf(vault, resourcePath(keyPath).name ?? '', call.nowMs);
  if (sight.kind !== 'present') return notThere({ ...call, ...resourcePath(keyPath) });
  return linkedPage(call, versionItems(vault, sight.key), {
    nameOf: ({ name }) => name,
    regionOf: () => vault.region,
    shown: shownById,
  });
}

/** The diagnostic settings of a vault, in one page. @see https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list */
export function listDiagnosticSettings(call: Call): Answer {
  const { world, scope } = call;
  if (vaultAt(world, scope) === undefined) return vaultNotThere(call);
  const value = [...world.resources.ofType(DIAGNOSTIC_SETTINGS)]
    .filter((setting) => scopeOf(setting).toLowerCase() === scope.toLowerCase())
    .map(({ id, type, name, properties }) => ({ id, type, name, properties }));
  return { status: 200, body: { value } };
}

/** The system topics of a group or subscription. @see https://learn.microsoft.com/rest/api/eventgrid/controlplane/system-topics/list-by-subscription */
export function listSystemTopics(call: Call): Answer {
  const { world, scope } = call;
  if (!isGroup(call)) return resourceGroupNotFound(call.resourceGroup ?? '');
  const found = [...world.resources.ofType(SYSTEM_TOPICS)].filter(({ id }) => isWithin(scope, id));
  return eventGridPage(call, found, ({ properties, location, id, name, type }) => ({
    ...{ properties, systemData: null, location, tags: null, id, name, type },
  }));
}

/** The event subscriptions of a system topic. @see https://learn.microsoft.com/rest/api/eventgrid/controlplane/system-topic-event-subscriptions/list-by-system-topic */
export function listTopicSubscriptions(call: Call): Answer {
  const { world, path } = call;
  const topic = parentOf(path);
  if (world.resources.get(topic) === undefined) return notThere({ ...call, ...resourcePath(topic) });
  const found = [...world.resources.ofType(TOPIC_SUBSCRIPTIONS)].filter(({ id }) => isWithin(topic, id));
  return eventGridPage(call, found, ({ properties, id, name, type }) => ({
    ...{ properties, systemData: null, id, name, type },
  }));
}

/** A page has 20 items unless more are asked for; the token is the provider's own. Members are in the order recorded (`recordings-estate/event-grid`). */
function eventGridPage(
  { url, path, apiVersion }: Call,
  items: readonly Resource[],
  shown: (item: Resource) => unknown,
): Answer {
  const size = Number(url.searchParams.get('$top') ?? 20);
  const from = Number(url.searchParams.get('$skiptoken') ?? 0);
  const to = from + size;
  const nextLink = `https://${url.host}${path}?api-version=${apiVersion}&$skiptoken=${to}`;
  const value = items.slice(from, to).map(shown);
  return { status: 200, body: { value, ...(to < items.length ? { nextLink } : {}) } };
}

/** The locks of a scope: those above it first, then its own and those below it. @see https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level */
export function listLocks({ world, scope }: Call): Answer {
  const locks = [...world.resources.ofType(LOCKS)];
  const above = locks.filter((lock) => !isWithin(scope, scopeOf(lock)) && isWithin(scopeOf(lock), scope));
  const within = locks.filter((lock) => isWithin(scope, scopeOf(lock)));
  return { status: 200, body: { value: [...above, ...within].map(shownByProperties) } };
}

/** The role assignments at a scope, below and above it: management groups and the root included. The definition's id has the subscription asked (recorded). @see https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-subscription */
export function listRoleAssignments({ world, scope, subscriptionId = '' }: Call): Answer {
  const value = [...world.resources.ofType(ROLE_ASSIGNMENTS)]
    .filter(({ properties }) => {
      const assigned = String(properties.scope);
      return isWithin(scope, assigned) || world.directory.covers(assigned, scope);
    })
    .map(({ properties, ...rest }) => {
      const { name } = resourcePath(String(properties.roleDefinitionId));
      const roleDefinitionId = definitionId(subscriptionId, name ?? '');
      return shownByProperties({ ...rest, properties: { ...properties, roleDefinitionId } });
    });
  return { status: 200, body: { value }, headers: { 'x-ms-request-charge': '1' } };
}

/** @see https://learn.microsoft.com/rest/api/authorization/role-definitions/get */
export function getRoleDefinition({ world, name = '', subscriptionId = '' }: Call): Answer {
  const found = [...world.resources.ofType(ROLE_DEFINITIONS)].find(
    (one) => one.name.toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined)
    return {
      status: 404,
      body: {
        error: {
          code: 'RoleDefinitionDoesNotExist',
          message: `The specified role definition with ID '${name.replaceAll('-', '')}' does not exist.`,
        },
      },
    };
  return {
    status: 200,
    body: shownByProperties({ ...found, id: definitionId(subscriptionId, found.name) }),
    headers: { 'x-ms-request-charge': '1' },
  };
}

const definitionId = (subscriptionId: string, name: string): string =>
  `/subscriptions/${subscriptionId}/providers/${ROLE_DEFINITIONS}/${name}`;

/** `GET /subscriptions`: those in which the caller has a role, at any scope. @see https://learn.microsoft.com/rest/api/resources/subscriptions/list */
export function listSubscriptions({ world, identity }: Call): Answer {
  const assigned = world.directory.assignmentsOf(identity).map(({ scope }) => scope);
  const value = world
    .subscriptions()
    .filter(({ subscriptionId }) => {
      const path = `/subscriptions/${subscriptionId}`;
      return assigned.some((scope) => isWithin(path, scope) || world.directory.covers(scope, path));
    })
    .map(({ subscriptionId, displayName }) => ({
      id: `/subscriptions/${subscriptionId}`,
      authorizationSource: 'RoleBased',
      managedByTenants: [],
      subscriptionId,
      tenantId: world.tenantId,
      displayName,
      state: 'Enabled',
      subscriptionPolicies: {
        locationPlacementId: 'Public_2014-09-01',
        quotaId: 'PayAsYouGo_2014-09-01',
        spendingLimit: 'Off',
      },
    }));
  return { status: 200, body: { value, count: { type: 'Total', value: value.length } } };
}

/** Whether there is the group that a path names; where it names none, the scope is a subscription. */
function isGroup({ world, subscriptionId, resourceGroup }: Call): boolean {
  if (resourceGroup === undefined) return true;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  for (const vault of world.vaults()) if (isWithin(group, resourceIdOf(vault))) return true;
  return world.resources.isGroup(group);
}

/** Resource Manager's own 404: of the group, or of the resource in it. */
export function notThere(call: Call): Answer {
  const { resourceGroup = '', type = '', path } = call;
  if (!isGroup(call)) return resourceGroupNotFound(resourceGroup);
  const names = path
    .split('/')
    .slice(path.split('/').findLastIndex((segment) => segment.toLowerCase() === 'providers') + 2)
    .filter((_, index) => index % 2 === 1);
  return resourceNotFound(type, names.join('/'), resourceGroup);
}

function vaultNotThere(call: Call): Answer {
  const [path = ''] = /^.*\/vaults\/[^/]+/i.exec(call.path) ?? [];
  return notThere({ ...call, ...resourcePath(path) });
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const upTo = (path: string, levels: number): string => (levels === 0 ? path : upTo(parentOf(path), levels - 1));

/** The vault of an id; undefined where there is none, or a deleted one. */
export function vaultAt(world: World, id: string): Vault | undefined {
  for (const vault of world.vaults()) if (resourceIdOf(vault).toLowerCase() === id.toLowerCase()) return vault;
  return undefined;
}

const scopeOf = ({ id }: Resource): string => resourcePath(id).scope;
