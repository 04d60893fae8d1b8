import type { SeedVault } from '../../local/azure/types.ts';
import { acceptBaseline } from '../../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../../shared/approvals/propose-baseline.ts';
import type { Ports } from '../../shared/ports.ts';
import { seedKey } from '../simulation/end-state.ts';

/** Names `<stem>-000` and so on. */
export const numbered = (stem: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${stem}-${String(at).padStart(3, '0')}`);

/**
 * Vaults that all hold the same keys, to the last bit: versions have the same ids, times and public parts. Each key has
 * two enabled versions that nobody has touched for long, and no material to make.
 */
export function alikeVaults(vaults: number, keysInEach: number): readonly SeedVault[] {
  const keys = numbered('disk', keysInEach).map((name, at) =>
    seedKey(name, [{ version: versionId(at, 0) }, { version: versionId(at, 1) }]),
  );
  return numbered('bench', vaults).map((name) => ({ name, keys }));
}

const versionId = (key: number, version: number): string => (key * 2 + version + 1).toString(16).padStart(32, '0');

/** Accepts the first vault's baseline for all of them. They have to be alike: it spares reading each of them. */
export async function acceptAlike(vaults: readonly string[], ports: Ports): Promise<void> {
  const [first] = vaults;
  if (first === undefined) return;
  const proposed = await proposeBaseline(first, ports);
  for (const vault of vaults)
    await acceptBaseline(vault, proposed, { needed: [], retired: [] }, { oid: 'bench' }, ports);
}
