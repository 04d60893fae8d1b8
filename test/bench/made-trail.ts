/** A trail as a guardian would leave it, made as it is read: none of it is kept in memory. */
import type { AuditEntry, AuditRecord } from '../../shared/domain/audit-record.ts';
import type { StreamHead } from '../../shared/domain/seal.ts';
import type { SigningKey } from '../../shared/domain/signer.ts';
import { GUARDIAN } from '../../shared/domain/subject.ts';
import { DAY_MS, HOUR_MS, later } from '../../shared/domain/time.ts';
import { type ChainHead, canonical, chainStart, link, toLine } from '../../shared/trail/chain.ts';
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

function* linesOf(records: Iterable<AuditRecord>): Generator<string> {
  for (const record of records) yield toLine(record);
}

function* recordsOf(
  stream: string,
  { vault, day }: { readonly vault: string; readonly day: Date },
  { recordsInEach }: TrailSize,
): Generator<AuditRecord> {
  let head: ChainHead = chainStart(stream);
  for (let nth = 0; nth < recordsInEach; nth += 1) {
    const record = link(entryAt(vault, later(day, (nth * DAY_MS) / recordsInEach), nth), head);
    head = record;
    yield record;
  }
}

/** As the guardian records a decision. */
function entryAt(vault: string, time: Date, nth: number): AuditEntry {
  const version = nth.toString(16).padStart(32, '0');
  const summary = `Version ${vault}/disk-${nth % 20}/${version} is disabled and was approved as enabled.`;
  const finding = { rule: 'version-disabled', version, since: time.toISOString(), summary, verdict: 'undo' };
  return {
    id: `00000000-0000-4000-8000-${version.slice(-12)}`,
    time,
    what: 'decision',
    subject: { kind: 'key', vault, key: `disk-${nth % 20}` },
    hints: { ids: [version], senses: ['sweep'], count: 1 },
    policy: '0123456789ab',
    detail: { findings: [finding], repeatsOfTheLast: 0 },
  };
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
