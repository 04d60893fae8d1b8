import { digest } from '../domain/digest.ts';
import { GUARDIAN } from '../domain/subject.ts';
import type { Streams } from '../storage.ts';
import { type ChainHead, link, type Pending, toLine } from './chain.ts';
import { findEnd, type StreamEnd } from './stream-end.ts';
import { blobName, type StreamName } from './stream-name.ts';

/** What appending to one stream needs. */
export interface BlockNeeds {
  readonly streams: Streams;
  readonly stream: StreamName;
  readonly now: () => Date;
  /** Blocks of one blob after which the stream continues in a new blob; the same for all writers. */
  readonly rollAfterBlocks: number;
}

/**
 * Appends one block to the end of the stream, also where another writer has moved that end. Returns the new end;
 * `undefined` where it has to be searched for again. Throws `StorageUnreachable`, and `EntryInvalid` where an entry cannot
 * be recorded.
 *
 * @param pending what is appended, given the head that it follows; asked again where another writer was faster
 * @param known the end after the last append; `undefined` where there was none
 * @param abandoned whether the callers were already answered that the append failed: then no further call is made
 */
export async function writeBlock(
  needs: BlockNeeds,
  pending: (head: ChainHead) => Promise<readonly Pending[]>,
  known: StreamEnd | undefined,
  abandoned: () => boolean,
): Promise<StreamEnd | undefined> {
  const { streams, stream, rollAfterBlocks } = needs;
  let end = known;
  // Abandoned entries are spooled, and replayed later: only a call that was already sent may still append them.
  while (!abandoned()) {
    if (end === undefined) {
      end = await findEnd(streams, stream);
    } else if (end.blob === -1 || end.blocks >= rollAfterBlocks) {
      end = await nextBlob(streams, stream, end);
    } else {
      const foreign = chained(end.head, foreignLinesFound(stream, end, needs.now));
      const own = chained(foreign.head, await pending(foreign.head));
      const text = `${end.lineOpen ? '\n' : ''}${foreign.text}${own.text}`;
      const blob = blobName(stream, end.blob);
      const answer = await streams.append(blob, text, end.sizeBytes);
      // The client repeats a call whose answer was lost: what was added may be this very block.
      const isOurs = answer === 'appended' || (await streams.read(blob, end.sizeBytes))?.startsWith(text) === true;
      if (isOurs) return after(end, text, own.head);
      const found = await findEnd(streams, stream);
      end = answer === 'full' && found.blob === end.blob ? { ...found, blocks: Number.POSITIVE_INFINITY } : found;
    }
  }
  return end;
}

async function nextBlob(streams: Streams, stream: StreamName, end: StreamEnd): Promise<StreamEnd | undefined> {
  const blob = end.blob + 1;
  const made = await streams.create(blobName(stream, blob));
  // A blob that another writer created may have records already: then the end has to be searched for again.
  return made ? { ...end, blob, sizeBytes: 0, blocks: 0, lineOpen: false } : undefined;
}

function chained(from: ChainHead, pending: readonly Pending[]): { readonly text: string; readonly head: ChainHead } {
  let head = from;
  let text = '';
  for (const entry of pending) {
    const record = link(entry, head);
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

/** The record that the stream holds lines which the guardian did not write. It has the same id whoever finds them. */
function foreignLinesFound(stream: StreamName, end: StreamEnd, now: () => Date): readonly Pending[] {
  if (end.foreignLines === 0) return [];
  const blob = blobName(stream, end.blob);
  const id = digest(`${blob}:${end.sizeBytes}:${end.foreignLines}`, 64);
  const detail = { error: 'TrailBroken', stream, blob, foreignLines: end.foreignLines };
  return [{ id, time: now(), what: 'failure', subject: GUARDIAN, detail }];
}
