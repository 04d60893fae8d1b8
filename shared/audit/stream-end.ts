import type { Streams } from '../storage.ts';
import { type ChainHead, chainStart, readLine } from './chain.ts';
import { blobName, blobNumbers, blobPrefix, type StreamName } from './stream-name.ts';

/** Where the next record of a stream goes, and to what it is linked. */
export interface StreamEnd {
  /** The blob's number; -1 while the stream has none. */
  readonly blob: number;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly head: ChainHead;
  /** Whether the last line lacks its end; only where somebody else wrote it. */
  readonly lineOpen: boolean;
  /** Lines after the head that are no records. The trail links past them, so that nobody can stop it by adding some. */
  readonly foreignLines: number;
}

const FIRST_TAIL_BYTES = 64 * 1024;

/** Finds the end in storage: one listing, then the state and the last lines of the newest blob. */
export async function findEnd(streams: Streams, stream: StreamName): Promise<StreamEnd> {
  const numbers = blobNumbers(stream, await streams.list(blobPrefix(stream)));
  const newest = numbers.at(-1);
  const atStart = { head: chainStart(stream), lineOpen: false, foreignLines: 0 };
  if (newest === undefined) return { blob: -1, sizeBytes: 0, blocks: 0, ...atStart };

  // The state comes before the text: where somebody appends in between, the size is too small and storage says 'moved'.
  const state = (await streams.state(blobName(stream, newest))) ?? { sizeBytes: 0, blocks: 0 };
  let foreignLines = 0;
  let lineOpen = false;
  for (const blob of numbers.toReversed()) {
    const sizeBytes =
      blob === newest ? state.sizeBytes : ((await streams.state(blobName(stream, blob)))?.sizeBytes ?? 0);
    const tail = await lastRecord(streams, blobName(stream, blob), sizeBytes);
    foreignLines += tail.foreignLines;
    if (blob === newest) lineOpen = tail.lineOpen;
    if (tail.head !== undefined) return { blob: newest, ...state, head: tail.head, lineOpen, foreignLines };
  }
  return { blob: newest, ...state, ...atStart, lineOpen, foreignLines };
}

/** The end after somebody else appended: reads only what was added. `undefined` where that cannot tell: find it anew. */
export async function followEnd(
  streams: Streams,
  stream: StreamName,
  known: StreamEnd,
): Promise<{ readonly end: StreamEnd; readonly added: string } | undefined> {
  const name = blobName(stream, known.blob);
  const state = await streams.state(name);
  if (state === undefined || state.sizeBytes < known.sizeBytes) return undefined;
  if (state.sizeBytes === known.sizeBytes) return { end: { ...known, ...state }, added: '' };
  const added = await streams.read(name, known.sizeBytes);
  if (added === undefined) return undefined;
  const tail = lastRecordIn(added);
  const end = {
    blob: known.blob,
    ...state,
    head: tail.head ?? known.head,
    lineOpen: tail.lineOpen,
    foreignLines: tail.head === undefined ? known.foreignLines + tail.foreignLines : tail.foreignLines,
  };
  return { end, added };
}

interface Tail {
  /** `undefined` where there is no record in it. */
  readonly head: ChainHead | undefined;
  readonly lineOpen: boolean;
  readonly foreignLines: number;
}

async function lastRecord(streams: Streams, name: string, sizeBytes: number): Promise<Tail> {
  for (let tailBytes = FIRST_TAIL_BYTES; ; tailBytes *= 8) {
    const from = Math.max(0, sizeBytes - tailBytes);
    const text = sizeBytes === 0 ? '' : ((await streams.read(name, from)) ?? '');
    // A text from the middle begins within a line, which is no record: it counts only where the whole is read.
    const tail = lastRecordIn(text);
    if (from === 0 || tail.head !== undefined) return tail;
  }
}

function lastRecordIn(text: string): Tail {
  const lineOpen = text !== '' && !text.endsWith('\n');
  const lines = text.split('\n').slice(0, lineOpen ? undefined : -1);
  for (const [foreignLines, line] of lines.reverse().entries()) {
    const read = readLine(line);
    if ('record' in read)
      return { head: { sequence: read.record.sequence, hash: read.record.hash }, lineOpen, foreignLines };
  }
  return { head: undefined, lineOpen, foreignLines: lines.length };
}
