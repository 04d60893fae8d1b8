import type { Key, Vault } from '../key-vault/store.ts';
import type { World } from './call.ts';
import { timestamp } from './operations.ts';
import { previousKeys, rewrap } from './rewrap.ts';
import { keyAt, refusalOf } from './set-access.ts';
import { SETS, setMembers } from './set-members.ts';
import type { Resource } from './store.ts';

/** How one set rotates, where a run wants it otherwise than the behaviours say. */
export interface SetPace {
  /** How long after a new version the set follows, in ms; `Infinity` for never. */
  readonly followsAfterMs?: number;
  /** How long its previous keys are shown, in ms. */
  readonly rewrapMs?: number;
}

/** How long after it was found busy a set is looked at again, in ms. */
const LOOKED_AT_AGAIN_MS = 60_000;

/**
 * Plans that the sets on a key look for a newer version of it, after anything about the key changed. A set that was seeded
 * on an older version follows from the first change on. Nothing of it is in the Activity Log.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
 */
export function keyChanged(world: World, vault: Vault, key: Key, nowMs: number): void {
  const path = `${vault.origin}/keys/${key.name}/`.toLowerCase();
  for (const set of world.resources.ofType(SETS)) {
    const { keyUrl = '' } = setMembers.parse(set).properties.activeKey ?? {};
    if (`${keyUrl.replace(':443/', '/')}/`.toLowerCase().startsWith(path)) planFollow(world, set, nowMs);
  }
}

/** Plans that one set looks for a newer version of its key. */
export function planFollow(world: World, { id }: Resource, nowMs: number): void {
  const { least, longest } = world.behaviours.setFollowsAfterMs;
  const drawn = longest > least ? least + world.chance.random.next() * (longest - least) : least;
  const afterMs = world.setPaces.get(id.toLowerCase())?.followsAfterMs ?? Math.floor(drawn);
  if (Number.isFinite(afterMs)) world.schedule.at(nowMs + afterMs, (atMs) => follow(world, id, atMs));
}

/**
 * The set follows the newest enabled version: `activeKey` first, and what is under it is wrapped anew after that. Where it
 * cannot, an error stands in it and nothing is tried again until the set is changed, though its flag stays on and its state
 * Succeeded (published). A confidential set never follows. A newer version that is disabled is passed over: UNCONFIRMED.
 */
function follow(world: World, setId: string, nowMs: number): void {
  const set = world.resources.get(setId);
  if (set === undefined) return;
  const { activeKey, encryptionType, previousKeys: old, ...properties } = setMembers.parse(set).properties;
  if (activeKey === undefined || properties.rotationToLatestKeyVersionEnabled !== true) return;
  if (properties.autoKeyRotationError !== undefined) return;
  if (encryptionType === 'ConfidentialVmEncryptedWithCustomerKey') return;
  if (old !== undefined || set.properties.provisioningState === 'Updating') {
    world.schedule.at(nowMs + LOOKED_AT_AGAIN_MS, (atMs) => follow(world, setId, atMs));
    return;
  }
  const found = keyAt(world, activeKey.keyUrl, nowMs);
  const newest = found?.key.versions.findLast(({ enabled }) => enabled);
  if (found === undefined || newest === undefined || newest === found.version) return;
  const keyUrl = `${keyUrlWithoutVersion(activeKey.keyUrl, found.version?.id)}/${newest.id}`;
  const error =
    refusalOf(world, set, keyUrl, 'wrapkey', nowMs) ??
    (found.version === undefined ? undefined : refusalOf(world, set, activeKey.keyUrl, 'unwrapkey', nowMs));
  if (error !== undefined) {
    world.resources.put({ ...set, properties: { ...set.properties, autoKeyRotationError: error } });
    return;
  }
  const previous = previousKeys(world.resources, set);
  world.resources.put({
    ...set,
    properties: {
      ...set.properties,
      activeKey: { ...activeKey, keyUrl },
      ...(previous.length === 0 ? {} : { previousKeys: previous, provisioningState: 'Updating' }),
      lastKeyRotationTimestamp: timestamp(nowMs, world.chance.ids),
    },
  });
  if (previous.length > 0) rewrap(world, setId, nowMs);
}

function keyUrlWithoutVersion(keyUrl: string, version: string | undefined): string {
  const url = keyUrl.replace(/\/$/, '');
  return version === undefined ? url : url.slice(0, -version.length - 1);
}
