import { DAY_MS, later } from '../domain/time.ts';
import type { LogRow, ShipCursor, TrailTable } from '../domain/workspace.ts';
import { inTurns } from '../in-turns.ts';
import type { Rows } from '../register/rows.ts';
import type { Streams } from '../storage.ts';
import { readLine } from './chain.ts';
import { type Changed, recentChanges, shownUntil } from './changes.ts';
import { COLUMNS, SEAL_COLUMNS, STREAM_COLUMN, TIME_COLUMN } from './columns.ts';
import { fitting } from './entries.ts';
import { anchorOf, readSeal } from './seal.ts';
import { auditStream, blobName, SEALS, type StreamName } from './stream-name.ts';

/** What shipping needs. */
export interface ShipNeeds {
  readonly streams: Pick<Streams, 'changes' | 'bytes'>;
  readonly table: TrailTable;
  /** Partition: `cursor`, row: the stream. */
  readonly cursors: Rows<ShipCursor>;
  readonly now: () => Date;
  /** Takes a record that the service does not take, though it takes others. */
  readonly refused: (line: string) => Promise<void>;
}

/** How far shipping came. */
export interface Shipped {
  /** Everything that was appended before this moment, by the clock of storage, has been sent. */
  readonly until: Date;
  /** False where there was more than one turn sends: the next one goes on. */
  readonly isAll: boolean;
}

/** The partition of the cursors. */
export const CURSOR = 'cursor';
/** Bytes of JSON in one call at most: the service takes 1 MB, and the client would split more. */
const CALL_BYTES = 900_000;
/** By how much a row is longer than its line, at most: names of columns, the stream, and the time twice. */
export const ROW_MORE_BYTES = 300;
/** Calls in one turn at most: whoever comes next goes on. */
const MOST_CALLS = 20;
/** Streams of a day longer ago are of neither this month nor the last one, in ms. */
const LOOKED_AT_MS = 62 * DAY_MS;
/** Cursors that are removed at the same time. */
const AT_ONCE = 16;
/** Bytes of a blob that are read at once. */
const PIECE_BYTES = 1_048_576;
const LINE_END = 0x0a;

/** Rows that wait for a call, with how far their streams are sent by it. */
interface Batch {
  readonly lines: { readonly line: string; readonly row: LogRow; readonly bytes: number }[];
  readonly cursors: Map<StreamName, ShipCursor>;
  bytes: number;
}

/**
 * Sends the records of the trail that were appended since a moment: those of a stream in their order, from its cursor on. At
 * least once: after a lost answer or a crash some are sent again, with the same id. Throws `WorkspaceUnreachable` and
 * `StorageUnreachable`: what was sent until then is noted.
 *
 * @param since `until` of the last turn; before the first one 1970: streams of this month and the last are sent whole
 */
export async function ship(since: Date, needs: ShipNeeds): Promise<Shipped> {
  // The trail's seals go too: whoever compares a copy needs them.
  const begun = needs.now();
  const after = since.getTime() === 0 ? begun : since;
  const listed = await recentChanges(needs.streams, begun, ['seals/'], after);
  const changed = listed
    .filter(({ changedAt }) => changedAt >= since)
    .toSorted((one, other) => one.changedAt.getTime() - other.changedAt.getTime());
  let batch = emptyBatch();
  let calls = 0;
  for (const one of changed) {
    const stored = await needs.cursors.get(CURSOR, rowOf(one.stream));
    const from = stored?.value ?? { blob: 0, byte: 0 };
    for await (const { lines, next } of unsent(one, from, needs.streams)) {
      for (const line of lines) {
        const row = rowFor(one.stream, line);
        if (row === undefined) continue; // no record: verifying the trail finds it
        const bytes = Buffer.byteLength(line) + ROW_MORE_BYTES;
        batch.lines.push({ line, row, bytes });
        batch.bytes += bytes;
      }
      batch.cursors.set(one.stream, next);
      if (batch.bytes < CALL_BYTES) continue;
      calls += await sendAll(batch, needs);
      batch = emptyBatch();
      if (calls >= MOST_CALLS) return { until: shownUntil(one.changedAt, begun), isAll: false };
    }
  }
  await sendAll(batch, needs);
  const until = shownUntil(changed.at(-1)?.changedAt ?? since, begun);
  if (dayOf(until) !== dayOf(since)) await removeOldCursors(needs);
  return { until, isAll: true };
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 'yyyy-mm-dd'.length);

/** Removes the cursors of streams that are not looked at again. */
async function removeOldCursors({ cursors, now }: ShipNeeds): Promise<void> {
  const oldest = rowOf(auditStream('', later(now(), -LOOKED_AT_MS)));
  const { stored } = await cursors.list(CURSOR);
  const old = stored.filter(({ row: { row } }) => row.startsWith('audit:') && row < oldest);
  await inTurns(AT_ONCE, old, async (one) => void (await cursors.remove(one)));
}

const emptyBatch = (): Batch => ({ lines: [], cursors: new Map(), bytes: 0 });

