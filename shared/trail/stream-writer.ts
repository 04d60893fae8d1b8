import { StorageUnreachable } from '../errors.ts';
import type { Pending } from './chain.ts';
import type { StreamEnd } from './stream-end.ts';
import { type BlockNeeds, writeBlock } from './write-block.ts';

/**
 * Appends entries to one stream, all in one block and in this order. Calls made while a block is being appended share the
 * next block. Throws `StorageUnreachable` where storage failed or did not answer in time; it may then still append them
 * later. Throws `EntryInvalid`, to every caller that shares the block, where one entry of it cannot be recorded.
 */
export type WriteToStream = (pending: readonly Pending[]) => Promise<void>;

interface Waiting {
  readonly pending: readonly Pending[];
  taken(): void;
  failed(error: unknown): void;
}

/** One worker that appends the waiting entries. It is abandoned where storage does not answer in time; the next call starts a new one. */
interface Turn {
  block: readonly Waiting[];
  abandoned: boolean;
}

/** What the writer of one stream needs. */
export interface StreamWriterNeeds extends BlockNeeds {
  /** Milliseconds from the call to `write` until everything that waits fails. */
  readonly timeoutMs: number;
}

/** Makes the writer of a stream. Any number of writers, in any number of processes, may append to it: its chain stays unbroken. */
export function createStreamWriter(needs: StreamWriterNeeds): WriteToStream {
  const { stream, timeoutMs } = needs;
  const waiting: Waiting[] = [];
  let turn: Turn | undefined;
  // Known after the first block, so that each further block is a single call.
  let end: StreamEnd | undefined;

  async function work(mine: Turn): Promise<void> {
    while (!mine.abandoned && waiting.length > 0) {
      mine.block = waiting.splice(0);
      const pending = mine.block.flatMap((one) => one.pending);
      try {
        end = await writeBlock(
          needs,
          async () => pending,
          end,
          () => mine.abandoned,
        );
        for (const one of mine.block) one.taken();
      } catch (error) {
        for (const one of mine.block) one.failed(error);
      }
    }
    if (!mine.abandoned) turn = undefined;
  }

  function abandon(): void {
    const left = [...(turn?.block ?? []), ...waiting.splice(0)];
    if (turn !== undefined) turn.abandoned = true;
    turn = undefined;
    const silence = new Error(`No answer within ${timeoutMs} ms.`);
    for (const one of left) one.failed(new StorageUnreachable(`appending to ${stream}`, silence));
  }

  return async (pending) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push({ pending, taken: resolve, failed: reject });
    const timer = setTimeout(abandon, timeoutMs);
    if (turn === undefined) {
      turn = { block: [], abandoned: false };
      void work(turn);
    }
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  };
}
