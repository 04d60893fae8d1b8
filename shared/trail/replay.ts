import { StorageUnreachable } from '../errors.ts';
import type { Lease, Spool, Spooled } from './spool.ts';
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

async function replayAll(lease: Lease, { spool, now, write }: ReplayNeeds): Promise<Replayed> {
  let replayed = 0;
  let isAll = true;
  const unreadable: Error[] = [];
  // One that cannot be appended to stops no other.
  const failures = new Map<StreamName, unknown>();
  for await (const { stream, some } of blocks(spool, unreadable)) {
    if (failures.has(stream)) continue;
    isAll = await lease.renew();
    if (!isAll) break;
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
  throwWhatFailed(unreadable, [...failures.values()]);
  return { replayed, isAll };
}

/** An answer is about one stream; silence is about all of them, and to wait for each would outlast the lease. */
const isSilence = (error: unknown): boolean => error instanceof StorageUnreachable && error.status === undefined;

/** What is spooled, a page at a time, in blocks of one stream each, oldest first. What cannot be read is added to `unreadable`. */
async function* blocks(
  spool: Spool,
  unreadable: Error[],
): AsyncGenerator<{ readonly stream: StreamName; readonly some: readonly Spooled[] }> {
  for await (const page of spool.pages()) {
    unreadable.push(...page.unreadable);
    for (const [stream, spooled] of page.streams)
      for (let start = 0; start < spooled.length; start += REPLAYED_IN_ONE_BLOCK)
        yield { stream, some: spooled.slice(start, start + REPLAYED_IN_ONE_BLOCK) };
  }
}

function throwWhatFailed(unreadable: readonly Error[], failures: readonly unknown[]): void {
  const all = [...unreadable, ...failures];
  if (unreadable.length === 0 && failures.length === 1) throw failures[0];
  if (all.length > 0) throw new AggregateError(all, 'Not all that was spooled for the trail could be replayed in.');
}