/** Sends a batch, notes the cursors, and returns the number of calls. */
async function sendAll({ lines, cursors }: Batch, needs: ShipNeeds): Promise<number> {
  const sent: Sent = { calls: 0, isAnyTaken: false, refused: [] };
  for (const part of parts(lines)) await sendPart(part, sent, needs.table);
  const [first, ...others] = sent.refused;
  if (first !== undefined && others.length > 0 && !sent.isAnyTaken) throw first.because;
  for (const { line } of sent.refused) await needs.refused(line);
  // Another instance may have sent the same meanwhile: where its cursor is ahead, ours is not noted.
  for (const [stream, to] of cursors)
    await needs.cursors.change(CURSOR, rowOf(stream), (standing) =>
      standing !== undefined && isAhead(standing, to) ? standing : to,
    );
  return sent.calls;
}

const isAhead = (one: ShipCursor, other: ShipCursor): boolean =>
  one.blob > other.blob || (one.blob === other.blob && one.byte > other.byte);

/** Lines in their order, in parts that each fit into a call. */
function parts(lines: Batch['lines']): readonly Batch['lines'][] {
  const all: Batch['lines'][] = [];
  let bytes = CALL_BYTES;
  for (const one of lines) {
    if (bytes + one.bytes > CALL_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(one);
    bytes += one.bytes;
  }
  return all;
}

/** What came of sending a batch. */
interface Sent {
  calls: number;
  isAnyTaken: boolean;
  /** The records that were refused by themselves. */
  readonly refused: { readonly line: string; readonly because: Error }[];
}

/**
 * Sends lines. Where the service refuses them, halves are sent by themselves, until only those are left that it refuses.
 * Throws what it says where it takes none of many: then it is not the records that are at fault.
 */
async function sendPart(lines: Batch['lines'], sent: Sent, table: TrailTable): Promise<void> {
  const [first] = lines;
  if (first === undefined) return;
  sent.calls += 1;
  const answer = await table.send(lines.map(({ row }) => row));
  if (answer === 'taken') {
    sent.isAnyTaken = true;
    return;
  }
  if (lines.length === 1) sent.refused.push({ line: first.line, because: answer.refused });
  else if (!sent.isAnyTaken && sent.calls >= MOST_CALLS) throw answer.refused;
  else {
    const middle = Math.ceil(lines.length / 2);
    for (const half of [lines.slice(0, middle), lines.slice(middle)]) await sendPart(half, sent, table);
  }
}

/** The whole lines of a stream from a cursor on, a piece at a time, each with the cursor after it. */
async function* unsent(
  { stream, blob: newest }: Changed,
  from: ShipCursor,
  streams: ShipNeeds['streams'],
): AsyncGenerator<{ readonly lines: readonly string[]; readonly next: ShipCursor }> {
  let { blob, byte } = from;
  let pieceBytes = PIECE_BYTES;
  while (blob <= newest) {
    const bytes = Buffer.from((await streams.bytes(blobName(stream, blob), byte, byte + pieceBytes)) ?? []);
    const end = bytes.lastIndexOf(LINE_END);
    if (end === -1) {
      if (bytes.length >= pieceBytes) {
        pieceBytes *= 2;
        continue;
      }
      // The end of this blob. An open line there is still being appended, or was never ended: it has no record then.
      if (blob === newest) return;
      blob += 1;
      byte = 0;
      continue;
    }
    byte += end + 1;
    pieceBytes = PIECE_BYTES;
    yield { lines: bytes.toString('utf8', 0, end).split('\n'), next: { blob, byte } };
  }
}

/**
 * A line of a stream as a row of the table; `undefined` where it is no record. Whether a record is right is for `verify` to
 * say, which reads the line itself. Records of a later form come with the members that this version knows. A
 * seal comes with its root and with how many records it names.
 */
export function rowFor(stream: StreamName, line: string): LogRow | undefined {
  const said = membersOf(line);
  if (typeof said?.id !== 'string') return undefined;
  const row: Record<string, unknown> = { [TIME_COLUMN]: said.time, [STREAM_COLUMN]: stream };
  for (const [member, name] of NAMES) if (said[member] !== undefined) row[name] = said[member];
  return stream === SEALS ? { ...row, ...sealColumns(line) } : row;
}

function sealColumns(line: string): LogRow {
  const read = readLine(line);
  if (typeof read === 'string' || read.record === undefined) return {};
  const { record, sequence: number } = read;
  const seal = readSeal(record, line);
  if (seal === undefined) return {};
  const { root, records } = anchorOf({ root: seal.root, number, sealedAt: record.time }, seal);
  // The heads of thousands of streams do not fit into a field.
  const detail = fitting(record.detail);
  return { [COLUMNS.detail.name]: detail, [SEAL_COLUMNS.root.name]: root, [SEAL_COLUMNS.records.name]: records };
}

const NAMES = Object.entries(COLUMNS).map(([member, { name }]) => [member, name] as const);

function membersOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined; // no JSON, so no record
  }
}

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** A stream in the key of a row, which cannot have a slash. */
const rowOf = (stream: StreamName): string => stream.replaceAll('/', ':');
