import { StorageUnreachable } from '../errors.ts';
import type { StreamEnd } from './stream-end.ts';
import { type BlockNeeds, type Pending, writeBlock } from './write-block.ts';

/** Appends to one stream. */
export interface StreamWriter {
  /**
   * Resolves when all of them are in storage, in one block and in this order. What is asked for while a block is on its
   * way shares the next one. Throws `StorageUnreachable` when storage failed, or did not take it in time; it may then
   * still take it later. Throws `EntryInvalid`, to all who share the block, where an entry in it cannot be recorded.
   */
  write(pending: readonly Pending[]): Promise<void>;
}

interface Waiting {
  readonly pending: readonly Pending[];
  taken(): void;
  failed(error: unknown): void;
}

/** One worker going through what waits. A new one takes over where storage kept the old one too long. */
interface Turn {
  block: readonly Waiting[];
  givenUp: boolean;
}

/** A block that only one appender fills stays far below what storage takes (100 MiB). */
const ENTRIES_IN_ONE_BLOCK = 500;

/** What a writer needs: a stream, and how long it waits for storage. */
export interface StreamWriterNeeds extends BlockNeeds {
  /** From the asking on. Whatever else waits then is given up with it. */
  readonly giveUpAfterMs: number;
}

/** Makes the writer of a stream. Any number of them, in any number of processes, keep one unbroken chain. */
export function createStreamWriter(needs: StreamWriterNeeds): StreamWriter {
  const { stream, giveUpAfterMs } = needs;
  const waiting: Waiting[] = [];
  let turn: Turn | undefined;
  // Known after the first block, so that each further one is a single call.
  let end: StreamEnd | undefined;

  async function work(mine: Turn): Promise<void> {
    while (!mine.givenUp && waiting.length > 0) {
      mine.block = takeBlock(waiting);
      const pending = mine.block.flatMap((one) => one.pending);
      try {
        end = await writeBlock(needs, pending, end, () => mine.givenUp);
        for (const one of mine.block) one.taken();
      } catch (error) {
        for (const one of mine.block) one.failed(error);
      }
    }
    if (!mine.givenUp) turn = undefined;
  }

  function giveUp(): void {
    const left = [...(turn?.block ?? []), ...waiting.splice(0)];
    if (turn !== undefined) turn.givenUp = true;
    turn = undefined;
    const silence = new Error(`No answer within ${giveUpAfterMs} ms.`);
    for (const one of left) one.failed(new StorageUnreachable(`appending to ${stream}`, silence));
  }

  return {
    async write(pending) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ pending, taken: resolve, failed: reject });
      const timer = setTimeout(giveUp, giveUpAfterMs);
      if (turn === undefined) {
        turn = { block: [], givenUp: false };
        void work(turn);
      }
      try {
        await promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Takes from what waits as much as goes into one block, in its order; what was asked for together stays together. */
function takeBlock(waiting: Waiting[]): readonly Waiting[] {
  let entries = 0;
  let taken = 0;
  for (const { pending } of waiting) {
    if (taken > 0 && entries + pending.length > ENTRIES_IN_ONE_BLOCK) break;
    entries += pending.length;
    taken += 1;
  }
  return waiting.splice(0, taken);
}
