import type { World } from './call.ts';
import { refusalOf } from './set-access.ts';
import { setMembers, underSet } from './set-members.ts';
import type { Resource, Resources } from './store.ts';

type SetKey = NonNullable<ReturnType<typeof setMembers.parse>['properties']['activeKey']>;

/** How long after an old key could not be used it is tried again, in ms. */
const TRIED_AGAIN_MS = 60_000;

/** Under which keys that which is under a set is still wrapped, once the set has another one: none where nothing is under it. */
export function previousKeys(resources: Resources, set: Resource): readonly SetKey[] {
  const { activeKey, previousKeys: older = [] } = setMembers.parse(set).properties;
  const isEmpty = underSet(resources, set.id)[Symbol.iterator]().next().done;
  return isEmpty || activeKey === undefined ? [] : [...older, activeKey];
}

/**
 * Wraps what is under a set anew, after its key changed: `previousKeys` stays until that has ended, and it does not end
 * while one of them cannot be unwrapped with. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
 */
export function rewrap(world: World, setId: string, nowMs: number): void {
  const keyUrl = keyUrlOf(world, setId);
  const takesMs = world.setPaces.get(setId.toLowerCase())?.rewrapMs ?? world.behaviours.rewrapMs;
  const end = (atMs: number): void => {
    const set = world.resources.get(setId);
    // A set that is gone, or whose key changed again: that change ends it.
    if (set === undefined || keyUrlOf(world, setId) !== keyUrl) return;
    const { previousKeys: keys } = setMembers.parse(set).properties;
    if (keys === undefined) return;
    if (keys.some((key) => refusalOf(world, set, key.keyUrl, 'unwrapkey', atMs) !== undefined)) {
      world.schedule.at(atMs + TRIED_AGAIN_MS, end);
      return;
    }
    const { previousKeys: _, ...properties } = set.properties;
    world.resources.put({ ...set, properties: { ...properties, provisioningState: 'Succeeded' } });
  };
  world.schedule.at(nowMs + takesMs, end);
}

function keyUrlOf({ resources }: World, setId: string): string | undefined {
  const set = resources.get(setId);
  return set === undefined ? undefined : setMembers.parse(set).properties.activeKey?.keyUrl;
}
