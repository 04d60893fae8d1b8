import { hash as digest } from 'node:crypto';
import canonicalize from 'canonicalize';
import * as z from 'zod';
import { type AuditEntry, type AuditRecord, auditRecord } from '../domain/audit-record.ts';
import { recordable } from './recordable.ts';
import { wellFormed } from './well-formed.ts';

/** The record to which the next one is linked. */
export interface ChainHead {
  /** 0 before the first record. */
  readonly sequence: number;
  /** SHA-256, hex. */
  readonly hash: string;
}

/** An entry that is to be appended; `appendedAt` where it was spooled before. */
export type Pending = AuditEntry & Pick<AuditRecord, 'appendedAt'>;

/** A fault of a line. */
export type ChainFault =
  /** The line is not a JSON object, or is nested too deep to be read. */
  | 'not-json'
  /** It is a JSON object, but its place in the chain is missing or of another type. */
  | 'not-a-record'
  /** The record is right, but not written in the canonical form. */
  | 'not-canonical'
  /** The hash is not that of the record. */
  | 'edited'
  /** Records before this one are missing. */
  | 'gap'
  /** The record's sequence is too low for its place. */
  | 'out-of-order'
  /** The record's place is right, but its hash of the record before is wrong. */
  | 'not-linked';

/** Whether every line follows from the one before. */
export type ChainCheck =
  | { readonly kind: 'holds'; readonly records: readonly AuditRecord[]; readonly head: ChainHead }
  /** `atSequence` is the sequence that the first bad line should have had. */
  | { readonly kind: 'broken'; readonly atSequence: number; readonly because: ChainFault };

/** The head before the first record of a stream. Its hash is that of the stream's name, so that one stream cannot be passed off as another. */
export const chainStart = (stream: string): ChainHead => ({ sequence: 0, hash: sha256(stream) });

/**
 * The record that follows `previous`. Halves of surrogate pairs, which UTF-8 cannot carry, become U+FFFD.
 *
 * @throws EntryInvalid where the entry is not one (a date that is none, a number that is no number)
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function link(entry: Pending, previous: ChainHead): AuditRecord {
  const linked = { ...entry, sequence: previous.sequence + 1, previousHash: previous.hash };
  return recordable(entry.id, () => {
    const unsealed = unsealedRecord.parse(wellFormed(linked));
    return { ...unsealed, hash: sha256(canonical(unsealed)) };
  });
}

/** The record as a line of its stream, without the line's end. */
export const toLine = (record: AuditRecord): string => canonical(record);

/** A line of a chain. */
export interface ChainLine extends ChainHead {
  readonly previousHash: string;
  /** `undefined` where another version of the guardian wrote a record of a form that this one does not know: it links the chain all the same. */
  readonly record: AuditRecord | undefined;
}

/** What a line holds, or the fault of that line alone: whether it follows the line before it is not checked. */
export function readLine(line: string): ChainLine | ChainFault {
  const members = parse(line);
  if (members === undefined) return 'not-json';
  const linked = chainLine.safeParse(members);
  if (!linked.success) return 'not-a-record';
  const written = forms(members);
  if (written === undefined || members.hash !== sha256(written.hashed)) return 'edited';
  // What the canonical form hides (a member given twice, white space, an escape) would be an edit that no hash shows.
  return line === written.whole ? { ...linked.data, record: readRecord.safeParse(members).data } : 'not-canonical';
}

/** What is wrong with a line in a place of a stream, where each line was right by itself; `undefined` where it follows the head. */
export function misplaced({ sequence, previousHash }: ChainLine, head: ChainHead): ChainFault | undefined {
  if (sequence > head.sequence + 1) return 'gap';
  if (sequence <= head.sequence) return 'out-of-order';
  return previousHash === head.hash ? undefined : 'not-linked';
}

/**
 * Whether the lines continue the chain from `from`, each record unchanged and none missing between. The same id may come
 * twice: storage may append a record after the trail has spooled it. Lines cut off at the end leave a chain that holds:
 * only a head that was noted elsewhere shows that they are missing. Records of a form that this version does not know are
 * checked as all others, and are not among `records`.
 *
 * @param lines of one stream, over its blobs, without line ends
 */
export function checkChain(lines: readonly string[], from: ChainHead): ChainCheck {
  const records: AuditRecord[] = [];
  let head = from;
  for (const line of lines) {
    const atSequence = head.sequence + 1;
    const read = readLine(line);
    if (typeof read === 'string') return { kind: 'broken', atSequence, because: read };
    const because = misplaced(read, head);
    if (because !== undefined) return { kind: 'broken', atSequence, because };
    const { sequence, hash, record } = read;
    if (record !== undefined) records.push(record);
    head = { sequence, hash };
  }
  return { kind: 'holds', records, head };
}

// A record that a later version spooled keeps the members that this version does not know.
const unsealedRecord = auditRecord.omit({ hash: true }).loose();
const chainLine = auditRecord.pick({ sequence: true, previousHash: true, hash: true });
// What JSON gives is JSON: all that is left to check is that it has members.
const readRecord = auditRecord.extend({ detail: z.custom<AuditRecord['detail']>(isMembers) });

type Members = Readonly<Record<string, unknown>>;
function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(line: string): Members | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined; // not JSON: the caller says so
  }
}

/** The canonical JSON of a record, whole and as it is hashed; `undefined` where it has none, because of half of a surrogate pair. */
function forms(members: Members): { readonly whole: string; readonly hashed: string } | undefined {
  try {
    // Each member once: a whole record is written twice otherwise.
    const parts = Object.keys(members)
      .sort()
      .map((name) => ({ name, text: `${canonical(name)}:${canonical(members[name])}` }));
    const joined = (some: typeof parts): string => `{${some.map(({ text }) => text).join(',')}}`;
    return { whole: joined(parts), hashed: joined(parts.filter(({ name }) => name !== 'hash')) };
  } catch {
    return undefined; // the caller says so
  }
}

/** Canonical JSON. Throws where there is none. @see https://www.rfc-editor.org/rfc/rfc8785 */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('A record cannot be written as JSON.');
  return text;
}

/** SHA-256, hex, of a text in UTF-8. */
export const sha256 = (text: string): string => digest('sha256', text, 'hex');
