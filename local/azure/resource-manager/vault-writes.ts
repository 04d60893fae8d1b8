import { z } from 'zod';
import { resourceIdOf } from '../key-vault/audit-record.ts';
import { permissionOf } from '../key-vault/permissions.ts';
import type { Vault } from '../key-vault/store.ts';
import type { Answer } from './answer.ts';
import { ROLE_ASSIGNMENTS } from './authorization.ts';
import type { Call, World } from './call.ts';
import {
  deletedVaultNotFound,
  invalidRequest,
  irreversible,
  notServed,
  purgeNotAllowed,
  vaultIsDeleted,
} from './errors.ts';
import { isWithin } from './ids.ts';
import { linkedPage } from './paging.ts';
import { notThere, SYSTEM_TOPICS, TOPIC_SUBSCRIPTIONS, vaultAt } from './reads.ts';
import { parsedBody, shownById } from './shown.ts';
import { POLICY_OPERATIONS, vaultResource } from './vaults.ts';

/** A vault that was deleted and can be recovered. Moments are in ms since 1970. */
export interface DeletedVault {
  readonly vault: Vault;
  readonly deletedMs: number;
  readonly purgeMs: number;
}

/** The type of a deleted vault as it is read by its name. */
export const DELETED_VAULTS = 'Microsoft.KeyVault/locations/deletedVaults';

const DAY_MS = 86_400_000;
/** How long a purge goes on after its 202 (recorded: 6 s). */
const PURGE_MS = 6_000;

const policies = z.array(
  z.object({ objectId: z.string(), permissions: z.object({ keys: z.array(z.string()).default([]) }).prefault({}) }),
);
const network = z.looseObject({ bypass: z.string().optional(), defaultAction: z.string().optional() });
const sent = z.object({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z
    .looseObject({
      createMode: z.string().nullish(),
      accessPolicies: policies.nullish(),
      enableRbacAuthorization: z.boolean().nullish(),
      enablePurgeProtection: z.boolean().nullish(),
      softDeleteRetentionInDays: z.number().nullish(),
      networkAcls: network.nullish(),
    })
    .default({}),
});
type Sent = z.infer<typeof sent>;

/**
 * `PUT` and `PATCH` of a vault that is there, and `PUT` with `createMode` `recover` of one that was deleted. A PATCH keeps
 * what it does not name; that a PUT keeps the permission model and purge protection is UNCONFIRMED. Making a vault is not served.
 * @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/create-or-update
 */
export function changeVault(call: Call): Answer {
  const { world, path, name = '', method, nowMs } = call;
  const parsed = sent.safeParse(parsedBody(call.body));
  if (!parsed.success) return invalidRequest('The parameter properties is not specified or has a wrong type.');
  const asked = parsed.data;
  const vault = vaultAt(world, path);
  if (vault === undefined) {
    const deleted = deletedVaultNamed(world, name, nowMs);
    if (method === 'PATCH') return notThere(call);
    if (deleted === undefined)
      return asked.properties.createMode === 'recover' ? deletedVaultNotFound(name) : notServed(method, path);
    return asked.properties.createMode === 'recover' ? recovered(world, deleted.vault) : vaultIsDeleted();
  }
  const { enablePurgeProtection, softDeleteRetentionInDays } = asked.properties;
  if (vault.purgeProtection && enablePurgeProtection === false) return irreversible('enablePurgeProtection');
  if (softDeleteRetentionInDays != null && softDeleteRetentionInDays !== vault.softDeleteDays)
    return irreversible('softDeleteRetentionInDays');
  apply(world, vault, asked, method === 'PUT');
  world.vaultsChanged();
  return { status: 200, body: shownById(vaultResource(vault, world.granted())), changed: true };
}

/** Members that follow from what else is known of a vault, or that are asked for apart. */
const OWN = new Set([
  ...['createMode', 'accessPolicies', 'enableRbacAuthorization', 'enablePurgeProtection', 'networkAcls'],
  ...['softDeleteRetentionInDays', 'enableSoftDelete', 'provisioningState', 'vaultUri', 'tenantId'],
]);

