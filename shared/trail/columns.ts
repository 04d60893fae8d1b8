import type { AuditRecord } from '../domain/audit-record.ts';
import type { Anchor } from '../domain/seal.ts';

/** A column of a table of a Log Analytics workspace. */
export interface Column {
  readonly name: string;
  readonly type: 'dateTime' | 'dynamic' | 'int' | 'long' | 'string';
}

/** The stream of the data collection rule that takes the rows; the table is called so as well. */
export const TRAIL_STREAM = 'Custom-KeyGuardianAudit_CL';
/** The column by which the service orders and keeps rows: the time of the record, or of its arrival where that is two days later. */
export const TIME_COLUMN = 'TimeGenerated';
/** The column with the name of the stream that a record is in. */
export const STREAM_COLUMN = 'Stream';

/**
 * The column of the table `KeyGuardianAudit_CL` for each member of a record. `id` would be a reserved name there, and
 * `TimeGenerated` is replaced by the time of arrival where it is more than two days old: the time of a record has a column
 * of its own.
 *
 * @see https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 */
export const COLUMNS = {
  id: { name: 'RecordId', type: 'string' },
  time: { name: 'RecordedAt', type: 'dateTime' },
  happenedAt: { name: 'HappenedAt', type: 'dateTime' },
  what: { name: 'What', type: 'string' },
  subject: { name: 'Subject', type: 'dynamic' },
  who: { name: 'Who', type: 'dynamic' },
  hints: { name: 'Hints', type: 'dynamic' },
  deadline: { name: 'Deadline', type: 'dateTime' },
  policy: { name: 'PolicyHash', type: 'string' },
  detail: { name: 'Detail', type: 'dynamic' },
  v: { name: 'RecordVersion', type: 'int' },
  appendedAt: { name: 'AppendedAt', type: 'dateTime' },
  sequence: { name: 'Sequence', type: 'long' },
  previousHash: { name: 'PreviousHash', type: 'string' },
  hash: { name: 'RecordHash', type: 'string' },
} as const satisfies Readonly<Record<keyof AuditRecord, Column>>;

/** The columns that the row of a seal has besides: with them it is an anchor, outside the storage that it stands for. */
export const SEAL_COLUMNS = {
  root: { name: 'SealRoot', type: 'string' },
  records: { name: 'SealedRecords', type: 'long' },
} as const satisfies Partial<Record<keyof Anchor, Column>>;
