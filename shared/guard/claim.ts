import type { Claim as ClaimRow, Intent } from '../domain/decision.ts';
import { placeOf, type Subject } from '../domain/subject.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';

/** How long a claim lasts where its owner does not end it, in ms. */
export const CLAIM_MS = 30 * SECOND_MS;
/** How long a message is sent back for when its subject is claimed, in seconds: about 5, spread so that messages that met do not meet again. */
export const claimedBackSeconds = ({ newId }: Pick<Ports, 'newId'>): number =>
  3 + (Number.parseInt(newId().slice(0, 8), 16) % 5);

/** The right to work on one subject. One worker a subject; it ends by itself after 30 s. */
export interface Claim {
  readonly owner: string;
  readonly stored: Stored<ClaimRow>;
  /** From then on somebody else may take it over. */
  readonly until: Date;
  /** What was meant and is not closed yet, by the worker before us or by ourselves. */
  readonly open: readonly Intent[];
}

type Needs = Pick<Ports, 'tables' | 'now' | 'newId'>;

/** Claims a subject before anything of it is read. `undefined` while somebody else works on it. */
export async function claim(subject: Subject, { tables: { claims }, now, newId }: Needs): Promise<Claim | undefined> {
  const { partition, row } = placeOf(subject);
  const owner = newId();
  const fresh: ClaimRow = { owner, until: later(now(), CLAIM_MS), intents: [] };
  const inserted = await claims.insert(partition, row, fresh);
  if (inserted !== undefined) return claimOf(inserted);
  const standing = await claims.get(partition, row).catch((error: unknown) => {
    // One that cannot be read is nobody's: it is taken over, and what it was to close shows in what the vault shows.
    if (error instanceof RowUnreadable) return claims.put(partition, row, { ...fresh, until: now() });
    throw error;
  });
  if (standing === undefined) return undefined;
  const { owner: by, until, intents } = standing.value;
  // The insert took hold and its answer was lost: the claim is ours.
  if (by === owner && intents.length === 0 && !isOver(until, now())) return claimOf(standing);
  if (!isOver(until, now())) return undefined;
  const taken = await claims.replace(standing, { ...fresh, intents });
  return taken === undefined ? undefined : claimOf(taken);
}

const claimOf = (stored: Stored<ClaimRow>): Claim => {
  const { owner, until, intents } = stored.value;
  return { owner, stored, until, open: intents };
};

/** Past its end; one that ends later than any claim does was made by a clock that was far ahead. */
const isOver = (until: Date, now: Date): boolean =>
  now.getTime() >= until.getTime() || until.getTime() - now.getTime() > 2 * CLAIM_MS;

/** The keys of a vault whose claim was not ended in time: what its worker meant to do, and to tell, may be left undone. */
export async function claimsLeft(vault: string, { tables, now }: Needs): Promise<readonly string[]> {
  const { stored, unreadable } = await tables.claims.list(vault);
  const over = stored.filter(({ value }) => isOver(value.until, now())).map(({ row }) => row.row);
  return [...over, ...unreadable.map(({ row }) => row)];
}

/**
 * Writes further intents into the claim, beside those of earlier rounds: until the claim ends, nobody else knows
 * whether people were alerted. `undefined` where it is not ours any more: then nothing may be written to the vault.
 */
export async function claimWith(
  { stored, open: before }: Claim,
  intents: readonly Intent[],
  { tables, now }: Needs,
): Promise<Claim | undefined> {
  const next = { ...stored.value, until: later(now(), CLAIM_MS), intents: [...before, ...intents] };
  const written = await tables.claims.replace(stored, next);
  return written === undefined ? undefined : claimOf(written);
}

/** Ends a claim. One that somebody took over meanwhile is left to them. */
export async function releaseClaim({ stored }: Claim, { tables }: Needs): Promise<void> {
  await tables.claims.remove(stored);
}
