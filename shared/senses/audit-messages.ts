import { isUtf8 } from 'node:buffer';
import { type Unparsed, wholeText } from '../incidents/quarantine.ts';
import { piecesOf } from './audit-pieces.ts';

/** The content of an Event Hub message. */
export interface Records {
  readonly records: readonly unknown[];
  /** What of the message is no record. */
  readonly unreadable: readonly Unparsed[];
  /** The message as text; `undefined` where the host has parsed it. */
  readonly raw: string | undefined;
}

/** Whether it has members, of which nothing is known yet. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The records of a message: `{records: […]}`, an array, a single record, or one object a line; as bytes, as text, or parsed by
 * the host. Where a part of it is no JSON, the other records are read all the same.
 */
export function recordsOf(message: unknown): Records {
  if (!(message instanceof Uint8Array)) return typeof message === 'string' ? fromText(message) : unwrapped(message);
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const read = fromText(bytes.toString('utf8'));
  if (read.unreadable.length === 0 || isUtf8(bytes)) return read;
  const because = 'not UTF-8: its bytes are kept in base64';
  return { ...read, unreadable: [{ content: bytes.toString('base64'), because }] };
}

const BYTE_ORDER_MARK = /^\ufeff/;

function fromText(raw: string): Records {
  const text = raw.replace(BYTE_ORDER_MARK, '');
  try {
    return unwrapped(JSON.parse(text), raw);
  } catch {
    return fromPieces(text, raw);
  }
}

function fromPieces(text: string, raw: string): Records {
  const because = 'not JSON'; // what the parser says repeats some of it
  const { parsed, rest } = piecesOf(text);
  if (parsed.length === 0) return { records: [], unreadable: [{ content: raw, because }], raw };
  return { records: parsed, unreadable: rest.map((content) => ({ content, because })), raw };
}

function unwrapped(parsed: unknown, raw?: string): Records {
  // The original text where it is known: of a member given twice, the parsed value has only the last.
  const unreadable = (because: string): Records => ({
    records: [],
    unreadable: [{ content: raw ?? wholeText(parsed), because }],
    raw,
  });
  if (Array.isArray(parsed)) return { records: parsed, unreadable: [], raw };
  if (!isObject(parsed)) return unreadable('neither records nor a record');
  if (!('records' in parsed)) return { records: [parsed], unreadable: [], raw };
  if (!Array.isArray(parsed.records)) return unreadable('`records` is not an array');
  return { records: parsed.records, unreadable: [], raw };
}
