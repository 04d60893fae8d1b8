import * as z from 'zod';
import { moment } from './time.ts';

/** A row of a table of a Log Analytics workspace: values by the names of its columns. */
export type LogRow = Readonly<Record<string, unknown>>;

/** A stretch of time. */
const period = z.object({ from: moment, until: moment });
export type Period = z.infer<typeof period>;

/** The queries of a Log Analytics workspace. */
export interface Workspace {
  /** Its workspace id (customer id), a GUID in lower case. */
  readonly id: string;
  /**
   * All rows of one query in Kusto; moments as `Date`, dynamic values parsed. Throws `WorkspaceUnreachable`, also where the
   * service gives only a part of them.
   *
   * @param within rows of any other `TimeGenerated` are left out; default: the last seven days
   */
  query(text: string, within?: Period): Promise<readonly LogRow[]>;
}

/** The table of a workspace that takes the records of the trail. */
export interface TrailTable {
  /**
   * Sends rows in their order, at most 1 MB of JSON. `refused`: the service does not take these, by its answer because of
   * the rows; with the `WorkspaceUnreachable` that says it. Throws `WorkspaceUnreachable`: they may have been taken all the same.
   */
  send(rows: readonly LogRow[]): Promise<'taken' | { readonly refused: Error }>;
}

const lasting = z.object({ since: moment, because: z.string() });

/** How far the trail has been sent to its table: the row `shipping`. */
export const shippingState = z.object({
  /** Everything that was appended before this has been sent. */
  until: moment,
  /** Since when nothing could be sent, and why. */
  failing: lasting.optional(),
});
export type ShippingState = z.infer<typeof shippingState>;

/** How a workspace was queried: a row for each. */
export const queryState = z.object({
  /** When it was first queried. */
  since: moment,
  /** Rows that had arrived before this have been read. */
  until: moment.optional(),
  /** When the last day was last read as a whole. */
  wholeDayAt: moment.optional(),
  failing: lasting.optional(),
});
export type QueryState = z.infer<typeof queryState>;

/** Uses of a version by one user: the first that was read (there may have been earlier ones) and the last. */
const versionUse = z.object({ first: moment, last: moment });
export type VersionUse = z.infer<typeof versionUse>;
/** By `<key>/<version>` and the id of the user: its object id, or that of its application where only this is known. */
export const versionUses = z.record(z.string(), z.record(z.string(), versionUse));

/** What is known of the audit events of a vault: a row for each. */
export const vaultRecords = z.object({
  /** The time of the newest one that has arrived. The guardian's own reads are among them: without any, none arrive. */
  until: moment,
  /** Those that had arrived before this have been read. */
  readAt: moment.default(new Date(0)),
  /** Periods of the last day with at least one in every five minutes, the oldest first: `knownUntil` says what follows. */
  periods: z.array(period).default([]),
  /** When each known user unwrapped with a version, by `<key>/<version>` and the id by which it is known. Absence proves nothing. */
  uses: versionUses.default({}),
});
export type VaultRecords = z.infer<typeof vaultRecords>;

/** An audit event that was read from a workspace, by the id of its hint: it is not sensed again. */
export const readEvent = z.object({ at: moment });
export type ReadEvent = z.infer<typeof readEvent>;

/** How far a stream of the trail has been sent: everything before this byte of this blob. */
export const shipCursor = z.object({ blob: z.number().int().nonnegative(), byte: z.number().int().nonnegative() });
export type ShipCursor = z.infer<typeof shipCursor>;
