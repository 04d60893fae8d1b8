import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-record.ts';
import { StorageUnreachable } from '../errors.ts';
import type { Streams } from '../storage.ts';
import { type ChainHead, link, toLine } from './chain.ts';
import { findEnd, followEnd, type StreamEnd } from './stream-end.ts';
import { blobName, type StreamName } from './stream-name.ts';

/** An entry on its way into a stream. */
export interface Pending {
  readonly entry: AuditEntry;
  /** Set where it comes later than it should have. */
  readonly appendedAt?: Date;
}

/** Appends to one stream. */
export interface StreamWriter {
  /**
   * Resolves when all of them are in storage, in one block and in this order. What is asked for while a block is on its
   * way shares the next one. Throws `StorageUnreachable` when storage failed, or did not take it in time; it may then
   * still take it later.
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

/** Makes the writer of a stream. Any number of them, in any number of processes, keep one unbroken chain. */
export function createStreamWriter(needs: {
  readonly streams: Streams;
  readonly stream: StreamName;
  readonly now: () => Date;
  readonly giveUpAfterMs: number;
  readonly rollAfterBlocks: number;
}): StreamWriter {
  const { stream, giveUpAfterMs } = needs;
  const waiting: Waiting[] = [];
  let turn: Turn | undefined;
  // Known after the first block, so that each further one is a single call.
  let end: StreamEnd | undefined;

  function takeBlock(): readonly Waiting[] {
    let entries = 0;
    let taken = 0;
    for (const { pending } of waiting) {
      if (taken > 0 && entries + pending.length > ENTRIES_IN_ONE_BLOCK) break;
      entries += pending.length;
      taken += 1;
    }
    return waiting.splice(0, taken);
  }

  async function work(mine: Turn): Promise<void> {
    while (!mine.givenUp && waiting.length > 0) {
      mine.block = takeBlock();
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

/** Appends one block at the end, wherever that has moved to, and says where it is then. */
async function writeBlock(
  needs: { streams: Streams; stream: StreamName; now: () => Date; rollAfterBlocks: number },
  pending: readonly Pending[],
  known: StreamEnd | undefined,
  givenUp: () => boolean,
): Promise<StreamEnd | undefined> {
  const { streams, stream, rollAfterBlocks } = needs;
  let end = known;
  // Once given up on, it is for others to bring in: only a call that is on its way already may still take hold.
  while (!givenUp()) {
    if (end === undefined) {
      end = await findEnd(streams, stream);
    } else if (end.blob === -1 || end.blocks >= rollAfterBlocks) {
      end = await nextBlob(streams, stream, end);
    } else {
      const { text, head } = chained(end, [...foreignLinesFound(stream, end, needs.now), ...pending]);
      const answer = await streams.append(blobName(stream, end.blob), text, end.sizeBytes);
      if (answer === 'appended') return after(end, text, head);
      const followed = await followEnd(streams, stream, end);
      // A call that was sent again after a lost answer finds its own block in the way.
      if (followed?.added.startsWith(text)) return followed.end;
      end = followed?.end;
      if (end !== undefined && answer === 'full') end = { ...end, blocks: Number.POSITIVE_INFINITY };
    }
  }
  return end;
}

async function nextBlob(streams: Streams, stream: StreamName, end: StreamEnd): Promise<StreamEnd | undefined> {
  const blob = end.blob + 1;
  const made = await streams.create(blobName(stream, blob));
  // Where somebody else made it, it may have records already: find the end anew.
  return made ? { ...end, blob, sizeBytes: 0, blocks: 0, lineOpen: false } : undefined;
}

function chained(end: StreamEnd, pending: readonly Pending[]): { readonly text: string; readonly head: ChainHead } {
  let head = end.head;
  let text = end.lineOpen ? '\n' : '';
  for (const { entry, appendedAt } of pending) {
    const record = link(entry, head, appendedAt);
    head = record;
    text += `${toLine(record)}\n`;
  }
  return { text, head: { sequence: head.sequence, hash: head.hash } };
}

const after = (end: StreamEnd, text: string, head: ChainHead): StreamEnd => ({
  blob: end.blob,
  sizeBytes: end.sizeBytes + Buffer.byteLength(text),
  blocks: end.blocks + 1,
  head,
  lineOpen: false,
  foreignLines: 0,
});

/** Says in the stream itself that it holds lines the guardian did not write. Two writers who find them give it one id. */
function foreignLinesFound(stream: StreamName, end: StreamEnd, now: () => Date): readonly Pending[] {
  if (end.foreignLines === 0) return [];
  const blob = blobName(stream, end.blob);
  const id = createHash('sha256').update(`${blob}:${end.sizeBytes}:${end.foreignLines}`).digest('hex');
  const vault = stream.slice(stream.lastIndexOf('/') + 1);
  const detail = { error: 'TrailBroken', stream, blob, foreignLines: end.foreignLines };
  return [{ entry: { id, time: now(), what: 'failure', subject: { vault }, detail } }];
}
