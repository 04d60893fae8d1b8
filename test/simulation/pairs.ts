import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SeedVault, SeedVersion } from '../../local/azure/types.ts';

/** Made one after the other, so that nothing waits for a thread: the order of what happens in a world is its own. */
const made: KeyObject[] = [];

function pair(number: number): KeyObject {
  const kept = made[number] ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  made[number] = kept;
  return kept;
}

/**
 * The vaults with RSA pairs that all worlds of a test file share: no two versions of one world have the same. To make
 * them anew for each world took longer than all that the worlds are about.
 */
export function withSharedPairs(vaults: readonly SeedVault[]): readonly SeedVault[] {
  let versions = 0;
  const withPair = (version: SeedVersion): SeedVersion => {
    const { kty = 'RSA', keySize = 2048, publicPart } = version;
    if (kty !== 'RSA' || keySize !== 2048 || publicPart !== undefined) return version;
    const number = versions;
    versions += 1;
    return { ...version, privateKey: () => pair(number) };
  };
  return vaults.map((vault) => ({
    ...vault,
    keys: (vault.keys ?? []).map((key) => ({ ...key, versions: (key.versions ?? [{}]).map(withPair) })),
  }));
}
