import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-record.ts';
import { GUARDIAN } from '../domain/subject.ts';
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

/** A stream, where it lies, and when it goes on in a new blob. */
export interface BlockNeeds {
  readonly streams: Streams;
  readonly stream: StreamName;
  readonly now: () => Date;
  /** Blocks after which it does, the same for all writers. */
  readonly rollAfterBlocks: number;
}

/**
 * Appends one block at the end, wherever that has moved to, and says where it is then; `undefined` where that has to be
 * found anew. Throws `StorageUnreachable`, and `EntryInvalid` where an entry cannot be recorded.
 *
 * @param known the end as it was last; `undefined` where nobody knows
 * @param givenUp whether those who wait know that it failed: nothing more is begun then
 */
export async function writeBlock(
  needs: BlockNeeds,
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
  const detail = { error: 'TrailBroken', stream, blob, foreignLines: end.foreignLines };
  return [{ entry: { id, time: now(), what: 'failure', subject: GUARDIAN, detail } }];
}
