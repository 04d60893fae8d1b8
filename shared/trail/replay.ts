import { StorageUnreachable } from '../errors.ts';
import type { Backlog, Kept, KeptByStream, Lease } from './spool.ts';
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

/** What bringing in came to. */
export interface CaughtUp {
  readonly brought: number;
  /** False while another instance is at it, or took it over: something may still wait. */
  readonly isAll: boolean;
}

/** Brings what was kept into its streams; what it gives and throws is what `Trail.catchUp` says. */
export async function catchUp(needs: CatchUpNeeds): Promise<CaughtUp> {
  const { backlog } = needs;
  if (!(await backlog.isWaiting())) return { brought: 0, isAll: true };
  const lease = await backlog.lease();
  if (lease === undefined) return { brought: 0, isAll: false };
  try {
    return await bringAllIn(lease, needs);
  } finally {
    await lease.release();
  }
}

async function bringAllIn(lease: Lease, needs: CatchUpNeeds): Promise<CaughtUp> {
  let brought = 0;
  const unreadable: Error[] = [];
  const failures = new Map<StreamName, unknown>();
  let isHeld = true;
  for await (const page of needs.backlog.pages()) {
    unreadable.push(...page.unreadable);
    const came = await bringIn(page.streams, failures, lease, needs);
    brought += came.brought;
    isHeld = came.isHeld;
    if (!isHeld || isSilence([...failures.values()].at(-1))) break;
  }
  throwWhatFailed(unreadable, [...failures.values()]);
  return { brought, isAll: isHeld };
}

/**
 * How many of a page were brought in, and whether the lease still holds. What kept a stream from it is added to the
 * failures: one that cannot be appended to stops no other.
 */
async function bringIn(
  streamsOfKept: KeptByStream['streams'],
  failures: Map<StreamName, unknown>,
  lease: Lease,
  { backlog, now, write }: CatchUpNeeds,
): Promise<{ readonly brought: number; readonly isHeld: boolean }> {
  let brought = 0;
  for (const { stream, some } of inBlocks(streamsOfKept)) {
    if (failures.has(stream)) continue;
    if (!(await lease.renew())) return { brought, isHeld: false };
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
      if (isSilence(error)) break;
    }
  }
  return { brought, isHeld: true };
}

/** An answer is about one stream; silence is about all of them, and to wait for each would outlast the lease. */
const isSilence = (error: unknown): boolean => error instanceof StorageUnreachable && error.status === undefined;

/** What is kept, in blocks of one stream each, those of a stream oldest first. */
function* inBlocks(
  streamsOfKept: KeptByStream['streams'],
): Generator<{ readonly stream: StreamName; readonly some: readonly Kept[] }> {
  for (const [stream, kept] of streamsOfKept) {
    for (let start = 0; start < kept.length; start += CAUGHT_UP_IN_ONE_BLOCK)
      yield { stream, some: kept.slice(start, start + CAUGHT_UP_IN_ONE_BLOCK) };
  }
}

function throwWhatFailed(unreadable: readonly Error[], failures: readonly unknown[]): void {
  const all = [...unreadable, ...failures];
  if (unreadable.length === 0 && failures.length === 1) throw failures[0];
  if (all.length > 0) throw new AggregateError(all, 'Not all that was kept for the trail could be brought in.');
}
