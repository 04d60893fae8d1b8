import { type AuditEntry, type AuditRecord, auditEntry } from '../domain/audit-record.ts';
import { type Subject, streamOf } from '../domain/subject.ts';
import { SECOND_MS } from '../domain/time.ts';
import { StorageUnreachable, TrailUnreachable } from '../errors.ts';
import type { Streams, Table } from '../storage.ts';
import { type ChainHead, chainStart, link } from './chain.ts';
import { asItHappened, readRecords } from './read.ts';
import { recordable } from './recordable.ts';
import { type Replayed, replay } from './replay.ts';
import { createSpool, type Spool } from './spool.ts';
import { auditStream, registerStream, type StreamName } from './stream-name.ts';
import { createStreamWriter, type StreamWriter } from './stream-writer.ts';
import { within } from './within.ts';

/** Where everything the guardian hears, judges, does and tells is recorded. */
export interface Trail {
  /**
   * Appends to its subject's stream of the day on which each entry happened (UTC), all entries of a stream in one block.
   * 'appended', or 'spooled' where the trail's storage did not take it in time and the register's storage keeps it until
   * `replay`. Throws `TrailUnreachable` where neither takes it: then nothing may be written to a vault;
   * `EntryInvalid` where one of them is none, and then takes none of them.
   */
  append(entries: readonly AuditEntry[]): Promise<'appended' | 'spooled'>;
  /** Appends, as `append` does, to the stream from which the subject's register can be rebuilt. */
  appendRegister(entries: readonly AuditEntry[]): Promise<'appended' | 'spooled'>;
  /**
   * Everything that happened to a subject on one day (UTC), in the order in which it happened, each id once; of a key
   * that of all its vault. Throws as `readRegister` does.
   */
  read(subject: Subject, day: Date): Promise<readonly AuditRecord[]>;
  /**
   * Everything in the vault's register stream in the order in which it happened, each id once; what is still spooled in the
   * register's storage is among it, linked as it would be if it were appended now. Empty where the vault has none.
   * Throws `TrailBroken`, `StorageUnreachable`, or `SpooledRecordUnreadable`.
   */
  readRegister(vault: string): Promise<readonly AuditRecord[]>;
  /**
   * Brings what was spooled into its streams, oldest first, with the time of the append beside its own; says how many, and
   * whether that was all: not while another instance is at it. Throws `StorageUnreachable` where the trail's storage is
   * still away; after all others are brought in, what one stream answered, or one `AggregateError` of that and of what
   * could not be read.
   */
  replay(): Promise<Replayed>;
}

/** Streams whose end is remembered; more than two for each of 1,000 vaults. */
const REMEMBERED_STREAMS = 4_096;

/** After the trail's storage took this long to fail, it is not waited for again while it rests. */
const SLOW_MS = SECOND_MS;
const REST_MS = 30 * SECOND_MS;

/** Makes the trail. Any number of them may write to one storage at once. */
export function createTrail(needs: {
  /** The trail's storage. */
  readonly streams: Streams;
  /** A table of its own in the register's storage, which is another account. */
  readonly spool: Table;
  readonly now: () => Date;
  readonly newId: () => string;
  /** How long each of the two storages may take. Default 5000. */
  readonly timeoutMs?: number;
  /** Blocks after which a stream goes on in a new blob, the same for all writers. Default 40000; a blob takes 50000. */
  readonly rollAfterBlocks?: number;
}): Trail {
  const { streams, now, timeoutMs = 5 * SECOND_MS, rollAfterBlocks = 40_000 } = needs;
  const spool = createSpool(needs.spool, needs);
  const writerOf = createWriters((stream) => createStreamWriter({ streams, stream, now, timeoutMs, rollAfterBlocks }));
  // By the process's steady clock: how long storage takes has nothing to do with the date.
  let restsUntilMs = 0;

  async function append(stream: StreamName, entries: readonly AuditEntry[]): Promise<'appended'> {
    const fromMs = performance.now();
    try {
      await writerOf(stream).write(entries.map((entry) => ({ entry })));
      return 'appended';
    } catch (error) {
      const failedAtMs = performance.now();
      if (failedAtMs - fromMs >= Math.min(SLOW_MS, timeoutMs / 2)) restsUntilMs = failedAtMs + REST_MS;
      throw error;
    }
  }

  async function addToSpool(stream: StreamName, entries: readonly AuditEntry[]): Promise<'spooled'> {
    await within(timeoutMs, `spooling records for ${stream}`, spool.add(stream, entries));
    return 'spooled';
  }

  async function record(stream: StreamName, entries: readonly AuditEntry[]): Promise<'appended' | 'spooled'> {
    const ways = performance.now() < restsUntilMs ? [addToSpool, append] : [append, addToSpool];
    const failures: unknown[] = [];
    for (const way of ways) {
      try {
        return await way(stream, entries);
      } catch (error) {
        if (!(error instanceof StorageUnreachable)) throw error;
        failures.push(error);
      }
    }
    throw new TrailUnreachable(stream, failures);
  }

  async function recordAll(
    entries: readonly AuditEntry[],
    streamOf: (entry: AuditEntry) => StreamName,
  ): Promise<'appended' | 'spooled'> {
    // Parsed before they share a block with others': a bad entry fails its own caller only.
    const sound = entries.map((entry) => recordable(entry.id, () => auditEntry.parse(entry)));
    const outcomes = await Promise.all([...Map.groupBy(sound, streamOf)].map(([stream, some]) => record(stream, some)));
    return outcomes.includes('spooled') ? 'spooled' : 'appended';
  }

  return {
    append: (entries) => recordAll(entries, ({ subject, time }) => auditStream(streamOf(subject), time)),
    appendRegister: (entries) => recordAll(entries, ({ subject }) => registerStream(streamOf(subject))),
    read: (subject, day) => readAll(streams, spool, auditStream(streamOf(subject), day), now()),
    readRegister: (vault) => readAll(streams, spool, registerStream(vault), now()),

    replay: () =>
      replay({
        spool,
        now,
        async write(stream, pending) {
          await writerOf(stream).write(pending);
          restsUntilMs = 0;
        },
      }),
  };
}

/** The writer of a stream, the same each time for those that were used last. */
function createWriters(make: (stream: StreamName) => StreamWriter): (stream: StreamName) => StreamWriter {
  const writers = new Map<StreamName, StreamWriter>();
  return (stream) => {
    const writer = writers.get(stream) ?? make(stream);
    writers.delete(stream); // and set again: the last in the map is the last used
    writers.set(stream, writer);
    for (const oldest of writers.keys()) {
      if (writers.size <= REMEMBERED_STREAMS) break;
      writers.delete(oldest); // one that is still at work finishes; a new one finds the end anew
    }
    return writer;
  };
}

async function readAll(streams: Streams, spool: Spool, stream: StreamName, at: Date): Promise<readonly AuditRecord[]> {
  // The table before the stream: what is moved from one to the other in between is then read twice, not missed.
  const spooled = await spool.of(stream);
  const records = [...(await readRecords(streams, stream))];
  const [unreadable] = spooled.unreadable;
  if (unreadable !== undefined) throw unreadable;
  let head: ChainHead = records.at(-1) ?? chainStart(stream);
  for (const { entry } of spooled.streams.get(stream) ?? []) {
    const record = link(entry, head, at);
    records.push(record);
    head = record;
  }
  return asItHappened(records);
}
