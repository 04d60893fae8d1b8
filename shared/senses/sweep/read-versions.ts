import type { ListedVersion } from '../../domain/key.ts';
import type { ReadVersion, Refusal, VaultReads } from '../../domain/vault.ts';
import { SweepRefused } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guarded, keysToList, type Listing, versionsToRead } from './plan.ts';

/** Reads of one vault at the same time. */
const READS_AT_ONCE = 8;

/** The versions that a sweep has listed and read. */
export interface VersionsRead {
  /** By key. */
  readonly listed: ReadonlyMap<string, readonly ListedVersion[]>;
  /** By `key/version`. */
  readonly read: ReadonlyMap<string, ReadVersion>;
  /** Keys of which a read was refused: their own inspection alerts of that, and the other keys are compared. */
  readonly refused: ReadonlySet<string>;
  /** The refusal, where the vault refused each of its keys: then it counts as not swept, except for what its lists show. */
  readonly blind: Refusal | undefined;
}

/**
 * Lists and reads the versions that a sweep has to list and read.
 *
 * @throws SweepRefused where the vault is throttled, at once
 */
export async function readVersions(
  listing: Listing,
  reads: Pick<VaultReads, 'listVersions' | 'read'>,
): Promise<VersionsRead> {
  const refused = new Set<string>();
  // The last refusal, unless one says that the vault is throttled.
  let refusal: Refusal | undefined;
  const refuse = (key: string, answer: Refusal): void => {
    refused.add(key);
    if (refusal?.kind !== 'throttled') refusal = answer;
  };

  const listed = new Map<string, readonly ListedVersion[]>();
  await inTurns(READS_AT_ONCE, keysToList(listing), async (key) => {
    if (refusal?.kind === 'throttled') return;
    const versions = await reads.listVersions(key);
    // A key that is gone since the list was read is found by the next sweep, or is inspected already.
    if (versions.kind === 'missing') return;
    if (versions.kind === 'ok') listed.set(key, versions.value);
    else refuse(key, versions);
  });
  const read = new Map<string, ReadVersion>();
  await inTurns(READS_AT_ONCE, versionsToRead(listing, listed), async ({ key, version }) => {
    if (refusal?.kind === 'throttled') return;
    const answer = await reads.read(key, version);
    if (answer.kind === 'undetailed' || answer.kind === 'missing') return;
    if (answer.kind === 'ok') read.set(`${key}/${version}`, answer.value);
    else refuse(key, answer);
  });

  if (refusal?.kind === 'throttled') throw new SweepRefused(listing.vault, refusal.kind, refusal.error);
  return { listed, read, refused, blind: refused.size === guarded(listing).length ? refusal : undefined };
}
