import type { Anchor, StreamHead } from '../domain/seal.ts';
import { HOUR_MS, later } from '../domain/time.ts';
import { type ChainFault, type ChainHead, type ChainLine, chainStart, misplaced, readLine } from './chain.ts';
import { type Compared, comparing, type HeldTrail } from './held.ts';
import { anchorOf, isSigned, readSeal } from './seal.ts';
import { linesOf, type TrailSource } from './source.ts';
import { SEALS, type StreamName, streamOfBlob } from './stream-name.ts';

/** What can be wrong with a trail, each with the words that people read. */
export const FAULTS = {
  'not-json': 'no JSON',
  'not-a-record': 'no record',
  'not-canonical': 'not in the canonical form',
  edited: 'edited, since its hash is another',
  gap: 'missing',
  'out-of-order': 'in the wrong place',
  'not-linked': 'does not follow from the record before it',
  replaced: 'replaced, since a seal names another',
  missing: 'missing, though a seal names them',
  unsealed: 'older than the newest seal, and no seal names it',
  'no-stream': 'in a blob that the guardian did not make',
  'not-a-seal': 'no seal',
  'not-signed': 'a seal that its key did not sign',
  'other-key': 'a seal by another key than before; give --key where it is the guardian’s',
  'names-fewer': 'a seal that names fewer records than a seal before it, or others',
  'anchor-unknown': 'the last seal, and no seal has the root of the anchor',
  'not-in-workspace': 'missing in the workspace',
  'other-in-workspace': 'another one in the workspace',
  'only-in-workspace': 'in the workspace, and not in the storage',
} as const;
export type Because = keyof typeof FAULTS;

/** One fault: from the first record of a stream to the last one that it may concern. */
export interface Fault {
  /** Name of the stream, or of a blob that belongs to none. */
  readonly stream: StreamName;
  readonly first: number;
  readonly last: number;
  readonly because: Because;
  /** Number of the seal that shows it; absent where the record itself does. */
  readonly seal?: number;
}

/** What verifying came to. */
export interface Verification {
  /** `anchored`: whole, and a root from outside, given or in the workspace, is that of a seal. `unanchored`: whole by itself, which whoever can sign could have made so. */
  readonly verdict: 'anchored' | 'unanchored' | 'broken';
  readonly streams: number;
  readonly records: number;
  /** Records that a seal names. */
  readonly sealed: number;
  /** Records that the seal of the anchor names, or one before it. */
  readonly anchored: number;
  readonly seals: number;
  /** What the newest seal would be anchored by; `undefined` where there is none. */
  readonly newest: Anchor | undefined;
  /** The newest seal whose root is outside. */
  readonly anchor: Anchor | undefined;
  /** How it compares with the workspace; `undefined` where none was asked. */
  readonly workspace: Compared | undefined;
  /** Thumbprints of the keys that signed, the first first. */
  readonly keys: readonly string[];
  /** At most 100. */
  readonly faults: readonly Fault[];
}

/** How a trail is verified. */
export interface VerifyOptions {
  /** The root of an anchor from outside. */
  readonly root?: string | undefined;
  /** Thumbprints of the guardian's keys, where they are known. */
  readonly keys?: readonly string[];
  /** What a workspace holds of the trail, asked before the trail is read. */
  readonly held?: HeldTrail | undefined;
  /** Told now and then how many records were read. */
  readonly onProgress?: (records: number) => void;
}

const MOST_FAULTS = 100;
const PROGRESS_EVERY = 50_000;
/** A record older than this before the newest seal must be named by one. */
const SEALED_WITHIN_MS = HOUR_MS;

/** A head of a stream, with the number of the seal that names it. */
interface Checkpoint extends Pick<StreamHead, 'records' | 'hash'> {
  readonly seal: number;
}

/**
 * Recomputes the whole trail: every record, every seal and every signature, and whether each record is where the seals say.
 * It needs nothing but the trail. Memory grows with the streams and seals, not with the records. Where a workspace was asked,
 * every record is compared with it. Throws what the source throws.
 */
