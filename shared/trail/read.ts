import type { AuditRecord } from '../domain/audit-record.ts';
import { TrailBroken } from '../errors.ts';
import type { Streams } from '../storage.ts';
import { chainStart, checkChain } from './chain.ts';
import { blobName, blobNumbers, blobPrefix, type StreamName } from './stream-name.ts';

/** All lines of a stream, over its blobs, without line ends; none where there is no such stream. Throws `StorageUnreachable`. */
export async function readLines(streams: Streams, stream: StreamName): Promise<readonly string[]> {
  const numbers = blobNumbers(stream, await streams.list(blobPrefix(stream)));
  const texts = await Promise.all(numbers.map((number) => streams.read(blobName(stream, number))));
  return texts.flatMap((text) => linesOf(text ?? '')); // a blob removed since the listing is a gap in the chain
}

/** All records of a stream in the order of the stream. Throws `StorageUnreachable`, and `TrailBroken` where the chain is broken. */
export async function readRecords(streams: Streams, stream: StreamName): Promise<readonly AuditRecord[]> {
  const check = checkChain(await readLines(streams, stream), chainStart(stream));
  if (check.kind === 'broken') throw new TrailBroken(stream, check.atSequence, check.because);
  return check.records;
}

/**
 * The records in the order in which things happened. Records of one id are given once; records that were spooled are sorted
 * in by their time. All others keep their order, since the clocks of two instances may differ.
 */
export function asItHappened(records: readonly AuditRecord[]): readonly AuditRecord[] {
  const ids = new Set<string>();
  const inOrder: AuditRecord[] = [];
  for (const record of records) {
    if (ids.has(record.id)) continue;
    ids.add(record.id);
    const place = record.appendedAt === undefined ? -1 : inOrder.findIndex((other) => other.time > record.time);
    inOrder.splice(place === -1 ? inOrder.length : place, 0, record);
  }
  return inOrder;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
