import { z } from 'zod';

/** Where a page begins and how many rows it has. */
export interface PageAsked {
  readonly maxRows: number;
  readonly rowsToSkip: number;
}

/** The token of the next page: a count of rows and no snapshot, as recorded (`recordings-estate/resource-graph/paging.json`). */
export function skipTokenOf({ maxRows, rowsToSkip }: PageAsked): string {
  const token = { $id: '1', MaxRows: maxRows, RowsToSkip: rowsToSkip, KustoClusterUrl: CLUSTER };
  return Buffer.from(JSON.stringify(token, null, 2).replaceAll('\n', '\r\n')).toString('base64');
}

const CLUSTER = 'https://arg-weu-one-sf.arg.core.windows.net';

const tokenSchema = z.object({ MaxRows: z.int().min(1), RowsToSkip: z.int().min(0) });

/** Reads a token; `undefined` for one that the service did not make. */
export function readSkipToken(token: string): PageAsked | undefined {
  try {
    const { data } = tokenSchema.safeParse(JSON.parse(Buffer.from(token, 'base64').toString('utf8')));
    return data && { maxRows: data.MaxRows, rowsToSkip: data.RowsToSkip };
  } catch {
    // Not JSON: then it is none of ours, which is the answer.
    return undefined;
  }
}
