import { type AuditEntry, type AuditRecord, auditEntry } from '../domain/audit-record.ts';
import type { SigningKey } from '../domain/signer.ts';
import { type Subject, streamOf } from '../domain/subject.ts';
import { SECOND_MS } from '../domain/time.ts';
import { StorageUnreachable, TrailUnreachable } from '../errors.ts';
import type { Streams, Table } from '../storage.ts';
import { type ChainHead, chainStart, link } from './chain.ts';
import { asItHappened, readRecords } from './read.ts';
import { recordable } from './recordable.ts';
import { type Replayed, replay } from './replay.ts';
import { type Sealed, seal } from './seal.ts';
import { createSpool, type Spool } from './spool.ts';
import { auditStream, registerStream, type StreamName } from './stream-name.ts';
import { createStreamWriter, type WriteToStream } from './stream-writer.ts';
import { within } from './within.ts';

/** The trail: it records every hint, decision, act and alert of the guardian. */
export interface Trail {
  /**
   * Appends each entry to the stream of its subject and its day (UTC), all entries of a stream in one block. Returns
   * 'spooled' where the trail's storage did not accept them in time, so that they are in the register's storage until
   * `replay`. Throws `TrailUnreachable` where neither storage accepts them: then nothing may be written to a vault. Throws
   * `EntryInvalid`, and appends none of them, where one cannot be recorded.
   */
  append(entries: readonly AuditEntry[]): Promise<'appended' | 'spooled'>;
  /** As `append`, to the stream from which the register of the subject's vault can be rebuilt. */
  appendRegister(entries: readonly AuditEntry[]): Promise<'appended' | 'spooled'>;
  /**
   * The records of a subject on one day (UTC), in the order in which things happened, each id once. For a key, the records
   * of its whole vault. Throws as `readRegister` does.
   */
  read(subject: Subject, day: Date): Promise<readonly AuditRecord[]>;
  /**
   * The records of the vault's register stream, in the order in which things happened, each id once. Spooled records are
   * among them, linked as if they were appended now. Empty where the vault has no such stream. Throws `TrailBroken`,
   * `StorageUnreachable`, or `SpooledRecordUnreadable`.
   */
  readRegister(vault: string): Promise<readonly AuditRecord[]>;
  /**
   * Appends spooled records to their streams, oldest first, each with the time of the append besides its own. Returns how
   * many, and whether those were all. Throws `StorageUnreachable` where the trail's storage still does not answer. Where one
   * stream or row fails, all others are replayed first; then it throws that error, or several as one `AggregateError`.
   */
  replay(): Promise<Replayed>;
  /**
   * Appends a seal: the signed heads of the streams that changed since the last one. `undefined` where no signing key is set
   * up. Throws `StorageUnreachable` and `SigningFailed`.
   *
   * @param more `also-current` names the streams of today, of yesterday and of the register as well
   */
  readonly seal: ((more: 'changed' | 'also-current') => Promise<Sealed>) | undefined;
}

/** Streams whose writers are kept at most: enough for two streams of each of 1,000 vaults, twice over. */
const REMEMBERED_STREAMS = 4_096;

/** Where the trail's storage took this long to fail, records are spooled at once for `REST_MS`. */
const SLOW_MS = SECOND_MS;
const REST_MS = 30 * SECOND_MS;

/** Makes the trail. Any number of instances may write to the same storage at the same time. */
export function createTrail(needs: {
  /** The trail's storage. */
  readonly streams: Streams;
  /** A table of its own in the register's storage, which is another account. */
  readonly spool: Table;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Signs seals. Left out: the trail is not sealed. */
  readonly signingKey?: (() => Promise<SigningKey>) | undefined;
  /** How long each of the two storages may take to accept records. Default 5000. */
  readonly timeoutMs?: number;
  /** Blocks after which a stream continues in a new blob, the same for all writers. Default 40000; a blob can have 50000. */
  readonly rollAfterBlocks?: number;
}): Trail {
  const { streams, now, signingKey, timeoutMs = 5 * SECOND_MS, rollAfterBlocks = 40_000 } = needs;
  const spool = createSpool(needs.spool, needs);
  const writerOf = createWriters((stream) => createStreamWriter({ streams, stream, now, timeoutMs, rollAfterBlocks }));
  // By the monotonic clock of the process, which does not jump when the date is set.
  let restsUntilMs = 0;

  async function append(stream: StreamName, entries: readonly AuditEntry[]): Promise<'appended'> {
    const fromMs = performance.now();
    try {
      await writerOf(stream)(entries);
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
    // Parsed before they share a block with entries of other callers: a bad entry must fail only its own caller.
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
        writerOf: (stream) => async (pending) => {
          await writerOf(stream)(pending);
          restsUntilMs = 0;
        },
      }),

    seal: signingKey && ((more) => seal(more, { ...needs, signingKey, rollAfterBlocks })),
  };
}

/** Returns the writer of a stream. Writers are kept until there are too many; a new one finds the end of its stream anew. */
function createWriters(make: (stream: StreamName) => WriteToStream): (stream: StreamName) => WriteToStream {
  const writers = new Map<StreamName, WriteToStream>();
  return (stream) => {
    const writer = writers.get(stream) ?? make(stream);
    if (writers.size >= REMEMBERED_STREAMS) writers.clear(); // those that are still at work finish
    writers.set(stream, writer);
    return writer;
  };
}

async function readAll(streams: Streams, spool: Spool, stream: StreamName, at: Date): Promise<readonly AuditRecord[]> {
  // The spool is read before the stream: a record that is replayed in between is read twice, and not missed.
  const spooled = await spool.of(stream);
  const records = [...(await readRecords(streams, stream))];
  const [unreadable] = spooled.unreadable;
  if (unreadable !== undefined) throw unreadable;
  let head: ChainHead = records.at(-1) ?? chainStart(stream);
  for (const { entry } of spooled.streams.get(stream) ?? []) {
    const record = link({ ...entry, appendedAt: at }, head);
    records.push(record);
    head = record;
  }
  return asItHappened(records);
}
