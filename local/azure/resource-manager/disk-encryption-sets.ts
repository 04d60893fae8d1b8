import { z } from 'zod';
import type { Answer } from './answer.ts';
import { planFollow } from './auto-rotation.ts';
import type { Call, World } from './call.ts';
import { invalidRequest, keyChangeNotSupported, resourceNotFound, setNotFound } from './errors.ts';
import { resourcePath, withGroupInUpperCase } from './ids.ts';
import { type Operation, operationLinks, timestamp } from './operations.ts';
import { previousKeys, rewrap } from './rewrap.ts';
import { activeKey, isSameKey, SETS, setIdentity, setMembers, underSet } from './set-members.ts';
import { parsedBody, shownAsAsked } from './shown.ts';
import type { Resource } from './store.ts';

const sent = z.object({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  identity: setIdentity.optional(),
  properties: z
    .looseObject({
      activeKey: activeKey.optional(),
      encryptionType: z.string().optional(),
      rotationToLatestKeyVersionEnabled: z.boolean().optional(),
      federatedClientId: z.string().optional(),
    })
    .default({}),
});
type Sent = z.infer<typeof sent>;

/** `GET …/associatedResources`: ids, with group and name in upper case (recorded). @see https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/list-associated-resources */
export function associatedResources(call: Call): Answer {
  const set = call.world.resources.get(call.path.slice(0, call.path.lastIndexOf('/')));
  if (set === undefined) return missingSet(call);
  const value = [...underSet(call.world.resources, set.id)].map(({ id, name }) => {
    const inUpperCase = withGroupInUpperCase(id);
    return `${inUpperCase.slice(0, inUpperCase.length - name.length)}${name.toUpperCase()}`;
  });
  return { status: 200, layout: 'indented', body: { value } };
}

/** A set that is not there: who says so is a behaviour. */
export function missingSet({ world, resourceGroup = '', path }: Call): Answer {
  const name = setNameIn(path);
  return world.behaviours.missingSet === 'provider' ? setNotFound(name) : resourceNotFound(SETS, name, resourceGroup);
}

const setNameIn = (path: string): string => /\/diskEncryptionSets\/([^/]+)/i.exec(path)?.[1] ?? '';

/**
 * `PUT` and `PATCH`: 202, and the change goes on. The 202 of a PUT shows what was sent, that of a PATCH the old state (recorded):
 * what came of it is in the operation and in the next GET. That the set can use its key is not checked (recorded for a new one).
 * @see https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/update
 */
export function changeSet(call: Call): Answer {
  const { world, method, path, apiVersion, nowMs } = call;
  const parsed = sent.safeParse(parsedBody(call.body));
  if (!parsed.success) return invalidRequest('Required parameter is missing or has a wrong type.');
  const asked = parsed.data;
  const before = world.resources.get(path);
  if (method === 'PATCH' && before === undefined) return missingSet(call);
  const location = before?.location ?? asked.location;
  if (location === undefined) return invalidRequest("Required parameter 'location' is missing (null).");
  const refused = before === undefined ? undefined : refusedChange(before, asked, apiVersion);
  if (refused !== undefined) return refused;

  const operation = world.operations.begin(nowMs, path);
  // It is there at once, so that what is done in the meantime finds it.
  const old = before ?? newSet(call, location);
  world.resources.put(withProperties(old, { provisioningState: 'Updating' }));
  world.schedule.at(nowMs + world.behaviours.setChangeMs, (atMs) => {
    const current = world.resources.get(path);
    if (current !== undefined) finish(world, changed(world, current, asked, method === 'PUT', atMs), operation, atMs);
  });
  const shown =
    method === 'PATCH'
      ? shownAsAsked(withProperties(old, { provisioningState: 'Updating' }), call.resourceGroup, apiVersion)
      : { ...asked, location, properties: { ...asked.properties, provisioningState: 'Updating' } };
  return accepted(call, operation, location, shown);
}

/** `DELETE`: 202 without a body (recorded). Refused while disks are under it: UNCONFIRMED in its sentence. @see https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/delete */
export function deleteSet(call: Call): Answer {
  const { world, path, nowMs } = call;
  const set = world.resources.get(path);
  if (set === undefined) return missingSet(call);
  const operation = world.operations.begin(nowMs, path);
  world.resources.remove(path);
  world.schedule.at(nowMs + world.behaviours.setChangeMs, (atMs) => operation.end(atMs, 'Succeeded'));
  return accepted(call, operation, set.location ?? '', undefined);
}

function accepted(
  { world, url, subscriptionId = '', apiVersion }: Call,
  operation: Operation,
  location: string,
  body: unknown,
): Answer {
  const origin = `https://${url.host}`;
  const place = { origin, subscriptionId, location, apiVersion };
  return {
    status: 202,
    ...(body === undefined ? {} : { body, layout: 'indented' }),
    operation,
    headers: operationLinks(operation, place, world.chance.ids),
    changed: true,
  };
}

const KEY_CHANGES_SINCE = '2019-11-01';

