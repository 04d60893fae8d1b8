import type { ListedVersion } from '../../domain/key.ts';
import type { ReadVersion, Refusal, VaultReads } from '../../domain/vault.ts';
import { inTurns } from '../../in-turns.ts';
import { guarded, keysToList, type Listing, versionsToRead } from './plan.ts';

/** Reads of one vault side by side. */
const READS_AT_ONCE = 8;

/** What a sweep reads of versions. */
export interface VersionsRead {
  /** By key. */
  readonly listed: ReadonlyMap<string, readonly ListedVersion[]>;
  /** By `key/version`. */
  readonly read: ReadonlyMap<string, ReadVersion>;
  /** Keys of which something was refused: that hides no other, and their own inspection says why. */
  readonly refused: ReadonlySet<string>;
  /** Why, where it refused each of its keys, or asked us to stop: then it is the vault that is blind, but for what its lists show. */
  readonly blind: Refusal | undefined;
}

/** Lists and reads what a sweep must see of versions. Where the vault is throttled, no more of it is read. */
export async function readVersions(
  listing: Listing,
  reads: Pick<VaultReads, 'listVersions' | 'read'>,
): Promise<VersionsRead> {
  const refused = new Set<string>();
  // The last one, but for one that asks us to stop.
  let refusal: Refusal | undefined;
  const refuse = (key: string, answer: Refusal): void => {
    refused.add(key);
    if (refusal?.kind !== 'throttled') refusal = answer;
  };

  const listed = new Map<string, readonly ListedVersion[]>();
  await inTurns(READS_AT_ONCE, keysToList(listing), async (key) => {
    if (refusal?.kind === 'throttled') return;
    const versions = await reads.listVersions(key);
    // A key that is gone since the list is the next sweep's, or has gone already to an inspection of its own.
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

  const isBlind = refusal?.kind === 'throttled' || refused.size === guarded(listing).length;
  return { listed, read, refused, blind: isBlind ? refusal : undefined };
}
