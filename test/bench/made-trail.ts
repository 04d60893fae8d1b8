/** A trail as a guardian would leave it, made as it is read: none of it is kept in memory. */
import type { AuditEntry } from '../../shared/domain/audit-record.ts';
import type { StreamHead } from '../../shared/domain/seal.ts';
import type { SigningKey } from '../../shared/domain/signer.ts';
import { GUARDIAN } from '../../shared/domain/subject.ts';
import { DAY_MS, HOUR_MS, later } from '../../shared/domain/time.ts';
import { type ChainHead, canonical, chainStart, link, sha256, toLine } from '../../shared/trail/chain.ts';
import type { TrailSource } from '../../shared/trail/source.ts';
import { auditStream, blobName, SEALS } from '../../shared/trail/stream-name.ts';

/** How large a trail is. */
export interface TrailSize {
  readonly vaults: number;
  readonly days: number;
  readonly recordsInEach: number;
}

const BEGAN = new Date('2031-03-01T00:00:00.000Z');
const LINES_IN_A_PART = 1_000;

/** The trail, sealed each hour, and the root of its last seal. */
export async function madeTrail(
  size: TrailSize,
  key: SigningKey,
): Promise<{ readonly source: TrailSource; readonly root: string }> {
  const streams = new Map<string, { readonly vault: string; readonly day: Date }>();
  for (let day = 0; day < size.days; day += 1)
    for (let vault = 0; vault < size.vaults; vault += 1) {
      const at = later(BEGAN, day * DAY_MS);
      const name = `bench-${String(vault).padStart(3, '0')}`;
      streams.set(auditStream(name, at), { vault: name, day: at });
    }
  const { lines, root } = await sealLines(streams, size, key);
  return {
    root,
    source: {
      list: async (prefix) =>
        [...streams.keys(), SEALS].map((stream) => blobName(stream, 0)).filter((name) => name.startsWith(prefix)),
      async *read(name) {
        const stream = name.slice(0, -'.0.jsonl'.length);
        const of = streams.get(stream);
        let part = '';
        for (const line of of === undefined ? lines : linesOf(recordsOf(stream, of, size))) {
          part += `${line}\n`;
          if (part.length < LINES_IN_A_PART * 500) continue;
          yield Buffer.from(part);
          part = '';
        }
        yield Buffer.from(part);
      },
    },
  };
}

interface MadeRecord extends ChainHead {
  readonly time: Date;
  readonly line: string;
}

function* linesOf(records: Iterable<MadeRecord>): Generator<string> {
  for (const { line } of records) yield line;
}

/** The records of a stream, as the guardian writes decisions. Their canonical form is written by hand: there are many. */
function* recordsOf(
  stream: string,
  { vault, day }: { readonly vault: string; readonly day: Date },
  { recordsInEach }: TrailSize,
): Generator<MadeRecord> {
  let { hash: previous } = chainStart(stream);
  for (let sequence = 1; sequence <= recordsInEach; sequence += 1) {
    const time = later(day, Math.floor(((sequence - 1) * DAY_MS) / recordsInEach));
    const version = sequence.toString(16).padStart(32, '0');
    const key = `disk-${sequence % 20}`;
    const at = time.toISOString();
    const summary = `Version ${vault}/${key}/${version} is disabled and was approved as enabled.`;
    const before = `{"detail":{"findings":[{"rule":"version-disabled","since":"${at}","summary":"${summary}","verdict":"undo","version":"${version}"}],"repeatsOfTheLast":0},`;
    const after =
      `"hints":{"count":1,"ids":["${version}"],"senses":["sweep"]},"id":"00000000-0000-4000-8000-${version.slice(-12)}",` +
      `"policy":"0123456789ab","previousHash":"${previous}","sequence":${sequence},` +
      `"subject":{"key":"${key}","kind":"key","vault":"${vault}"},"time":"${at}","v":1,"what":"decision"}`;
    const hash = sha256(`${before}${after}`);
    yield { sequence, hash, time, line: `${before}"hash":"${hash}",${after}` };
    previous = hash;
  }
}

/** A seal for each hour of each day, with the heads of that day's streams as they then were. */
async function sealLines(
  streams: ReadonlyMap<string, { readonly vault: string; readonly day: Date }>,
  size: TrailSize,
  key: SigningKey,
): Promise<{ readonly lines: readonly string[]; readonly root: string }> {
  const heads = new Map<number, StreamHead[]>();
  for (const [stream, of] of streams)
    for (const { sequence, hash, time } of recordsOf(stream, of, size)) {
      const hour = Math.floor(time.getTime() / HOUR_MS) + 1;
      const named = heads.get(hour) ?? [];
      heads.set(hour, named);
      if (named.at(-1)?.stream === stream) named.pop();
      named.push({ stream, records: sequence, hash });
    }
  const lines: string[] = [];
  let head: ChainHead = chainStart(SEALS);
  let root = '';
  for (const [hour, named] of [...heads].toSorted(([one], [other]) => one - other)) {
    const time = new Date(hour * HOUR_MS);
    const detail = { heads: named, changedAt: time.toISOString(), key: key.publicJwk };
    const entry: AuditEntry = { id: String(hour), time, what: 'seal', subject: GUARDIAN, detail };
    const { hash, ...unsigned } = link(entry, head);
    const signature = await key.sign(canonical(JSON.parse(JSON.stringify(unsigned))));
    const record = link({ ...entry, detail: { ...detail, signature } }, head);
    lines.push(toLine(record));
    root = hash;
    head = record;
  }
  return { lines, root };
}
