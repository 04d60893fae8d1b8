import { type KeyId, newestOf, spell } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { KeyRecord } from '../domain/register.ts';
import type { Answer, VaultReads } from '../domain/vault.ts';
import { BaselineImpossible } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { bySuspicion, type Proposed, proposalFor } from './proposal.ts';

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
      versionsOf.set(key, await proposedVersions({ vault, key }, reads, known.get(key)?.record, readAt));
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  const shown = guarded.flatMap((key) => versionsOf.get(key) ?? []);
  const gone = got(deleted, vault).filter(({ key }) => isGuarded(key));
  return bySuspicion([...shown, ...gone.map(({ key }) => proposalFor(key, undefined, false, undefined, ports.now()))]);
}

/** The proposal for every version of a key, read in full where the service allows it. */
async function proposedVersions(
  id: KeyId,
  reads: VaultReads,
  record: KeyRecord | undefined,
  readAt: Date,
): Promise<readonly Proposed[]> {
  const [versions, current] = await Promise.all([reads.listVersions(id.key), reads.read(id.key)]);
  const listing = got(versions, spell(id));
  const currentVersion = current.kind === 'ok' ? current.value.version : newestOf(listing)?.version;
  const proposed: Proposed[] = [];
  for (const listed of listing) {
    const { version } = listed;
    const isCurrent = version === currentVersion;
    const answer = isCurrent ? current : await reads.read(id.key, version);
    const shown =
      answer.kind === 'undetailed' ? { ...listed, detail: undefined } : got(answer, spell({ ...id, version }));
    proposed.push(proposalFor(id.key, shown, isCurrent, record, readAt));
  }
  return proposed;
}

function got<T>(answer: Answer<T> | { readonly kind: 'undetailed' }, what: string): T {
  if (answer.kind === 'ok') return answer.value;
  throw new BaselineImpossible(what, answer.kind);
}
