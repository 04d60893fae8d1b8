import * as z from 'zod';
import { DAY_MS, later } from '../../shared/domain/time.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { collectHeld, type HeldTrail } from '../../shared/trail/held.ts';
import { logQueries } from '../log-queries.ts';

/** What of a workspace is compared with the trail. */
export interface HeldOptions {
  /** Default: the time of the oldest record that the workspace holds; where it holds none, that of the first of all. */
  readonly since: Date | undefined;
  /** Default: the moment at which it is asked. */
  readonly until: Date | undefined;
  readonly now: () => Date;
  /** Rows of one query. Default 200,000: an answer has at most 500,000 rows and 64 MB, and a row here 200 bytes. */
  readonly mostRows?: number;
  /** Told after each query how many rows were read. */
  readonly onProgress?: (rows: number) => void;
}

const row = z.object({
  TimeGenerated: z.date(),
  // Whoever may write to the table need not write what the guardian does.
  Stream: z.string().nullish(),
  Sequence: z.number().int().positive().nullish().catch(0),
  RecordHash: z.string().nullish(),
  SealRoot: z.string().nullish(),
});

/** No table keeps rows for longer, in ms. @see https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure */
const LONGEST_KEPT_MS = 12 * 366 * DAY_MS;
/** A row may be dated so far ahead, in ms. @see https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time */
const AHEAD_MS = 2 * DAY_MS;

/** Reads what a workspace holds of the trail, a page after the other. Throws `WorkspaceUnreachable`. */
export async function heldIn(workspace: Workspace, options: HeldOptions): Promise<HeldTrail> {
  const { now, mostRows = 200_000, onProgress } = options;
  const askedAt = now();
  const { since, until = askedAt } = options;
  const { add, held } = collectHeld();
  let from = since ?? later(askedAt, -LONGEST_KEPT_MS);
  let oldest: Date | undefined;
  for (let read = 0; ; ) {
    const found = await workspace.query(queryText(from, until, mostRows), {
      from,
      until: later(askedAt, AHEAD_MS),
    });
    const rows = found.map((one) => row.parse(one));
    for (const { Stream, Sequence, RecordHash, SealRoot } of rows)
      add({ stream: Stream || 'no stream', sequence: Sequence ?? 0, hash: RecordHash ?? '', root: SealRoot ?? '' });
    read += rows.length;
    onProgress?.(read);
    oldest ??= rows[0]?.TimeGenerated;
    if (rows.length < mostRows) break;
    // The last moment of a page is asked for again: it may have more rows.
    const last = rows.at(-1)?.TimeGenerated;
    if (last === undefined || last <= from)
      throw new NotAllowed(`The workspace has more than ${mostRows} records of one moment: they cannot be read.`);
    from = last;
  }
  return held({ askedAt, since: since ?? oldest ?? new Date(0), until });
}

const [, heldKql = ''] = logQueries().find(([name]) => name === 'trail-held') ?? [];

const queryText = (from: Date, until: Date, most: number): string =>
  [
    `let From = datetime(${from.toISOString()});`,
    `let Until = datetime(${until.toISOString()});`,
    `let Most = ${most};`,
    heldKql,
  ].join('\n');
