/**
 * How JSON lies in a table's row: in the column `json`, or, where it is longer than 30,000 characters, in parts in
 * `json1`, `json2` and so on. A string column takes 64 KiB of UTF-16.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model#property-types
 */
const CHARACTERS_IN_ONE_COLUMN = 30_000;

/** The columns that hold the data. `undefined` is kept as null, as JSON does in a list. */
export function columnsOf(data: unknown): Readonly<Record<string, string>> {
  const text = JSON.stringify(data) ?? 'null';
  if (text.length <= CHARACTERS_IN_ONE_COLUMN) return { json: text };
  const columns: Record<string, string> = {};
  let start = 0;
  for (let part = 1; start < text.length; part += 1) {
    const end = start + CHARACTERS_IN_ONE_COLUMN;
    // A column is text of its own: half of a surrogate pair is none, and what a service makes of it is not said.
    const whole = isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
    columns[`json${part}`] = text.slice(start, whole);
    start = whole;
  }
  return columns;
}

/**
 * The data that the columns hold. Where somebody's hand left no JSON there, the text itself is given, so that the
 * reader's parser refuses that row by its key and the others are read.
 */
export function dataOf(columns: Readonly<Record<string, unknown>>): unknown {
  const text = typeof columns.json === 'string' ? columns.json : joined(columns);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function joined(columns: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  for (let part = 1; ; part += 1) {
    const text = columns[`json${part}`];
    if (typeof text !== 'string') return parts.join('');
    parts.push(text);
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
