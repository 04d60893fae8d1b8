import type { ListedVersion } from '../../domain/key.ts';
import type { RotationPolicy } from '../../domain/rotation-policy.ts';
import type { ReadVersion, Refusal, VaultReads } from '../../domain/vault.ts';
import { inTurns } from '../../in-turns.ts';
import { guarded, keysToList, type Listing, policiesToRead, versionsToRead } from './plan.ts';

/** Reads of one vault at the same time. */
const READS_AT_ONCE = 8;

/** The versions that a sweep has listed and read. */
export interface VersionsRead {
  /** By key. */
  readonly listed: ReadonlyMap<string, readonly ListedVersion[]>;
  /** By `key/version`. */
  readonly read: ReadonlyMap<string, ReadVersion>;
  /** Rotation policies, by key; `undefined` where the guardian has no permission to read it. */
  readonly policies: ReadonlyMap<string, RotationPolicy | undefined>;
  /** Keys of which a read was refused: their own inspection alerts of that, and the other keys are compared. */
  readonly refused: ReadonlySet<string>;
  /** Why, where it refused each of its keys, or asked us to stop: then it is the vault that is blind, but for what its lists show. */
  readonly blind: Refusal | undefined;
}

/** Lists and reads what a sweep must see of versions. Where the vault is throttled, no more of it is read. */
export async function readVersions(
  listing: Listing,
  reads: Pick<VaultReads, 'listVersions' | 'read' | 'rotationPolicy'>,
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

  const policies = new Map<string, RotationPolicy | undefined>();
  await inTurns(READS_AT_ONCE, policiesToRead(listing), async (key) => {
    if (refusal?.kind === 'throttled') return;
    const answer = await reads.rotationPolicy(key);
    if (answer.kind === 'ok') policies.set(key, answer.value);
    else if (answer.kind === 'forbidden-by-permission') policies.set(key, undefined);
    else if (answer.kind === 'throttled') refusal = answer;
  });

  const isBlind = refusal?.kind === 'throttled' || refused.size === guarded(listing).length;
  return { listed, read, policies, refused, blind: isBlind ? refusal : undefined };
}
