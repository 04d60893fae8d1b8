import { StorageUnreachable } from '../errors.ts';
import type { Backlog, Kept, KeptByStream, Lease } from './backlog.ts';
import type { StreamName } from './stream-name.ts';
import type { Pending } from './write-block.ts';

/** What bringing in needs: where the entries wait, and the way into their streams. */
export interface CatchUpNeeds {
  readonly backlog: Backlog;
  readonly now: () => Date;
  /** Resolves when all of them are in the stream. Throws `StorageUnreachable`. */
  readonly write: (stream: StreamName, pending: readonly Pending[]) => Promise<void>;
}

const CAUGHT_UP_IN_ONE_BLOCK = 100;

/** Brings what was kept into its streams; what it gives and throws is what `Trail.catchUp` says. */
export async function catchUp(needs: CatchUpNeeds): Promise<number> {
  const { backlog } = needs;
  const first = await backlog.kept();
  if (first.streams.size === 0) return reported(0, first.unreadable, []);
  const lease = await backlog.lease();
  if (lease === undefined) return 0;
  try {
    // Read again under the lease: what was listed before may be in the trail by now.
    const kept = await backlog.kept();
    const { brought, failures } = await bringIn(kept.streams, lease, needs);
    return reported(brought, kept.unreadable, [...failures.values()]);
  } finally {
    await lease.release();
  }
}

/** How many were brought in, and what kept others from it: a stream that cannot be appended to stops no other. */
async function bringIn(
  streamsOfKept: KeptByStream['streams'],
  lease: Lease,
  { backlog, now, write }: CatchUpNeeds,
): Promise<{ readonly brought: number; readonly failures: ReadonlyMap<StreamName, unknown> }> {
  let brought = 0;
  const failures = new Map<StreamName, unknown>();
  for (const { stream, some } of inBlocks(streamsOfKept)) {
    if (failures.has(stream)) continue;
    if (!(await lease.renew())) break;
    try {
      const appendedAt = now();
      await write(
        stream,
        some.map(({ entry }) => ({ entry, appendedAt })),
      );
      await backlog.forget(some);
      brought += some.length;
    } catch (error) {
      failures.set(stream, error);
      // An answer is about this stream; silence is about all of them, and to wait for each would outlast the lease.
      if (error instanceof StorageUnreachable && error.status === undefined) break;
    }
  }
  return { brought, failures };
}

/** What is kept, in blocks of one stream each, those of a stream oldest first. */
function* inBlocks(
  streamsOfKept: KeptByStream['streams'],
): Generator<{ readonly stream: StreamName; readonly some: readonly Kept[] }> {
  for (const [stream, kept] of streamsOfKept) {
    for (let start = 0; start < kept.length; start += CAUGHT_UP_IN_ONE_BLOCK)
      yield { stream, some: kept.slice(start, start + CAUGHT_UP_IN_ONE_BLOCK) };
  }
}

function reported(brought: number, unreadable: readonly Error[], failures: readonly unknown[]): number {
  const all = [...unreadable, ...failures];
  if (unreadable.length === 0 && failures.length === 1) throw failures[0];
  if (all.length > 0) throw new AggregateError(all, 'Not all that was kept for the trail could be brought in.');
  return brought;
}