function apply(world: World, vault: Vault, { tags, properties }: Sent, replaces: boolean): void {
  const { accessPolicies, enableRbacAuthorization, enablePurgeProtection, networkAcls } = properties;
  if (enableRbacAuthorization != null) {
    const model = enableRbacAuthorization ? 'rbac' : 'access-policy';
    // The policies are kept, and count for nothing under roles. @see https://learn.microsoft.com/azure/key-vault/general/rbac-migration
    if (model !== vault.accessModel) vault.policiesVoid = model === 'rbac';
    vault.accessModel = model;
  }
  if (enablePurgeProtection === true) vault.purgeProtection = true;
  if (accessPolicies != null && vault.accessModel === 'access-policy') setPolicies(world, vault, accessPolicies);
  const others = Object.entries(properties).filter(([name]) => !OWN.has(name));
  // Rules that let everybody in are not shown (recorded).
  const isClosing = networkAcls?.defaultAction?.toLowerCase() === 'deny';
  const rules = isClosing ? { networkAcls: { ipRules: [], virtualNetworkRules: [], ...networkAcls } } : {};
  const before = replaces ? [] : Object.entries(vault.properties);
  const kept = before.filter(([name]) => name !== 'networkAcls' || networkAcls == null);
  vault.properties = { ...Object.fromEntries([...kept, ...others]), ...rules };
  vault.tags = tags ?? (replaces ? {} : vault.tags);
}

/** What the policies name is granted, and nothing else by the vault's name. */
function setPolicies(world: World, vault: Vault, given: z.infer<typeof policies>): void {
  for (const { identity, grants } of world.granted()) {
    const named = given
      .filter(({ objectId }) => objectId.toLowerCase() === identity.oid.toLowerCase())
      .flatMap(({ permissions }) => permissions.keys.map((key) => key.toLowerCase()));
    const dataActions = POLICY_OPERATIONS.flatMap((operation) => {
      const permission = permissionOf(operation);
      if (permission === undefined) return [];
      // "all" leaves purging out: https://learn.microsoft.com/azure/key-vault/general/assign-access-policy
      const isNamed =
        named.includes(permission.policy.toLowerCase()) || (named.includes('all') && operation !== 'purge');
      return isNamed ? [permission.action] : [];
    });
    const others = grants.filter((grant) => grant.vault.toLowerCase() !== vault.name.toLowerCase());
    world.setGrants(identity, [...others, ...(dataActions.length === 0 ? [] : [{ vault: vault.name, dataActions }])]);
  }
}

/**
 * `DELETE` of a vault: 200 without a body (recorded), and its host is not known any more. Its role assignments and its event
 * subscriptions are gone with it, and do not come back. @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
 */
export function deleteVault(call: Call): Answer {
  const { world, path, nowMs } = call;
  const vault = vaultAt(world, path);
  // UNCONFIRMED: a deletion of what is not there.
  if (vault === undefined) return { status: 204 };
  world.setServed(vault, false);
  for (const { id } of [...world.resources.ofType(ROLE_ASSIGNMENTS)])
    if (isWithin(resourceIdOf(vault), id)) world.resources.remove(id);
  if (vault.accessModel === 'rbac')
    for (const { identity, grants } of world.granted()) {
      const others = grants.filter((grant) => grant.vault.toLowerCase() !== vault.name.toLowerCase());
      if (others.length < grants.length) world.setGrants(identity, others);
    }
  vault.hasEventSubscriptions = false;
  const topics = [...world.resources.ofType(SYSTEM_TOPICS)].filter(
    ({ properties }) => String(properties.source).toLowerCase() === resourceIdOf(vault).toLowerCase(),
  );
  for (const { id } of [...world.resources.ofType(TOPIC_SUBSCRIPTIONS)])
    if (topics.some((topic) => isWithin(topic.id, id))) world.resources.remove(id);
  if (vault.softDeleteDays > 0)
    world.deletedVaults.set(vault.name.toLowerCase(), {
      ...{ vault, deletedMs: nowMs, purgeMs: nowMs + vault.softDeleteDays * DAY_MS },
    });
  return { status: 200, changed: true };
}

