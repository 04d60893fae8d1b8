import { z } from 'zod';
import { type AuditEntry, auditEntry, RECORD_VERSION } from '../domain/audit-record.ts';
import { later, MINUTE_MS, moment } from '../domain/time.ts';
import { SpooledRecordUnreadable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';
import type { StreamName } from './stream-name.ts';
import { wellFormed } from './well-formed.ts';

/** An entry that waits in the register's storage for its stream. */
export interface Spooled {
  readonly row: Row;
  readonly stream: StreamName;
  readonly entry: AuditEntry;
}

/** What waits, by stream, oldest first, and what of it cannot be read. */
export interface SpooledByStream {
  readonly streams: ReadonlyMap<StreamName, readonly Spooled[]>;
  readonly unreadable: readonly SpooledRecordUnreadable[];
}

/** Keeps entries in a table while the trail's storage does not take them. Throws `StorageUnreachable`. */
export interface Spool {
  /** In a hundred at a time: where it throws, some may be kept all the same. */
  add(stream: StreamName, entries: readonly AuditEntry[]): Promise<void>;
  /** What waits for one stream. */
  of(stream: StreamName): Promise<SpooledByStream>;
  /** Whether anything waits at all. */
  isWaiting(): Promise<boolean>;
  /** Everything that waits, a page at a time: there may be more of it than fits in memory. */
  pages(): AsyncIterable<SpooledByStream>;
  /** Removes what is in its stream by now; what somebody else forgot already is no failure. */
  forget(spooled: readonly Spooled[]): Promise<void>;
  /** The right to bring entries into the trail, for one minute; `undefined` while somebody else has it, or has just given it back. */
  lease(): Promise<Lease | undefined>;
}

/** A right that ends by itself: who holds it and dies blocks nobody for more than a minute. */
export interface Lease {
  /** Another minute from now on; false where the minute was over and somebody else took the lease. */
  renew(): Promise<boolean>;
  /** Gives it back before its minute is over, where nobody else took it. */
  release(): Promise<void>;
}

const VERSIONED = { v: RECORD_VERSION };
// What a later version says beside what this one knows is replayed with it.
const spooledRow = z.object({ stream: z.string(), entry: auditEntry.loose() });
const leaseRow = z.object({ until: moment });
const LEASE_PLACE = { partition: 'replay', row: 'lease' } as const;

/** The spool of a table, shared by every instance that has it. */
export function createSpool(
  table: Table,
  { now, newId }: { readonly now: () => Date; readonly newId: () => string },
): Spool {
  const instance = newId();
  let count = 0;

  /** In order of keeping: by time, and within one instance by count. */
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
      if (held === undefined) return undefined; // just released: what was kept is in the trail
      const lease = leaseRow.safeParse(held.data);
      if (lease.success && lease.data.until > now()) return undefined;
      const taken = await table.replace(held, { until });
      return taken && leaseOf(taken);
    },
  };
}

const isSpooled = ({ partition }: Row): boolean => partition !== LEASE_PLACE.partition;

/** A partition's key takes no slash. */
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
