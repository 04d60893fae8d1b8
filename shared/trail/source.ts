import { isUtf8 } from 'node:buffer';
import { blobName, blobNumbers, blobPrefix, type StreamName } from './stream-name.ts';

/** Where a trail is read from: the guardian's storage, or a copy of it. Both calls throw where it cannot be read. */
export interface TrailSource {
  /** Names of the blobs that begin with the prefix. */
  list(prefix: string): Promise<readonly string[]>;
  /** The bytes of a blob, a part at a time. */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** What stands for a line that is no UTF-8: it is no JSON either. */
const NO_TEXT = '\u0000';
const LINE_END = 0x0a;

/**
 * The lines of a stream over its blobs, without line ends, some at a time: a stream need not fit in memory.
 *
 * @param names of the stream's blobs, in any order
 */
export async function* linesOf(
  source: TrailSource,
  stream: StreamName,
  names: readonly string[],
): AsyncGenerator<readonly string[]> {
  const blobs = blobNumbers(
    stream,
    names.filter((name) => name.startsWith(blobPrefix(stream))),
  );
  for (const number of blobs) {
    let open: readonly Uint8Array[] = [];
    for await (const part of source.read(blobName(stream, number))) {
      const end = part.lastIndexOf(LINE_END);
      if (end === -1) open = [...open, part];
      else {
        yield split(Buffer.concat([...open, part.subarray(0, end)]));
        open = [part.subarray(end + 1)];
      }
    }
    const rest = Buffer.concat(open);
    if (rest.length > 0) yield split(rest);
  }
}

function split(bytes: Buffer): readonly string[] {
  if (isUtf8(bytes)) return bytes.toString('utf8').split('\n');
  const lines: string[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(LINE_END, from);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(from, end);
    lines.push(isUtf8(line) ? line.toString('utf8') : NO_TEXT);
    from = end + 1;
  }
  return lines;
}