export async function verifyTrail(source: TrailSource, options: VerifyOptions = {}): Promise<Verification> {
  const faults: Fault[] = [];
  const addFault = (fault: Fault): void => void (faults.length < MOST_FAULTS && faults.push(fault));
  const comparison = options.held && comparing(options.held);
  // Seals first: a live trail has at least the records that they name.
  const seals = await readSeals(source, options, comparison, addFault);
  const names = await source.list('');
  const blobsOf = Map.groupBy(names, (name) => streamOfBlob(name) ?? '');
  for (const name of blobsOf.get('') ?? [])
    if (name.endsWith('.jsonl')) addFault({ stream: name, first: 1, last: 1, because: 'no-stream' });
  const streams = new Set([...blobsOf.keys(), ...seals.checkpoints.keys(), ...(options.held?.streams ?? [])]);
  for (const none of ['', SEALS]) streams.delete(none);
  let records = 0;
  let sealed = 0;
  let anchored = 0;
  for (const stream of [...streams].toSorted()) {
    const points = seals.checkpoints.get(stream) ?? [];
    seals.checkpoints.delete(stream);
    const compared = comparison?.stream(stream);
    const walked = await walk(source, stream, blobsOf.get(stream) ?? [], {
      ...checker(points, seals),
      onRecord: compared?.note,
      onLines: (more) => {
        if (Math.floor(records / PROGRESS_EVERY) !== Math.floor((records + more) / PROGRESS_EVERY))
          options.onProgress?.(records + more);
        records += more;
      },
    });
    if (walked.fault !== undefined) addFault(walked.fault);
    for (const one of compared?.differences(walked.fault === undefined) ?? []) addFault({ stream, ...one });
    const within = (point: Checkpoint | undefined): number => Math.min(point?.records ?? 0, walked.head.sequence);
    sealed += within(points.at(-1));
    anchored += within(points.findLast(({ seal }) => seal <= (seals.anchor?.seal ?? 0)));
  }
  const { anchor, newest, keys, count } = seals;
  const verdict = faults.length > 0 ? 'broken' : anchor === undefined ? 'unanchored' : 'anchored';
  return {
    ...{ verdict, streams: streams.size, records, sealed, anchored, seals: count, newest, anchor },
    ...{ workspace: comparison?.counted(), keys, faults },
  };
}

/** What the seals say of the streams. */
interface Seals {
  readonly count: number;
  readonly checkpoints: Map<StreamName, Checkpoint[]>;
  readonly oldest: Anchor | undefined;
  readonly newest: Anchor | undefined;
  readonly anchor: Anchor | undefined;
  readonly keys: readonly string[];
}

async function readSeals(
  source: TrailSource,
  { root, keys: trusted = [], held }: VerifyOptions,
  comparison: ReturnType<typeof comparing> | undefined,
  addFault: (fault: Fault) => void,
): Promise<Seals> {
  const checkpoints = new Map<StreamName, Checkpoint[]>();
  const keys = new Map<string, number>();
  let oldest: Anchor | undefined;
  let newest: Anchor | undefined;
  let anchor: Anchor | undefined;
  const unknown = new Map(held?.roots);
  if (root !== undefined) unknown.set(root, Number.POSITIVE_INFINITY);

  function takeSeal({ record }: ChainLine, line: string): Because | undefined {
    // Nobody can tell who signed a seal of an unknown form.
    const seal = record && readSeal(record, line);
    if (record === undefined || seal === undefined) return 'not-a-seal';
    if (!isSigned(seal)) return 'not-signed';
    const number = record.sequence;
    newest = anchorOf({ root: seal.root, number, sealedAt: record.time }, seal);
    oldest ??= newest;
    if (unknown.delete(seal.root)) anchor = newest;
    if (!keys.has(newest.key)) keys.set(newest.key, number);
    for (const head of seal.heads) if (!addCheckpoint(head, number)) return 'names-fewer';
    return undefined;
  }
  /** False where an earlier seal names more records of the stream, or as many and others. */
  function addCheckpoint({ stream, records, hash }: StreamHead, seal: number): boolean {
    const known = checkpoints.get(stream) ?? [];
    const before = known.at(-1);
    if (before !== undefined && (before.records > records || (before.records === records && before.hash !== hash)))
      return false;
    if (before?.records !== records) known.push({ records, hash, seal });
    checkpoints.set(stream, known);
    return true;
  }

  const compared = comparison?.stream(SEALS);
  const names = await source.list(`${SEALS}.`);
  const walked = await walk(source, SEALS, names, { check: takeSeal, onRecord: compared?.note });
  if (walked.fault !== undefined) addFault(walked.fault);
  const count = walked.head.sequence;
  const atSeal = (number: number) => ({ stream: SEALS, first: number, last: number });
  for (const one of compared?.differences(walked.fault === undefined) ?? []) addFault({ stream: SEALS, ...one });
  // A root of the workspace whose seal is missing here is found as that.
  for (const number of unknown.values())
    if (number <= count || number === Number.POSITIVE_INFINITY)
      addFault({ ...atSeal(Math.min(number, count)), because: 'anchor-unknown' });
  for (const [key, number] of keys) {
    const isFirst = trusted.length === 0 && number === 1;
    if (!isFirst && number > (anchor?.seal ?? 0) && !trusted.includes(key))
      addFault({ ...atSeal(number), because: 'other-key' });
  }
  return { count, checkpoints, oldest, newest, anchor, keys: [...keys.keys()] };
}

