import * as z from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import { UnexpectedAnswer } from './person.ts';
import type { Stage } from './stage.ts';

/** What became of the keys of a run. */
export interface CleanedUp {
  readonly purged: number;
  /** Deleted keys that stay, since purge protection or a missing right forbids to purge them; when Azure purges them by itself. */
  readonly kept: number;
  readonly keptUntil: Date | undefined;
  /** Names of keys that could be neither deleted nor purged in time. */
  readonly left: readonly string[];
}

const WITHIN_MS = 10 * MINUTE_MS;
/** How long a key that was not deleted here may be in neither list before it counts as gone. */
const NEITHER_FOR_MS = 2 * MINUTE_MS;
const AGAIN_MS = SECOND_MS;

type Fate =
  | { readonly kind: 'purged' | 'deleted' | 'busy' | 'in-neither-list' }
  | { readonly kind: 'kept'; readonly until: Date | undefined };

const deleted = z.object({ scheduledPurgeDate: z.number() });

/** Deletes and, where that is permitted, purges every key of the run: all at once, again and again until the vault has settled. */
export async function cleanUp(stage: Pick<Stage, 'person' | 'made' | 'now' | 'pause'>): Promise<CleanedUp> {
  const waiting = new Set(stage.made);
  const inNeitherSince = new Map<string, number>();
  const deletedHere = new Set<string>();
  const kept: (Date | undefined)[] = [];
  let purged = 0;
  const endsMs = stage.now().getTime() + WITHIN_MS;
  while (waiting.size > 0 && stage.now().getTime() < endsMs) {
    for (const key of waiting) {
      const fate = await fateOf(stage, key);
      if (fate.kind === 'kept') kept.push(fate.until);
      if (fate.kind === 'purged') purged += 1;
      if (fate.kind === 'deleted') deletedHere.add(key);
      const nowMs = stage.now().getTime();
      if (fate.kind === 'in-neither-list' && !deletedHere.has(key))
        inNeitherSince.set(key, inNeitherSince.get(key) ?? nowMs);
      else inNeitherSince.delete(key);
      const isGone = nowMs - (inNeitherSince.get(key) ?? nowMs) >= NEITHER_FOR_MS;
      if (fate.kind === 'kept' || fate.kind === 'purged' || isGone) waiting.delete(key);
    }
    if (waiting.size > 0) await stage.pause(AGAIN_MS);
  }
  const last = kept.toSorted((one, other) => Number(other) - Number(one))[0];
  return { purged, kept: kept.length, keptUntil: last, left: [...waiting] };
}

/** Takes the next step with a key, and says where it is then. */
async function fateOf({ person }: Pick<Stage, 'person'>, key: string): Promise<Fate> {
  try {
    const found = await person('GET', `/deletedkeys/${key}`);
    if (found.status !== 200) {
      const { status } = await person('DELETE', `/keys/${key}`);
      if (status === 404) return { kind: 'in-neither-list' };
      return { kind: status === 200 ? 'deleted' : 'busy' };
    }
    const { status } = await person('DELETE', `/deletedkeys/${key}`);
    if (status === 204) return { kind: 'purged' };
    if (status !== 403) return { kind: 'busy' };
    const seconds = deleted.safeParse(found.json).data?.scheduledPurgeDate;
    return { kind: 'kept', until: seconds === undefined ? undefined : new Date(seconds * SECOND_MS) };
  } catch (error) {
    // Without an answer the same step is taken again.
    if (error instanceof UnexpectedAnswer) return { kind: 'busy' };
    throw error;
  }
}
