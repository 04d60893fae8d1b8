import type { VersionState } from '../../local/azure/types.ts';
import type { World } from './world.ts';

/** The versions of a key as the vault holds them, oldest first. Throws where the key is not there. */
export function versionsOf({ azure }: World, vault: string, key: string): readonly VersionState[] {
  const state = azure.state(vault, key);
  if (state.kind !== 'present') throw new Error(`${vault}/${key} is ${state.kind}`);
  return state.versions;
}

/** The newest version of a key. Throws where the key is not there. */
export function currentOf(world: World, vault: string, key: string): VersionState {
  const current = versionsOf(world, vault, key).at(-1);
  if (current === undefined) throw new Error(`${vault}/${key} has no versions`);
  return current;
}

/** Object id of an identity of the local Azure. Throws where there is none. */
export function oidOf({ azure }: World, identity: string): string {
  const known = azure.identities.get(identity);
  if (known === undefined) throw new Error(`There is no identity ${identity}`);
  return known.oid;
}

/** Why the guardian did not write what it would have written, in the order of the trail. */
export const withheldIn = async (world: World): Promise<readonly unknown[]> =>
  (await world.trail()).filter(({ what }) => what === 'withheld').map(({ detail }) => detail.because);
