import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive. */
export interface ZippedFile {
  /** Its path, with `/`. */
  readonly name: string;
  readonly content: Buffer;
}

const VERSION = 20;
const UTF8_NAMES = 1 << 11;
const DEFLATED = 8;
/** 1 January 1980, 00:00, the first moment that an archive can hold: the same files make the same bytes. */
const FIRST_DATE = (1 << 5) | 1;

/**
 * An archive of the files, in the order given. The same files always make the same bytes, so that a package can be recognised by
 * its hash.
 *
 * @see https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
export function zip(files: readonly ZippedFile[]): Buffer {
  const entries: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const nameBytes = Buffer.from(name);
    const deflated = deflateRawSync(content, { level: 9 });
    const common = numbers(
      ...([VERSION, UTF8_NAMES, DEFLATED, 0, FIRST_DATE] as const).map((value) => [2, value] as const),
      ...[crc32(content), deflated.length, content.length].map((value) => [4, value] as const),
      ...[nameBytes.length, 0].map((value) => [2, value] as const),
    );
    const entry = Buffer.concat([numbers([4, 0x04034b50]), common, nameBytes, deflated]);
    const place = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    directory.push(numbers([4, 0x02014b50], [2, VERSION]), common, place, nameBytes);
    entries.push(entry);
    offset += entry.length;
  }
  const listed = Buffer.concat(directory);
  const end = numbers(
    [4, 0x06054b50],
    ...[0, 0, files.length, files.length].map((value) => [2, value] as const),
    [4, listed.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...entries, listed, end]);
}

/** Numbers without sign, least significant byte first. */
const numbers = (...parts: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer =>
  Buffer.concat(
    parts.map(([bytes, value]) => {
      const part = Buffer.alloc(bytes);
      part.writeUIntLE(value, 0, bytes);
      return part;
    }),
  );