/** 200 at once with the access policies that it had, whatever the request says of them (recorded). */
function recovered(world: World, vault: Vault): Answer {
  world.deletedVaults.delete(vault.name.toLowerCase());
  world.setServed(vault, true);
  return { status: 200, body: shownById(vaultResource(vault, world.granted())), changed: true };
}

/** The service purges by itself when the retention ends. */
function deletedVaultNamed({ deletedVaults }: World, name: string, nowMs: number): DeletedVault | undefined {
  const deleted = deletedVaults.get(name.toLowerCase());
  return deleted === undefined || nowMs >= deleted.purgeMs ? undefined : deleted;
}

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function shownDeleted({ vault, deletedMs, purgeMs }: DeletedVault): unknown {
  return {
    id: `/subscriptions/${vault.subscriptionId}/providers/Microsoft.KeyVault/locations/${vault.region}/deletedVaults/${vault.name}`,
    name: vault.name,
    type: 'Microsoft.KeyVault/deletedVaults',
    properties: {
      ...{ vaultId: resourceIdOf(vault), location: vault.region, tags: vault.tags },
      ...{ deletionDate: seconds(deletedMs), scheduledPurgeDate: seconds(purgeMs) },
      ...(vault.purgeProtection ? { purgeProtectionEnabled: true } : {}),
    },
  };
}

/** `GET …/locations/{location}/deletedVaults/{vault}` (recorded). @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get-deleted */
export function getDeletedVault({ world, name = '', nowMs }: Call): Answer {
  const deleted = deletedVaultNamed(world, name, nowMs);
  return deleted === undefined ? deletedVaultNotFound(name) : { status: 200, body: shownDeleted(deleted) };
}

/** The deleted vaults of a subscription. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted */
export function listDeletedVaults(call: Call): Answer {
  const { world, subscriptionId = '', nowMs } = call;
  const found = [...world.deletedVaults.values()].filter(
    ({ vault, purgeMs }) => nowMs < purgeMs && vault.subscriptionId.toLowerCase() === subscriptionId.toLowerCase(),
  );
  return linkedPage(call, found, {
    nameOf: ({ vault }) => vault.name,
    regionOf: ({ vault }) => vault.region,
    shown: shownDeleted,
  });
}

/** `POST …/deletedVaults/{vault}/purge`: 202 and a link to its result. Refused to everyone under purge protection. @see https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/purge-deleted */
export function purgeVault({ world, path, url, subscriptionId = '', apiVersion, nowMs }: Call): Answer {
  const [, location = '', name = ''] = /\/locations\/([^/]+)\/deletedVaults\/([^/]+)\/purge$/i.exec(path) ?? [];
  const deleted = deletedVaultNamed(world, name, nowMs);
  if (deleted === undefined) return deletedVaultNotFound(name);
  if (deleted.vault.purgeProtection) return purgeNotAllowed();
  world.deletedVaults.delete(name.toLowerCase());
  const operation = world.operations.begin(nowMs, path);
  world.schedule.at(nowMs + PURGE_MS, (atMs) => operation.end(atMs, 'Succeeded'));
  const query = `api-version=${apiVersion}&s=${operation.signature}`;
  return {
    status: 202,
    operation,
    headers: {
      location: `https://${url.host}/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault/locations/${location}/operationResults/${operation.id}?${query}`,
      'retry-after': '5',
    },
    changed: true,
  };
}

/** `GET …/operationResults/{id}` of a purge: 202 with a body until it ended, then 200 (recorded). */
export function vaultOperation({ world, path, url, name = '' }: Call): Answer {
  const operation = world.operations.get(name);
  if (operation === undefined) return notServed('GET', path);
  const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const createdDateTime = second(operation.startMs);
  if (operation.endMs === undefined)
    return { status: 202, body: { createdDateTime, status: 'NotStarted' }, headers: { location: url.href } };
  return {
    status: 200,
    body: { createdDateTime, lastActionDateTime: second(operation.endMs), status: 'Succeeded' },
  };
}
