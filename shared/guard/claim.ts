import { z } from 'zod';
import { type Intent, intent } from '../domain/decision.ts';
import type { KeyId } from '../domain/key.ts';
import { later, moment, SECOND_MS } from '../domain/time.ts';
import type { Ports } from '../ports.ts';
import type { Row } from '../storage.ts';

/** How long a claim lasts where its owner does not end it, in ms. */
export const CLAIM_MS = 30 * SECOND_MS;
/** How long a message is sent back for when its key is claimed, in seconds: about 5, spread so that messages that met do not meet again. */
export const claimedBackSeconds = ({ newId }: Pick<Ports, 'newId'>): number =>
  3 + (Number.parseInt(newId().slice(0, 8), 16) % 5);

const claimData = z.object({ owner: z.string(), until: moment, intents: z.array(intent) });

/** The right to work on one key. One worker a key; it ends by itself after 30 s. */
export interface Claim {
  readonly id: KeyId;
  readonly owner: string;
  readonly row: Row;
  /** From then on somebody else may take it over. */
  readonly until: Date;
  /** What the worker before us meant to do when it stopped; closed before anything else. */
  readonly open: readonly Intent[];
}

type Needs = Pick<Ports, 'tables' | 'now' | 'newId'>;

/** Claims a key before anything of it is read. `undefined` while somebody else works on it. */
export async function claimKey(id: KeyId, { tables, now, newId }: Needs): Promise<Claim | undefined> {
  const owner = newId();
  const fresh = { owner, until: later(now(), CLAIM_MS), intents: [] };
  const inserted = await tables.claims.insert(id.vault, id.key, fresh);
  if (inserted !== undefined) return { id, owner, row: inserted, until: fresh.until, open: [] };
  const standing = await tables.claims.get(id.vault, id.key);
  if (standing === undefined) return undefined;
  const read = claimData.safeParse(standing.data);
  // One that cannot be read is nobody's: it is taken over, and what it was to close shows in what the vault shows.
  const data = read.success ? read.data : { owner: '', until: now(), intents: [] };
  // The insert took hold and its answer was lost: the claim is ours.
  if (data.owner === owner) return { id, owner, row: standing, until: data.until, open: [] };
  if (!isOver(data.until, now())) return undefined;
  const taken = await tables.claims.replace(standing, { ...fresh, intents: data.intents });
  return taken === undefined ? undefined : { id, owner, row: taken, until: fresh.until, open: data.intents };
}

/** Past its end; one that ends later than any claim does was made by a clock that was far ahead. */
const isOver = (until: Date, now: Date): boolean =>
  now.getTime() >= until.getTime() || until.getTime() - now.getTime() > 2 * CLAIM_MS;

/** The keys of a vault whose claim was not ended in time: what its worker meant to do, and to tell, may be left undone. */
export async function claimsLeft(vault: string, { tables, now }: Needs): Promise<readonly string[]> {
  const rows = await tables.claims.list(vault);
  return rows.flatMap(({ row, data }) => {
    const read = claimData.safeParse(data);
    return read.success && !isOver(read.data.until, now()) ? [] : [row];
  });
}

/**
 * Writes further intents into the claim, beside those of earlier rounds: until the claim ends, nobody else knows that they
 * were told. `undefined` where it is not ours any more: then nothing may be written to the vault.
 */
export async function claimWith(
  claim: Claim,
  intents: readonly Intent[],
  { tables, now }: Needs,
): Promise<Claim | undefined> {
  const open = [...claim.open, ...intents];
  const until = later(now(), CLAIM_MS);
  const row = await tables.claims.replace(claim.row, { owner: claim.owner, until, intents: open });
  return row === undefined ? undefined : { ...claim, row, until, open };
}

/** Ends a claim. One that somebody took over meanwhile is left to them. */
export async function releaseClaim(claim: Claim, { tables }: Needs): Promise<void> {
  await tables.claims.remove(claim.row);
}
