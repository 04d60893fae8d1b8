import { gunzipSync, gzipSync } from 'node:zlib';

/** JSON with more characters is packed: a row may have 1 MiB in all, and a key may have thousands of versions. */
const CHARACTERS_PLAIN = 30_000;
/** Bytes of packed JSON in one column, which may have 64 KiB. @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model#property-types */
const BYTES_IN_ONE_COLUMN = 60_000;

/**
 * The columns that hold JSON in a table's row: text in the column `json`, or, above 30,000 characters, packed by gzip in
 * the binary columns `gzip1`, `gzip2` and so on. `undefined` is stored as null, as JSON does in a list.
 */
export function columnsOf(data: unknown): Readonly<Record<string, string | Uint8Array>> {
  const text = JSON.stringify(data) ?? 'null';
  if (text.length <= CHARACTERS_PLAIN) return { json: text };
  const packed = gzipSync(text);
  const columns: Record<string, Uint8Array> = {};
  for (let start = 0; start < packed.length; start += BYTES_IN_ONE_COLUMN)
    columns[`gzip${start / BYTES_IN_ONE_COLUMN + 1}`] = packed.subarray(start, start + BYTES_IN_ONE_COLUMN);
  return columns;
}

/**
 * The data that the columns hold. Where somebody edited the row so that it holds no JSON, the text itself is returned
 * (empty where it cannot be unpacked): then the reader's parser refuses this row, and the other rows are read.
 */
export function dataOf(columns: Readonly<Record<string, unknown>>): unknown {
  const text = typeof columns.json === 'string' ? columns.json : unpacked(columns);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unpacked(columns: Readonly<Record<string, unknown>>): string {
  const parts: Uint8Array[] = [];
  for (let part = 1; ; part += 1) {
    const bytes = columns[`gzip${part}`];
    if (!(bytes instanceof Uint8Array)) break;
    parts.push(bytes);
  }
  try {
    return gunzipSync(Buffer.concat(parts)).toString('utf8');
  } catch {
    return '';
  }
}
