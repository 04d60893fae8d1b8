import * as z from 'zod';
import { type AuditEntry, auditEntry, RECORD_VERSION } from '../domain/audit-record.ts';
import { later, MINUTE_MS, moment } from '../domain/time.ts';
import { SpooledRecordUnreadable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';
import type { StreamName } from './stream-name.ts';
import { wellFormed } from './well-formed.ts';

/** An entry that is spooled in the register's storage. */
export interface Spooled {
  readonly row: Row;
  readonly stream: StreamName;
  readonly entry: AuditEntry;
}

/** Spooled entries by stream, oldest first, and the rows that cannot be read. */
export interface SpooledByStream {
  readonly streams: ReadonlyMap<StreamName, readonly Spooled[]>;
  readonly unreadable: readonly SpooledRecordUnreadable[];
}

const VERSIONED = { v: RECORD_VERSION };
// Members that only a later version knows are kept and replayed.
const spooledRow = z.object({ stream: z.string(), entry: auditEntry.loose() });
const leaseRow = z.object({ until: moment });
/** Rows that are put at the same time. */
const PUT_AT_ONCE = 64;
const LEASE_PLACE = { partition: 'replay', row: 'lease' } as const;

/** What `createSpool` returns. */
export type Spool = ReturnType<typeof createSpool>;

/**
 * A table, which all instances share, that holds entries while the trail's storage does not accept them. Its calls throw
 * `StorageUnreachable`.
 */
export function createSpool(table: Table, { now, newId }: { readonly now: () => Date; readonly newId: () => string }) {
  const instance = newId();
  let count = 0;

  /** A key by which rows are ordered as they were added: by time, and within one instance by a count. */
  function rowKey(): string {
    count += 1;
    return `${now().getTime().toString().padStart(15, '0')}-${count.toString().padStart(9, '0')}-${instance}`;
  }

  return {
    /** Adds entries: where it throws, some may have been added. */
    async add(stream: StreamName, entries: readonly AuditEntry[]): Promise<void> {
      const rows = entries.map((entry) => ({ row: rowKey(), entry: { ...VERSIONED, ...entry } }));
      for (let start = 0; start < rows.length; start += PUT_AT_ONCE)
        await Promise.all(
          rows
            .slice(start, start + PUT_AT_ONCE)
            .map(({ row, entry }) => table.put(partitionOf(stream), row, wellFormed({ ...VERSIONED, stream, entry }))),
        );
    },

    /** The spooled entries of one stream. */
    of: async (stream: StreamName): Promise<SpooledByStream> => sorted(await table.list(partitionOf(stream))),

    /** Whether anything is spooled. */
    async isWaiting(): Promise<boolean> {
      for await (const rows of table.pages()) if (rows.some(isSpooled)) return true;
      return false;
    },

    /** All spooled entries, a page at a time: they may not fit in memory. */
    async *pages(): AsyncGenerator<SpooledByStream> {
      for await (const rows of table.pages()) yield sorted(rows.filter(isSpooled));
    },

    /** Removes entries that were replayed. Entries that are gone already are no failure. */
    async forget(spooled: readonly Spooled[]): Promise<void> {
      await Promise.all(spooled.map(({ row }) => table.remove(row))); // false: somebody else forgot it before us
    },

    /**
     * Takes the right to replay for one minute, or extends it; `undefined` where another instance has it or has just released
     * it. It ends by itself: an instance that crashes with it blocks the others for a minute at most.
     *
     * @param held what this returned before, to extend it
     */
    async lease(held?: Row): Promise<Row | undefined> {
      const lease = { until: later(now(), MINUTE_MS) };
      if (held !== undefined) return table.replace(held, lease);
      const made = await table.insert(LEASE_PLACE.partition, LEASE_PLACE.row, lease);
      if (made !== undefined) return made;
      const standing = await table.get(LEASE_PLACE.partition, LEASE_PLACE.row);
      if (standing === undefined) return undefined; // just released: what was spooled is in the trail
      const { data } = leaseRow.safeParse(standing.data);
      return data !== undefined && data.until > now() ? undefined : table.replace(standing, lease);
    },

    /** Ends the right to replay early, unless another instance has taken it. */
    async release(held: Row): Promise<void> {
      await table.remove(held); // false: somebody else has it, and it is not ours to end
    },
  };
}

const isSpooled = ({ partition }: Row): boolean => partition !== LEASE_PLACE.partition;

/** The partition of a stream: its key cannot contain a slash. */
const partitionOf = (stream: StreamName): string => stream.replaceAll('/', ':');

function sorted(rows: readonly Row[]): SpooledByStream {
  const unreadable: SpooledRecordUnreadable[] = [];
  const spooled = rows.flatMap((row): readonly Spooled[] => {
    const { data, error } = spooledRow.safeParse(row.data);
    if (data !== undefined) return [{ row, ...data }];
    unreadable.push(new SpooledRecordUnreadable(row.partition, row.row, error));
    return [];
  });
  return { streams: Map.groupBy(spooled, ({ stream }) => stream), unreadable };
}