function refusedChange(before: Resource, { properties }: Sent, apiVersion: string): Answer | undefined {
  const current = setMembers.parse(before).properties.activeKey;
  const next = properties.activeKey;
  if (
    apiVersion >= KEY_CHANGES_SINCE ||
    current === undefined ||
    next === undefined ||
    isSameKey(current.keyUrl, next.keyUrl)
  )
    return undefined;
  const named = ({ keyUrl, sourceVault }: z.infer<typeof activeKey>) => ({
    keyUrl: keyUrl.replace(':443/', '/'),
    vaultId: sourceVault?.id ?? '',
  });
  return keyChangeNotSupported(named(current), named(next));
}

function newSet({ path, name = '' }: Call, location: string): Resource {
  return { id: path, name, type: SETS, location, properties: {} };
}

const withProperties = (resource: Resource, properties: Readonly<Record<string, unknown>>): Resource => ({
  ...resource,
  properties: { ...resource.properties, ...properties },
});

/** The state that was asked for. A PUT leaves out what it does not name, a PATCH keeps it. */
function changed(world: World, before: Resource, asked: Sent, replaces: boolean, nowMs: number): Resource {
  const old = setMembers.parse(before);
  const { properties: set } = asked;
  const isFirst = old.properties.activeKey === undefined;
  const keyUrl = set.activeKey?.keyUrl ?? old.properties.activeKey?.keyUrl;
  const isOtherKey = !isFirst && keyUrl !== undefined && !isSameKey(keyUrl, old.properties.activeKey?.keyUrl ?? '');
  const previous = isOtherKey ? previousKeys(world.resources, before) : (old.properties.previousKeys ?? []);
  const { provisioningState: _, lastKeyRotationTimestamp: rotatedAt, previousKeys: __, ...kept } = before.properties;
  const { provisioningState: ___, ...given } = set;
  const { autoKeyRotationError: ____, ...withoutError } = kept;
  const properties = {
    // A correct identity takes the error away, as a key or the flag may (UNCONFIRMED): https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/get
    ...(replaces ? {} : namesRotation(asked) ? withoutError : kept),
    ...given,
    encryptionType: set.encryptionType ?? old.properties.encryptionType,
    ...(previous.length > 0 ? { previousKeys: previous } : {}),
    provisioningState: previous.length > 0 ? 'Updating' : 'Succeeded',
    ...(isOtherKey
      ? { lastKeyRotationTimestamp: timestamp(nowMs, world.chance.ids) }
      : rotatedAt === undefined
        ? {}
        : { lastKeyRotationTimestamp: rotatedAt }),
  };
  const { identity: _____, tags: ______, ...rest } = before;
  const identity = identityAfter(world, before, asked, replaces);
  return {
    ...rest,
    ...(identity === undefined ? {} : { identity }),
    ...tagsAfter(before, asked, replaces),
    properties,
  };
}

const namesRotation = ({ identity, properties }: Sent): boolean =>
  identity !== undefined ||
  properties.activeKey !== undefined ||
  properties.rotationToLatestKeyVersionEnabled !== undefined;

const userAssigned = z.object({ principalId: z.string(), clientId: z.string() });

/** A user-assigned identity, by its resource where there is one. */
function userIdentity(
  { resources, newManagedIdentity }: World,
  id: string,
): { readonly oid: string; readonly appid: string } {
  const { data } = userAssigned.safeParse(resources.get(id)?.properties);
  return data === undefined
    ? newManagedIdentity(resourcePath(id).name ?? id)
    : { oid: data.principalId, appid: data.clientId };
}

/** No tags are no member (recorded). */
function tagsAfter(before: Resource, asked: Sent, replaces: boolean): Pick<Resource, 'tags'> {
  const tags = asked.tags ?? (replaces ? {} : (before.tags ?? {}));
  return Object.keys(tags).length === 0 ? {} : { tags };
}

/** `None` takes the member away (recorded). A system-assigned identity is made anew where there was none. */
function identityAfter(
  world: World,
  before: Resource,
  { identity: asked }: Sent,
  replaces: boolean,
): Resource['identity'] {
  if (asked === undefined) return replaces ? undefined : before.identity;
  if (asked.type === 'None') return undefined;
  const old = setMembers.parse(before).identity;
  const system = asked.type.includes('SystemAssigned')
    ? {
        principalId: old?.principalId ?? world.newManagedIdentity(before.name).oid,
        tenantId: world.tenantId,
      }
    : {};
  const users = Object.entries(asked.userAssignedIdentities ?? {}).map(([id, known]) => {
    const { oid, appid } = userIdentity(world, id);
    return [id, { principalId: oid, clientId: appid, ...known }] as const;
  });
  return {
    type: asked.type,
    ...system,
    ...(users.length === 0 ? {} : { userAssignedIdentities: Object.fromEntries(users) }),
  };
}

/** Ends the operation, with what goes on after it: what is under the set is wrapped anew, and the set looks for newer versions. */
function finish(world: World, set: Resource, operation: Operation, nowMs: number): void {
  world.resources.put(set);
  operation.end(nowMs, 'Succeeded', set);
  if (set.properties.previousKeys !== undefined) rewrap(world, set.id, nowMs);
  planFollow(world, set, nowMs);
}
