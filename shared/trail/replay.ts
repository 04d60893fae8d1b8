import { StorageUnreachable, together } from '../errors.ts';
import type { Spool, Spooled } from './spool.ts';
import type { StreamName } from './stream-name.ts';
import type { WriteToStream } from './stream-writer.ts';

/** What replaying needs: the spool, and a way to append to streams. */
export interface ReplayNeeds {
  readonly spool: Spool;
  readonly now: () => Date;
  readonly writerOf: (stream: StreamName) => WriteToStream;
}

const REPLAYED_IN_ONE_BLOCK = 100;

/** The result of replaying. */
export interface Replayed {
  readonly replayed: number;
  /** False where another instance is replaying, or took the lease over: records may still be spooled. */
  readonly isAll: boolean;
}

/** Appends spooled records to their streams. Returns and throws what `Trail.replay` does. */
export async function replay({ spool, now, writerOf }: ReplayNeeds): Promise<Replayed> {
  if (!(await spool.isWaiting())) return { replayed: 0, isAll: true };
  let lease = await spool.lease();
  let replayed = 0;
  const unreadable: Error[] = [];
  // One that cannot be appended to stops no other.
  const failures = new Map<StreamName, unknown>();
  try {
    for await (const { stream, some } of lease === undefined ? [] : blocks(spool, unreadable)) {
      if (failures.has(stream)) continue;
      lease = await spool.lease(lease);
      if (lease === undefined) break;
      try {
        const appendedAt = now();
        await writerOf(stream)(some.map(({ entry }) => ({ ...entry, appendedAt })));
        await spool.forget(some);
        replayed += some.length;
      } catch (error) {
        failures.set(stream, error);
        if (isSilence(error)) break;
      }
    }
  } finally {
    if (lease !== undefined) await spool.release(lease);
  }
  throwWhatFailed(unreadable, [...failures.values()]);
  return { replayed, isAll: lease !== undefined };
}

/** Whether storage gave no answer. That concerns all streams: waiting for each of them would take longer than the lease. */
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
  if (all.length > 0) throw together(all, 'Not all spooled records could be replayed.');
}
