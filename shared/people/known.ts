import { guardedVaults, keyPolicy } from '../domain/policy.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';

/** The vault, key and version that a command names. A version is checked only where a key is named. */
interface Named {
  readonly vault: string;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * Throws `NotAllowed` for a name that the guardian does not know: a hold or an approval on a mistyped name would have no
 * effect, and nobody would notice.
 */
export async function refuseUnknown({ vault, key, version }: Named, { policy, tables }: Ports): Promise<void> {
  const vaults = guardedVaults(policy);
  if (!vaults.includes(vault))
    throw new NotAllowed(`The policy names no vault ${vault}. It names: ${vaults.join(', ')}.`);
  if (key === undefined) return;
  if (!keyPolicy(policy, vault, key).guarded) throw new NotAllowed(`The policy leaves ${vault}/${key} out.`);
  const { known, unreadable } = await readKeys(tables.keys, vault);
  // The row of the key cannot be read, so its versions are not known; a responder has to be able to set a hold all the same.
  if (unreadable.has(key)) return;
  const record = known.get(key)?.record;
  if (record === undefined)
    throw new NotAllowed(
      `The register knows no key ${key} in ${vault}. It knows: ${listed([...known.keys(), ...unreadable.keys()].toSorted())}.`,
    );
  if (version === undefined || record.approved.versions[version] !== undefined) return;
  const versions = listed(Object.keys(record.approved.versions));
  throw new NotAllowed(`The register knows no version ${version} of ${vault}/${key}. It knows: ${versions}.`);
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none yet' : names.join(', '));