/** What is asked of each record of a stream, and at its end. */
interface Checks {
  /** What is wrong with a record that follows the one before it. */
  readonly check: (read: ChainLine, line: string) => Because | Omit<Fault, 'stream'> | undefined;
  readonly atEnd?: (head: ChainHead) => Omit<Fault, 'stream'> | undefined;
  /** Called with each record that nothing is wrong with. */
  readonly onRecord?: ((read: ChainLine) => void) | undefined;
  readonly onLines?: (count: number) => void;
}

/** Reads a stream to its end or its first fault. The head is that of the last record before it. */
async function walk(
  source: TrailSource,
  stream: StreamName,
  names: readonly string[],
  { check, atEnd, onRecord, onLines }: Checks,
): Promise<{ readonly head: ChainHead; readonly fault: Fault | undefined }> {
  let head = chainStart(stream);
  const faulty = (because: ChainFault | Because | Omit<Fault, 'stream'>): { head: ChainHead; fault: Fault } => {
    const number = head.sequence + 1;
    const fault = typeof because === 'string' ? { first: number, last: number, because } : because;
    return { head, fault: { stream, ...fault } };
  };
  for await (const lines of linesOf(source, stream, names)) {
    onLines?.(lines.length);
    for (const line of lines) {
      const read = readLine(line);
      if (typeof read === 'string') return faulty(read);
      const because = misplaced(read, head) ?? check(read, line);
      if (because !== undefined) return faulty(because);
      onRecord?.(read);
      head = { sequence: read.sequence, hash: read.hash };
    }
  }
  const fault = atEnd?.(head);
  return fault === undefined ? { head, fault } : faulty(fault);
}

/** Holds a stream to the seals that name it. */
function checker(points: readonly Checkpoint[], { oldest, newest }: Seals): Checks {
  let next = 0;
  const isLate = ({ appendedAt }: ChainLine): boolean =>
    appendedAt !== undefined &&
    oldest !== undefined &&
    newest !== undefined &&
    appendedAt >= oldest.sealedAt &&
    appendedAt < later(newest.sealedAt, -SEALED_WITHIN_MS);
  return {
    check(record) {
      const point = points[next];
      if (point === undefined) return isLate(record) ? 'unsealed' : undefined;
      if (record.sequence !== point.records) return undefined;
      if (record.hash !== point.hash) {
        const first = (points[next - 1]?.records ?? 0) + 1;
        return { first, last: point.records, because: 'replaced', seal: point.seal };
      }
      next += 1;
      return undefined;
    },
    atEnd({ sequence }) {
      const point = points[next];
      if (point === undefined) return undefined;
      return { first: sequence + 1, last: points.at(-1)?.records ?? sequence, because: 'missing', seal: point.seal };
    },
  };
}
