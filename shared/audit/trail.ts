import { type AuditEntry, type AuditRecord, auditEntry } from '../domain/audit-record.ts';
import { SECOND_MS } from '../domain/time.ts';
import { StorageUnreachable, TrailUnreachable } from '../errors.ts';
import type { Streams, Table } from '../storage.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { type CaughtUp, catchUp } from './catch-up.ts';
import { type ChainHead, chainStart, link } from './chain.ts';
import { asItHappened, readRecords } from './read.ts';
import { recordable } from './recordable.ts';
import { auditStream, registerStream, type StreamName } from './stream-name.ts';
import { createStreamWriter, type StreamWriter } from './stream-writer.ts';
import { within } from './within.ts';

/** Where everything the guardian hears, judges, does and tells is recorded. */
export interface Trail {
  /**
   * Appends to the vault's stream of the day on which each entry happened (UTC), all entries of a day in one block.
   * 'appended', or 'kept' where the trail's storage did not take it in time and the register's storage keeps it until
   * `catchUp`. Throws `TrailUnreachable` where neither takes it: then nothing may be written to a vault;
   * `EntryInvalid` where one of them is none, and then takes none of them.
   */
  append(vault: string, entries: readonly AuditEntry[]): Promise<'appended' | 'kept'>;
  /** Appends, as `append` does, to the stream from which the vault's register can be rebuilt. */
  appendRegister(vault: string, entries: readonly AuditEntry[]): Promise<'appended' | 'kept'>;
  /**
   * Everything in the vault's register stream in the order in which it happened, each id once; what is still kept by the
   * register's storage is among it, linked as it would be if it were appended now. Empty where the vault has none.
   * Throws `TrailBroken`, `StorageUnreachable`, or `KeptRecordUnreadable`.
   */
  readRegister(vault: string): Promise<readonly AuditRecord[]>;
  /**
   * Brings what was kept into its streams, oldest first, with the time of the append beside its own; says how many, and
   * whether that was all: not while another instance is at it. Throws `StorageUnreachable` where the trail's storage is
   * still away; after all others are brought in, what one stream answered, or one `AggregateError` of that and of what
   * could not be read.
   */
  catchUp(): Promise<CaughtUp>;
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
  readonly backlog: Table;
  readonly now: () => Date;
  /** Told apart by it: the writers who keep records in one table. */
  readonly newId: () => string;
  /** How long each of the two storages may take. Default 5000. */
  readonly giveUpAfterMs?: number;
  /** Blocks after which a stream goes on in a new blob, the same for all writers. Default 40000; a blob takes 50000. */
  readonly rollAfterBlocks?: number;
}): Trail {
  const { streams, now, giveUpAfterMs = 5 * SECOND_MS, rollAfterBlocks = 40_000 } = needs;
  const backlog = createBacklog(needs.backlog, needs);
  const writerOf = createWriters((stream) =>
    createStreamWriter({ streams, stream, now, giveUpAfterMs, rollAfterBlocks }),
  );
  // By the process's steady clock: how long storage takes has nothing to do with the date.
  let restsUntilMs = 0;

  async function append(stream: StreamName, entries: readonly AuditEntry[]): Promise<'appended'> {
    const fromMs = performance.now();
    try {
      await writerOf(stream).write(entries.map((entry) => ({ entry })));
      return 'appended';
    } catch (error) {
      const failedAtMs = performance.now();
      if (failedAtMs - fromMs >= Math.min(SLOW_MS, giveUpAfterMs / 2)) restsUntilMs = failedAtMs + REST_MS;
      throw error;
    }
  }

  async function keep(stream: StreamName, entries: readonly AuditEntry[]): Promise<'kept'> {
    await within(giveUpAfterMs, `keeping records for ${stream}`, backlog.keep(stream, entries));
    return 'kept';
  }

  async function record(stream: StreamName, entries: readonly AuditEntry[]): Promise<'appended' | 'kept'> {
    const ways = performance.now() < restsUntilMs ? [keep, append] : [append, keep];
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
  ): Promise<'appended' | 'kept'> {
    // Parsed before they share a block with others': a bad entry fails its own caller only.
    const sound = entries.map((entry) => recordable(entry.id, () => auditEntry.parse(entry)));
    const outcomes = await Promise.all([...Map.groupBy(sound, streamOf)].map(([stream, some]) => record(stream, some)));
    return outcomes.includes('kept') ? 'kept' : 'appended';
  }

  return {
    append: (vault, entries) => recordAll(entries, (entry) => auditStream(vault, entry.time)),
    appendRegister: (vault, entries) => recordAll(entries, () => registerStream(vault)),
    readRegister: async (vault) => readRegister(streams, backlog, vault, now()),

    catchUp: () =>
      catchUp({
        backlog,
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

async function readRegister(
  streams: Streams,
  backlog: Backlog,
  vault: string,
  at: Date,
): Promise<readonly AuditRecord[]> {
  const stream = registerStream(vault);
  // The table before the stream: what is moved from one to the other in between is then seen twice, not missed.
  const kept = await backlog.kept(stream);
  const records = [...(await readRecords(streams, stream))];
  const [unreadable] = kept.unreadable;
  if (unreadable !== undefined) throw unreadable;
  let head: ChainHead = records.at(-1) ?? chainStart(stream);
  for (const { entry } of kept.streams.get(stream) ?? []) {
    const record = link(entry, head, at);
    records.push(record);
    head = record;
  }
  return asItHappened(records);
}
