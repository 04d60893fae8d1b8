import type { AuditRecord } from '../domain/audit-record.ts';
import type { Streams } from '../storage.ts';
import { type ChainHead, chainStart, readLine } from './chain.ts';
import { blobName, blobNumbers, blobPrefix, type StreamName } from './stream-name.ts';

/** The end of a stream: where the next record is appended, and the record to which it is linked. */
export interface StreamEnd {
  /** The blob's number; -1 while the stream has none. */
  readonly blob: number;
  /** Of that blob. */
  readonly sizeBytes: number;
  /** Of that blob. */
  readonly blocks: number;
  readonly head: ChainHead;
  /** Whether the last line has no line end; only where somebody else wrote it. */
  readonly lineOpen: boolean;
  /** The number of lines after the head that are no records of this chain. New records are appended after them, so that nobody can stop the trail by adding lines. */
  readonly foreignLines: number;
}

const FIRST_TAIL_BYTES = 64 * 1024;
/** A sequence above this is not believed: no stream has so many records, and the chain could not continue for ever after it. */
const MOST_RECORDS = 1e12;

/**
 * Finds the end of a stream in storage: lists its blobs, then reads the state and the last lines of the newest one, and of
 * older ones where that is not enough. Throws `StorageUnreachable`.
 */
export const findEnd = async (streams: Streams, stream: StreamName): Promise<StreamEnd> =>
  (await findLast(streams, stream)).end;

/** As `findEnd`, with the record that is the head; `undefined` where there is none. */
export async function findLast(
  streams: Streams,
  stream: StreamName,
): Promise<{ readonly end: StreamEnd; readonly last: AuditRecord | undefined }> {
  const numbers = blobNumbers(stream, await streams.list(blobPrefix(stream)));
  const newest = numbers.at(-1);
  const start = chainStart(stream);
  const empty = { head: start, lineOpen: false, foreignLines: 0 };
  if (newest === undefined) return { end: { ...empty, blob: -1, sizeBytes: 0, blocks: 0 }, last: undefined };

  // The state is read before the text, and the text only to the size that it gives: what somebody appends in between makes
  // the next append fail, and then the end is searched for again.
  const state = (await streams.state(blobName(stream, newest))) ?? { sizeBytes: 0, blocks: 0 };
  let lineOpen = false;
  let newer: readonly string[] = [];
  for (const blob of numbers.toReversed()) {
    const name = blobName(stream, blob);
    const sizeBytes = blob === newest ? state.sizeBytes : ((await streams.state(name))?.sizeBytes ?? 0);
    // The last lines, each time more of them, until all are read. The first may be cut off, and is then no record.
    for (let tailBytes = FIRST_TAIL_BYTES, fromByte = 1; fromByte > 0; tailBytes *= 8) {
      fromByte = Math.max(0, sizeBytes - tailBytes);
      const text = sizeBytes === 0 ? '' : ((await streams.read(name, fromByte, sizeBytes)) ?? '');
      const isOpen = text !== '' && !text.endsWith('\n');
      if (blob === newest) lineOpen = isOpen;
      const lines = [...text.split('\n').slice(0, isOpen ? undefined : -1), ...newer];
      const linked = lastLinked(lines, start);
      if (linked !== undefined) {
        const { last, ...head } = linked;
        return { end: { blob: newest, ...state, ...head, lineOpen }, last };
      }
      if (fromByte === 0) newer = lines;
    }
  }
  return { end: { ...empty, blob: newest, ...state, lineOpen, foreignLines: newer.length }, last: undefined };
}

/**
 * The last record that is linked to the one before it, or the first that is linked to `start`, and the number of lines after
 * it. The links count, because anybody who can append could write a valid record with the highest possible sequence.
 */
function lastLinked(lines: readonly string[], start: ChainHead): Linked | undefined {
  const followers = new Map<string, Linked>();
  for (const [foreignLines, line] of lines.toReversed().entries()) {
    const read = readLine(line);
    if (typeof read === 'string') continue;
    const { sequence, hash, previousHash } = read;
    const follower = followers.get(hash);
    if (follower?.head.sequence === sequence + 1) return follower;
    if (sequence <= MOST_RECORDS)
      followers.set(previousHash, { head: { sequence, hash }, last: read.record, foreignLines });
  }
  const first = followers.get(start.hash);
  return first?.head.sequence === start.sequence + 1 ? first : undefined;
}

type Linked = Pick<StreamEnd, 'head' | 'foreignLines'> & { readonly last: AuditRecord | undefined };
