import { DAY_MS, later, MINUTE_MS } from '../domain/time.ts';
import type { StreamChange, Streams } from '../storage.ts';
import { blobNumbers, type StreamName, streamOfBlob } from './stream-name.ts';

/** A stream that was appended to. */
export interface Changed extends Pick<StreamChange, 'changedAt'> {
  readonly stream: StreamName;
  /** The number of its newest blob. */
  readonly blob: number;
}

/** By how much the clocks of storage and of this process may differ, in ms. */
const CLOCKS_DIFFER_MS = MINUTE_MS;

/**
 * The moment before which a listing shows every append. What was appended while it was read may be missing in it, beside
 * something younger that is there.
 *
 * @param newest the newest append that it shows
 * @param begun when it began, by the clock of this process
 */
export const shownUntil = (newest: Date, begun: Date): Date => {
  const certain = later(begun, -CLOCKS_DIFFER_MS);
  return newest < certain ? newest : certain;
};

/**
 * The streams of this month, of the last one and of the register, with the time of their last append.
 *
 * @param more further prefixes
 * @param since the months since then are listed as well
 */
export async function recentChanges(
  streams: Pick<Streams, 'changes'>,
  now: Date,
  more: readonly string[] = [],
  since: Date = now,
): Promise<readonly Changed[]> {
  const prefixes = [...months(since, now), 'register/', ...more];
  const listed = await Promise.all(prefixes.map((prefix) => streams.changes(prefix)));
  const newest = new Map<StreamName, Changed>();
  for (const { name, changedAt } of listed.flat()) {
    const stream = streamOfBlob(name);
    if (stream === undefined) continue;
    const known = newest.get(stream);
    const [number = 0] = blobNumbers(stream, [name]);
    newest.set(stream, {
      stream,
      blob: Math.max(number, known?.blob ?? 0),
      changedAt: known === undefined || known.changedAt < changedAt ? changedAt : known.changedAt,
    });
  }
  return [...newest.values()];
}

/** What the names of the audit streams of each month begin with: at least this one and the last. */
function months(since: Date, now: Date): readonly string[] {
  const all: string[] = [];
  for (let at = now; all.length < 2 || later(at, DAY_MS) > since; ) {
    all.push(`audit/${at.toISOString().slice(0, 'yyyy-mm'.length)}-`);
    at = later(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth())), -1);
  }
  return all;
}
