import { z } from 'zod';
import { withGroupInUpperCase } from './ids.ts';

/** A resource as Resource Manager keeps it, in the members that answers have. */
export interface Resource {
  /** As the real service spells it in a GET. */
  readonly id: string;
  readonly name: string;
  /** `Microsoft.Compute/diskEncryptionSets`. */
  readonly type: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly sku?: Readonly<Record<string, unknown>>;
  readonly identity?: Readonly<Record<string, unknown>>;
  readonly kind?: string;
  readonly managedBy?: string;
  readonly managedByExtended?: readonly string[];
  readonly zones?: readonly string[];
  /** What is part of it, as the extensions of a machine. */
  readonly resources?: readonly unknown[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All resources of the local Azure but vaults, by their id in lower case. */
export type ResourceStore = Map<string, Resource>;

/** The store with what changes it: only these do, so that lists by type stay right. */
export interface Resources {
  readonly store: ResourceStore;
  /** Puts a resource in the place of the one of its id. Whatever way a disk or snapshot names its set, the group is in upper case from then on (recorded). */
  put(resource: Resource): void;
  /** Gives the one that is gone. */
  remove(id: string): Resource | undefined;
  /** Undefined where there is none. Ids are compared without case. */
  get(id: string): Resource | undefined;
  /** Those of one type, in the order in which they were first put in. */
  ofType(type: string): Iterable<Resource>;
  /** Every subscription that a resource is or was in. */
  readonly subscriptionIds: ReadonlySet<string>;
  /** Whether a resource is or was in a group, by the group's id: an empty group stays. */
  isGroup(id: string): boolean;
  /** How often resources of that type changed so far. */
  changesOf(type: string): number;
  /** Told of each change before it is made, with the id in lower case and the resource that it had until then. */
  onChange(listener: (id: string, before: Resource | undefined) => void): void;
}

/** A store without resources. */
export function createResources(): Resources {
  const store: ResourceStore = new Map();
  const byType = new Map<string, ResourceStore>();
  const subscriptionIds = new Set<string>();
  const groups = new Set<string>();
  const changes = new Map<string, number>();
  const listeners: ((id: string, before: Resource | undefined) => void)[] = [];
  const tellOf = (id: string): void => {
    for (const listener of listeners) listener(id, store.get(id));
  };
  const changed = (type: string): unknown => changes.set(type, (changes.get(type) ?? 0) + 1);
  return {
    store,
    subscriptionIds,
    isGroup: (id) => groups.has(id.toLowerCase()),
    put(given) {
      const resource = asStored(given);
      const id = resource.id.toLowerCase();
      const type = resource.type.toLowerCase();
      const ofType = byType.get(type) ?? new Map<string, Resource>();
      tellOf(id);
      byType.set(type, ofType.set(id, resource));
      store.set(id, resource);
      const [group, subscriptionId] = /^\/subscriptions\/([^/]+)(?:\/resourcegroups\/[^/]+)?/.exec(id) ?? [];
      if (group !== undefined) groups.add(group);
      if (subscriptionId !== undefined) subscriptionIds.add(subscriptionId);
      changed(type);
    },
    remove(id) {
      const resource = store.get(id.toLowerCase());
      if (resource === undefined) return undefined;
      tellOf(id.toLowerCase());
      byType.get(resource.type.toLowerCase())?.delete(id.toLowerCase());
      store.delete(id.toLowerCase());
      changed(resource.type.toLowerCase());
      return resource;
    },
    get: (id) => store.get(id.toLowerCase()),
    ofType: (type) => byType.get(type.toLowerCase())?.values() ?? [],
    changesOf: (type) => changes.get(type.toLowerCase()) ?? 0,
    onChange: (listener) => listeners.push(listener),
  };
}

const encrypted = z.looseObject({ encryption: z.looseObject({ diskEncryptionSetId: z.string() }) });

function asStored(resource: Resource): Resource {
  const { data } = encrypted.safeParse(resource.properties);
  if (data === undefined) return resource;
  const { encryption } = data;
  const diskEncryptionSetId = withGroupInUpperCase(encryption.diskEncryptionSetId);
  // As it is: a resource of a large estate makes its properties when they are asked for.
  if (diskEncryptionSetId === encryption.diskEncryptionSetId) return resource;
  return { ...resource, properties: { ...data, encryption: { ...encryption, diskEncryptionSetId } } };
}
