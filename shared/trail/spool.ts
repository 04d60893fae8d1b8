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

/** A table that holds entries while the trail's storage does not accept them. Its calls throw `StorageUnreachable`. */
export interface Spool {
  /** Adds entries, a hundred at a time: where it throws, some may have been added. */
  add(stream: StreamName, entries: readonly AuditEntry[]): Promise<void>;
  /** The spooled entries of one stream. */
  of(stream: StreamName): Promise<SpooledByStream>;
  /** Whether anything is spooled. */
  isWaiting(): Promise<boolean>;
  /** All spooled entries, a page at a time: they may not fit in memory. */
  pages(): AsyncIterable<SpooledByStream>;
  /** Removes entries that were replayed. Entries that are gone already are no failure. */
  forget(spooled: readonly Spooled[]): Promise<void>;
  /** The right to replay, for one minute; `undefined` while another instance has it or has just released it. */
  lease(): Promise<Lease | undefined>;
}

/** A right that ends by itself: an instance that crashes with it blocks the others for a minute at most. */
export interface Lease {
  /** Extends it to a minute from now; false where it had ended and another instance has taken it. */
  renew(): Promise<boolean>;
  /** Ends it early, unless another instance has taken it. */
  release(): Promise<void>;
}

const VERSIONED = { v: RECORD_VERSION };
// Members that only a later version knows are kept and replayed.
const spooledRow = z.object({ stream: z.string(), entry: auditEntry.loose() });
const leaseRow = z.object({ until: moment });
const LEASE_PLACE = { partition: 'replay', row: 'lease' } as const;

/** The spool in a table, which all instances share. */
export function createSpool(
  table: Table,
  { now, newId }: { readonly now: () => Date; readonly newId: () => string },
): Spool {
  const instance = newId();
  let count = 0;

  /** A key by which rows are ordered as they were added: by time, and within one instance by a count. */
  function rowKey(): string {
    count += 1;
    return `${now().getTime().toString().padStart(15, '0')}-${count.toString().padStart(9, '0')}-${instance}`;
  }

  function leaseOf(held: Row): Lease {
    let row = held;
    return {
      async renew() {
        const renewed = await table.replace(row, { until: later(now(), MINUTE_MS) });
        row = renewed ?? row;
        return renewed !== undefined;
      },
      async release() {
        await table.remove(row); // false: somebody else has it, and it is not ours to end
      },
    };
  }

  return {
    async add(stream, entries) {
      const rows = entries.map((entry) => ({
        row: rowKey(),
        data: wellFormed({ ...VERSIONED, stream, entry: { ...VERSIONED, ...entry } }),
      }));
      await table.putAll(partitionOf(stream), rows);
    },

    of: async (stream) => sorted(await table.list(partitionOf(stream))),

    async isWaiting() {
      for await (const rows of table.pages()) if (rows.some(isSpooled)) return true;
      return false;
    },

    async *pages() {
      for await (const rows of table.pages()) yield sorted(rows.filter(isSpooled));
    },

    async forget(spooled) {
      await Promise.all(spooled.map(({ row }) => table.remove(row))); // false: somebody else forgot it before us
    },

    async lease() {
      const until = later(now(), MINUTE_MS);
      const made = await table.insert(LEASE_PLACE.partition, LEASE_PLACE.row, { until });
      if (made !== undefined) return leaseOf(made);
      const held = await table.get(LEASE_PLACE.partition, LEASE_PLACE.row);
      if (held === undefined) return undefined; // just released: what was spooled is in the trail
      const lease = leaseRow.safeParse(held.data);
      if (lease.success && lease.data.until > now()) return undefined;
      const taken = await table.replace(held, { until });
      return taken && leaseOf(taken);
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
