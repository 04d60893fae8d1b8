import type { Claim as ClaimRow, Intent } from '../domain/decision.ts';
import { placeOf, type Subject } from '../domain/subject.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';

/** How long a claim lasts unless its owner ends it, in ms. */
export const CLAIM_MS = 30 * SECOND_MS;
/** Seconds after which a message comes back whose subject is claimed: about 5, and random, so that two messages do not collide again. */
export const claimedBackSeconds = ({ newId }: Pick<Ports, 'newId'>): number =>
  3 + (Number.parseInt(newId().slice(0, 8), 16) % 5);

/** The right to work on one subject. Only one worker has it; it ends by itself after 30 s. */
export interface Claim {
  readonly stored: Stored<ClaimRow>;
  /** The intents that are not closed yet, of this worker or of the one before it. */
  readonly open: readonly Intent[];
}

type Needs = Pick<Ports, 'tables' | 'now' | 'newId'>;

/** Claims a subject, before anything of it is read. Returns `undefined` while another worker has the claim. */
export async function claim(subject: Subject, { tables: { claims }, now, newId }: Needs): Promise<Claim | undefined> {
  const { partition, row } = placeOf(subject);
  const owner = newId();
  const fresh: ClaimRow = { owner, until: later(now(), CLAIM_MS), intents: [] };
  const inserted = await claims.insert(partition, row, fresh);
  if (inserted !== undefined) return claimOf(inserted);
  const standing = await claims.get(partition, row).catch((error: unknown) => {
    // A claim that cannot be read is taken over: whether its intents were done is read from the vault.
    if (error instanceof RowUnreadable) return claims.put(partition, row, { ...fresh, until: now() });
    throw error;
  });
  if (standing === undefined) return undefined;
  const { owner: by, until, intents } = standing.value;
  // The insert succeeded and its answer was lost: the claim is ours.
  if (by === owner && intents.length === 0 && !isOver(until, now())) return claimOf(standing);
  if (!isOver(until, now())) return undefined;
  const taken = await claims.replace(standing, { ...fresh, intents });
  return taken === undefined ? undefined : claimOf(taken);
}

const claimOf = (stored: Stored<ClaimRow>): Claim => ({ stored, open: stored.value.intents });

/** The claim that its owner left open, such as a person who is restoring; `undefined` where it has ended or is somebody else's. */
export async function claimOwnedBy(
  owner: string,
  subject: Subject,
  { tables, now }: Needs,
): Promise<Claim | undefined> {
  const { partition, row } = placeOf(subject);
  const standing = await tables.claims.get(partition, row);
  return standing?.value.owner === owner && !isOver(standing.value.until, now()) ? claimOf(standing) : undefined;
}

/** The claim under another owner, so that the one before cannot use it again. Returns `undefined` where it was lost. */
export async function passOn({ stored }: Claim, { tables, now, newId }: Needs): Promise<Claim | undefined> {
  const next = { ...stored.value, owner: newId(), until: later(now(), CLAIM_MS) };
  const taken = await tables.claims.replace(stored, next);
  return taken === undefined ? undefined : claimOf(taken);
}

/** Whether another worker may take the claim over. */
export const hasEnded = ({ stored }: Claim, now: Date): boolean => now.getTime() >= stored.value.until.getTime();

/** Whether a claim has ended. A claim that would end later than any claim can was made by a wrong clock, and counts as ended. */
const isOver = (until: Date, now: Date): boolean =>
  now.getTime() >= until.getTime() || until.getTime() - now.getTime() > 2 * CLAIM_MS;

/** The keys of a vault with a claim that its worker did not end in time: its writes or its alerts may be missing. */
export async function claimsLeft(vault: string, { tables, now }: Needs): Promise<readonly string[]> {
  const { stored, unreadable } = await tables.claims.list(vault);
  const over = stored.filter(({ value }) => isOver(value.until, now())).map(({ row }) => row.row);
  return [...over, ...unreadable.map(({ row }) => row)];
}

/**
 * Adds intents to the claim, beside those of earlier rounds. All of them stay until the claim ends: after a crash the next
 * worker alerts people of them. Returns `undefined` where the claim was lost: then nothing may be written to the vault.
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

/** A claim as it is until its end; after that renewed, or `undefined` where another worker took it over. */
export const stillOurs = async (mine: Claim, needs: Needs): Promise<Claim | undefined> =>
  hasEnded(mine, needs.now()) ? claimWith(mine, [], needs) : mine;

/** Ends a claim. Does nothing where another worker has taken it over. */
export async function releaseClaim({ stored }: Claim, { tables }: Needs): Promise<void> {
  await tables.claims.remove(stored);
}
