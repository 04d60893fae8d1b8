import { newestOf, spell } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { Answer, VaultReads } from '../domain/vault.ts';
import { BaselineImpossible } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { bySuspicion, type Proposed, proposedDeleted, proposedVersion, type ShownVersion } from './proposal.ts';

/** Keys of one vault read side by side. */
const READS_AT_ONCE = 8;

/**
 * The proposal for a vault's baseline: every version as it is now, suspicious ones first, then those changed lately. Throws
 * `BaselineImpossible` where any of them cannot be read.
 */
export async function proposeBaseline(vault: string, ports: Ports): Promise<readonly Proposed[]> {
  const reads = ports.reads(vault);
  const [keys, deleted, { known }] = await Promise.all([
    reads.listKeys(),
    reads.listDeletedKeys(),
    readKeys(ports.tables.keys, vault),
  ]);
  const isGuarded = (key: string): boolean => keyPolicy(ports.policy, vault, key).guarded;
  const listed = got(keys, vault);
  const unclear = listed.unclear.find(isGuarded);
  if (unclear !== undefined)
    throw new BaselineImpossible(spell({ vault, key: unclear }), 'its item of the list does not hold what it should');
  const guarded = listed.keys.map(({ key }) => key).filter(isGuarded);
  const versionsOf = new Map<string, readonly Proposed[]>();
  const failures: unknown[] = [];
  await inTurns(READS_AT_ONCE, guarded, async (key) => {
    // One that cannot be read is enough: the vault is left in peace then.
    if (failures.length > 0) return;
    const readAt = ports.now();
    try {
      const versions = await readVersions(vault, key, reads);
      versionsOf.set(
        key,
        versions.map((version) => proposedVersion(key, version, known.get(key)?.record, readAt)),
      );
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  const shown = guarded.flatMap((key) => versionsOf.get(key) ?? []);
  const gone = got(deleted, vault).filter(({ key }) => isGuarded(key));
  return bySuspicion([...shown, ...gone.map(({ key }) => proposedDeleted(key, ports.now()))]);
}

/** Every version of a key, read in full where the service allows it. */
async function readVersions(vault: string, key: string, reads: VaultReads): Promise<readonly ShownVersion[]> {
  const [versions, current] = await Promise.all([reads.listVersions(key), reads.read(key)]);
  const listing = got(versions, spell({ vault, key }));
  const currentVersion = current.kind === 'ok' ? current.value.version : newestOf(listing)?.version;
  const shown: ShownVersion[] = [];
  for (const listed of listing) {
    const { version } = listed;
    const answer = version === currentVersion ? current : await reads.read(key, version);
    const read = answer.kind === 'undetailed' ? undefined : got(answer, spell({ vault, key, version }));
    shown.push({ listed, read, current: version === currentVersion });
  }
  return shown;
}

function got<T>(answer: Answer<T> | { readonly kind: 'undetailed' }, what: string): T {
  if (answer.kind === 'ok') return answer.value;
  throw new BaselineImpossible(what, answer.kind);
}
