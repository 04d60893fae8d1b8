import { StorageUnreachable } from '../errors.ts';
import type { Lease, Spool, Spooled, SpooledByStream } from './spool.ts';
import type { StreamName } from './stream-name.ts';
import type { Pending } from './write-block.ts';

/** What replaying needs: where the entries wait, and the way into their streams. */
export interface ReplayNeeds {
  readonly spool: Spool;
  readonly now: () => Date;
  /** Resolves when all of them are in the stream. Throws `StorageUnreachable`. */
  readonly write: (stream: StreamName, pending: readonly Pending[]) => Promise<void>;
}

const REPLAYED_IN_ONE_BLOCK = 100;

/** What replaying came to. */
export interface Replayed {
  readonly replayed: number;
  /** False while another instance is at it, or took it over: something may still wait. */
  readonly isAll: boolean;
}

/** Brings what was spooled into its streams; what it gives and throws is what `Trail.replay` says. */
export async function replay(needs: ReplayNeeds): Promise<Replayed> {
  const { spool } = needs;
  if (!(await spool.isWaiting())) return { replayed: 0, isAll: true };
  const lease = await spool.lease();
  if (lease === undefined) return { replayed: 0, isAll: false };
  try {
    return await replayAll(lease, needs);
  } finally {
    await lease.release();
  }
}

async function replayAll(lease: Lease, needs: ReplayNeeds): Promise<Replayed> {
  let replayed = 0;
  const unreadable: Error[] = [];
  const failures = new Map<StreamName, unknown>();
  let isHeld = true;
  for await (const page of needs.spool.pages()) {
    unreadable.push(...page.unreadable);
    const came = await replayPage(page.streams, failures, lease, needs);
    replayed += came.replayed;
    isHeld = came.isHeld;
    if (!isHeld || isSilence([...failures.values()].at(-1))) break;
  }
  throwWhatFailed(unreadable, [...failures.values()]);
  return { replayed, isAll: isHeld };
}

/**
 * How many of a page were replayed in, and whether the lease still holds. What kept a stream from it is added to the
 * failures: one that cannot be appended to stops no other.
 */
async function replayPage(
  streamsOfSpooled: SpooledByStream['streams'],
  failures: Map<StreamName, unknown>,
  lease: Lease,
  { spool, now, write }: ReplayNeeds,
): Promise<{ readonly replayed: number; readonly isHeld: boolean }> {
  let replayed = 0;
  for (const { stream, some } of inBlocks(streamsOfSpooled)) {
    if (failures.has(stream)) continue;
    if (!(await lease.renew())) return { replayed, isHeld: false };
    try {
      const appendedAt = now();
      await write(
        stream,
        some.map(({ entry }) => ({ entry, appendedAt })),
      );
      await spool.forget(some);
      replayed += some.length;
    } catch (error) {
      failures.set(stream, error);
      if (isSilence(error)) break;
    }
  }
  return { replayed, isHeld: true };
}

/** An answer is about one stream; silence is about all of them, and to wait for each would outlast the lease. */
const isSilence = (error: unknown): boolean => error instanceof StorageUnreachable && error.status === undefined;

/** What is spooled, in blocks of one stream each, those of a stream oldest first. */
function* inBlocks(
  streamsOfSpooled: SpooledByStream['streams'],
): Generator<{ readonly stream: StreamName; readonly some: readonly Spooled[] }> {
  for (const [stream, spooled] of streamsOfSpooled) {
    for (let start = 0; start < spooled.length; start += REPLAYED_IN_ONE_BLOCK)
      yield { stream, some: spooled.slice(start, start + REPLAYED_IN_ONE_BLOCK) };
  }
}

function throwWhatFailed(unreadable: readonly Error[], failures: readonly unknown[]): void {
  const all = [...unreadable, ...failures];
  if (unreadable.length === 0 && failures.length === 1) throw failures[0];
  if (all.length > 0) throw new AggregateError(all, 'Not all that was spooled for the trail could be replayed in.');
}
