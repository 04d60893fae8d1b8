import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Call, World } from './call.ts';
import { invalidRequest, keyChangeNotSupported, resourceNotFound, setNotFound } from './errors.ts';
import { resourcePath, withGroupInUpperCase } from './ids.ts';
import { type Operation, operationLinks, timestamp } from './operations.ts';
import { shownAsAsked } from './shown.ts';
import type { Resource, Resources } from './store.ts';

/** The type of a disk encryption set. */
export const SETS = 'Microsoft.Compute/diskEncryptionSets';

const activeKey = z.object({ sourceVault: z.object({ id: z.string() }).optional(), keyUrl: z.string() });
const identity = z.object({
  type: z.string(),
  principalId: z.string().optional(),
  tenantId: z.string().optional(),
  userAssignedIdentities: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const sent = z.object({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  identity: identity.optional(),
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

/** What a set's members mean. */
export const setMembers = z.object({
  identity: identity.optional(),
  properties: z.looseObject({
    activeKey: activeKey.optional(),
    encryptionType: z.string().default('EncryptionAtRestWithCustomerKey'),
    previousKeys: z.array(activeKey).optional(),
    rotationToLatestKeyVersionEnabled: z.boolean().optional(),
    autoKeyRotationError: z.looseObject({}).optional(),
  }),
});

/** What refers to a set: disks and snapshots by their encryption, disks of confidential machines by their security profile. */
const follower = z.object({
  encryption: z.object({ diskEncryptionSetId: z.string().optional() }).optional(),
  securityProfile: z.object({ secureVMDiskEncryptionSetId: z.string().optional() }).optional(),
});
const FOLLOWERS = ['Microsoft.Compute/disks', 'Microsoft.Compute/snapshots'];

/** The set that a disk or snapshot is under, as its id is spelled there; undefined where it is under none. */
export function setIdOf({ properties }: Resource): string | undefined {
  const { data } = follower.safeParse(properties);
  return data?.encryption?.diskEncryptionSetId ?? data?.securityProfile?.secureVMDiskEncryptionSetId;
}

/** Disks and snapshots under a set. */
export function* underSet(resources: Resources, setId: string): Iterable<Resource> {
  for (const type of FOLLOWERS)
    for (const resource of resources.ofType(type))
      if (setIdOf(resource)?.toLowerCase() === setId.toLowerCase()) yield resource;
}

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

  const operation = world.operations.begin(nowMs);
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
  const operation = world.operations.begin(nowMs);
  world.resources.remove(path);
  world.schedule.at(nowMs + world.behaviours.setChangeMs, (atMs) => {
    operation.endMs = atMs;
  });
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
  const hasFollowers = isOtherKey && !underSet(world.resources, before.id)[Symbol.iterator]().next().done;
  const { provisioningState: _, lastKeyRotationTimestamp: rotatedAt, previousKeys: __, ...kept } = before.properties;
  const { provisioningState: ___, ...given } = set;
  const { autoKeyRotationError: ____, ...withoutError } = kept;
  const properties = {
    // A correct identity takes the error away: https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/get
    ...(replaces ? {} : asked.identity === undefined ? kept : withoutError),
    ...given,
    encryptionType: set.encryptionType ?? old.properties.encryptionType,
    ...(hasFollowers ? { previousKeys: [old.properties.activeKey] } : {}),
    provisioningState: hasFollowers ? 'Updating' : 'Succeeded',
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

/** Ends the operation; disks and snapshots under the set are wrapped anew for a while, which shows in `previousKeys`. */
function finish(world: World, set: Resource, operation: Operation | undefined, nowMs: number): void {
  world.resources.put(set);
  if (operation !== undefined) {
    operation.endMs = nowMs;
    operation.output = set;
  }
  if (set.properties.previousKeys === undefined) return;
  world.schedule.at(nowMs + world.behaviours.rewrapMs, () => {
    const current = world.resources.get(set.id);
    if (current === undefined) return;
    const { previousKeys: _, ...properties } = current.properties;
    world.resources.put({ ...current, properties: { ...properties, provisioningState: 'Succeeded' } });
  });
}

/** Whether two addresses name the same version: `:443`, a slash at the end and the case of the host say nothing. */
export function isSameKey(one: string, other: string): boolean {
  const parts = (url: string): string =>
    URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}`.replace(/\/$/, '') : url;
  return parts(one) === parts(other);
}

function parsedBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // No JSON at all: refused by the schema, as any other body of another form.
    return undefined;
  }
}
