import { withGroupAsAsked, withGroupInUpperCase } from './ids.ts';
import type { Resource } from './store.ts';

/** A compute resource in the answer to a GET, with its group as the caller wrote it (recorded). */
export const shownAsAsked = (resource: Resource, resourceGroup: string | undefined, apiVersion: string): unknown =>
  computeMembers({ ...resource, id: withGroupAsAsked(resource.id, resourceGroup) }, apiVersion);

/** A compute resource in a list, with its group in upper case (recorded). */
export const shownInList = (resource: Resource, apiVersion: string): unknown =>
  computeMembers({ ...resource, id: withGroupInUpperCase(resource.id) }, apiVersion);

const ENCRYPTION_SINCE = '2019-07-01';

/** In the order recorded. Members nobody set are absent. */
function computeMembers(resource: Resource, apiVersion: string): unknown {
  const { id, name, type, location, identity, tags, zones, managedBy, managedByExtended, sku, resources } = resource;
  // What Resource Graph alone shows of a machine.
  const { extended: _, ...shown } = resource.properties;
  const { encryption, ...older } = shown;
  // At 2018-09-30 disks have no encryption (recorded).
  const properties = encryption === undefined || apiVersion >= ENCRYPTION_SINCE ? shown : older;
  return present({
    name,
    id,
    type,
    location,
    identity,
    tags,
    zones,
    managedBy,
    managedByExtended,
    sku,
    properties,
    resources,
  });
}

/** A resource of any other provider. */
export const shownById = ({ id, name, type, location, kind, tags, sku, identity, properties }: Resource): unknown =>
  present({ id, name, type, location, kind, tags, sku, identity, properties });

/** An item of `Microsoft.Authorization`. */
export const shownByProperties = ({ properties, id, type, name }: Resource): unknown => ({
  properties,
  id,
  type,
  name,
});

function present(members: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The body of a request; undefined where it is no JSON at all: refused by the schema, as any other body of another form. */
export function parsedBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
