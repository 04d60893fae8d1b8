import type { Streams } from '../storage.ts';
import { type ChainHead, chainStart, readLine } from './chain.ts';
import { blobName, blobNumbers, blobPrefix, type StreamName } from './stream-name.ts';

/** Where the next record of a stream goes, and to what it is linked. */
export interface StreamEnd {
  /** The blob's number; -1 while the stream has none. */
  readonly blob: number;
  /** Of that blob. */
  readonly sizeBytes: number;
  /** Of that blob. */
  readonly blocks: number;
  readonly head: ChainHead;
  /** Whether the last line lacks its end; only where somebody else wrote it. */
  readonly lineOpen: boolean;
  /** Lines after the head that are no records of this chain. The trail links past them, so that nobody can stop it by adding some. */
  readonly foreignLines: number;
}

const FIRST_TAIL_BYTES = 64 * 1024;
/** More than a stream will ever hold, and far below where numbers end: past such a sequence the chain could not go on for ever. */
const MOST_RECORDS = 1e12;

/**
 * Finds the end in storage: one listing, then the state and the last lines of the newest blob; of older ones where those
 * do not tell. Throws `StorageUnreachable`.
 */
export async function findEnd(streams: Streams, stream: StreamName): Promise<StreamEnd> {
  const numbers = blobNumbers(stream, await streams.list(blobPrefix(stream)));
  const newest = numbers.at(-1);
  const start = chainStart(stream);
  if (newest === undefined) return { blob: -1, sizeBytes: 0, blocks: 0, head: start, lineOpen: false, foreignLines: 0 };

  // The state comes before the text, and the text is no longer than it says: what somebody appends in between comes in
  // the way of the next append, and is followed then.
  const state = (await streams.state(blobName(stream, newest))) ?? { sizeBytes: 0, blocks: 0 };
  let lineOpen = false;
  let newer: readonly string[] = [];
  for (const blob of numbers.toReversed()) {
    const name = blobName(stream, blob);
    const sizeBytes = blob === newest ? state.sizeBytes : ((await streams.state(name))?.sizeBytes ?? 0);
    for await (const tail of tails(streams, name, sizeBytes)) {
      if (blob === newest) lineOpen = tail.lineOpen;
      const lines = [...tail.lines, ...newer];
      const last = lastLinked(lines, start);
      if (last !== undefined) return { blob: newest, ...state, ...last, lineOpen };
      if (tail.whole) newer = lines;
    }
  }
  return { blob: newest, ...state, head: start, lineOpen, foreignLines: newer.length };
}

/**
 * The end after somebody else appended, and the text that was added: nothing else is read. `undefined` where that cannot
 * tell: find it anew. Throws `StorageUnreachable`.
 *
 * @param known with a blob that is there
 */
export async function followEnd(
  streams: Streams,
  stream: StreamName,
  known: StreamEnd,
): Promise<{ readonly end: StreamEnd; readonly added: string } | undefined> {
  const name = blobName(stream, known.blob);
  const state = await streams.state(name);
  if (state === undefined || state.sizeBytes < known.sizeBytes) return undefined;
  if (state.sizeBytes === known.sizeBytes) return { end: { ...known, ...state }, added: '' };
  const added = await streams.read(name, known.sizeBytes, state.sizeBytes);
  if (added === undefined) return undefined;
  const { lines, lineOpen } = linesIn(added);
  const last = lastLinked(lines, known.head) ?? {
    head: known.head,
    foreignLines: known.foreignLines + lines.length,
  };
  return { end: { blob: known.blob, ...state, ...last, lineOpen }, added };
}

interface Lines {
  readonly lines: readonly string[];
  /** Whether the last of them lacks its end. */
  readonly lineOpen: boolean;
}

/** The last lines of a blob, more of them each time until all are there. The first of a part is only the end of a line, which is no record. */
async function* tails(
  streams: Streams,
  name: string,
  sizeBytes: number,
): AsyncGenerator<Lines & { readonly whole: boolean }> {
  for (let tailBytes = FIRST_TAIL_BYTES, whole = false; !whole; tailBytes *= 8) {
    const from = Math.max(0, sizeBytes - tailBytes);
    whole = from === 0;
    const text = sizeBytes === 0 ? '' : ((await streams.read(name, from, sizeBytes)) ?? '');
    yield { ...linesIn(text), whole };
  }
}

function linesIn(text: string): Lines {
  const lineOpen = text !== '' && !text.endsWith('\n');
  return { lines: text.split('\n').slice(0, lineOpen ? undefined : -1), lineOpen };
}

/**
 * The last record that follows from one before it, or from `before`, and how many lines come after it. Anybody who may
 * append can write a line that is a record by itself, with a sequence after which none can come.
 */
function lastLinked(
  lines: readonly string[],
  before: ChainHead,
): { readonly head: ChainHead; readonly foreignLines: number } | undefined {
  const followers = new Map<string, { readonly head: ChainHead; readonly foreignLines: number }>();
  for (const [foreignLines, line] of lines.toReversed().entries()) {
    const read = readLine(line);
    if (read.kind === 'fault') continue;
    const { sequence, hash, previousHash } = read.record;
    const follower = followers.get(hash);
    if (follower?.head.sequence === sequence + 1) return follower;
    if (sequence > MOST_RECORDS) continue;
    const found = { head: { sequence, hash }, foreignLines };
    if (previousHash === before.hash && sequence === before.sequence + 1) return found;
    followers.set(previousHash, found);
  }
  return undefined;
}
