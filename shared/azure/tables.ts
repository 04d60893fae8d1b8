import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Row, Table } from '../storage.ts';
import { onePage } from './pages.ts';
import { callDeadline, type Place, placeIn } from './storage-errors.ts';
import { batches } from './table-batches.ts';
import { columnsOf, dataOf } from './table-columns.ts';

/**
 * Rows of Azure Table Storage. A lost answer is asked for again by the client, so an `insert` that took hold may come
 * back as `undefined`: read the row to see whose it is. An answer that does not name its row, or has no ETag, counts as
 * none.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 * @see https://learn.microsoft.com/rest/api/storageservices/query-entities
 */
export function table(client: TableClient): Table {
  const name = client.tableName;
  const place = placeIn(() => client.createTable({ abortSignal: callDeadline() }));

  return {
    get: (partition, row) =>
      place.read(
        `reading ${partition}/${row} of table ${name}`,
        async () => toRow(await client.getEntity(partition, row, { abortSignal: callDeadline() })),
        { ResourceNotFound: undefined, TableNotFound: undefined },
      ),

    list: async (partition) => (await Array.fromAsync(pagesOf(client, place, partition))).flat(),

    pages: (partition) => pagesOf(client, place, partition),

    insert: (partition, row, data) =>
      place.write(
        `inserting ${partition}/${row} into table ${name}`,
        async () => {
          const entity = toEntity(partition, row, data);
          const { etag } = await client.createEntity(entity, { abortSignal: callDeadline() });
          return toRow({ ...entity, etag });
        },
        { EntityAlreadyExists: undefined },
      ),

    replace: (read, data) =>
      place.read(
        `replacing ${read.partition}/${read.row} in table ${name}`,
        async () => {
          const entity = toEntity(read.partition, read.row, data);
          const condition = { etag: read.etag, abortSignal: callDeadline() };
          const { etag } = await client.updateEntity(entity, 'Replace', condition);
          return toRow({ ...entity, etag });
        },
        { UpdateConditionNotSatisfied: undefined, ResourceNotFound: undefined, TableNotFound: undefined },
      ),

    put: (partition, row, data) =>
      place.write(
        `putting ${partition}/${row} into table ${name}`,
        async () => {
          const entity = toEntity(partition, row, data);
          const { etag } = await client.upsertEntity(entity, 'Replace', { abortSignal: callDeadline() });
          return toRow({ ...entity, etag });
        },
        {},
      ),

    putAll: (partition, rows) => allPut(client, place, partition, rows),

    remove: (read) =>
      place.read(
        `removing ${read.partition}/${read.row} from table ${name}`,
        async () => {
          await client.deleteEntity(read.partition, read.row, { etag: read.etag, abortSignal: callDeadline() });
          return true;
        },
        { UpdateConditionNotSatisfied: false, ResourceNotFound: false, TableNotFound: false },
      ),
  };
}

/** The service gives rows in order of their keys. */
async function* pagesOf(
  client: TableClient,
  place: Place,
  partition: string | undefined,
): AsyncGenerator<readonly Row[]> {
  const queryOptions = partition === undefined ? {} : { filter: odata`PartitionKey eq ${partition}` };
  let continuationToken: string | undefined;
  do {
    const page = await place.read(
      `listing ${partition ?? 'all rows'} of table ${client.tableName}`,
      // A page a call, so that each has a deadline of its own and a long list does not run out of time.
      async () => {
        const read = await onePage(
          client.listEntities({ queryOptions, abortSignal: callDeadline() }),
          continuationToken,
        );
        return { rows: (read ?? []).map(toRow), continuationToken: read?.continuationToken };
      },
      { TableNotFound: undefined },
    );
    yield page?.rows ?? [];
    continuationToken = page?.continuationToken;
  } while (continuationToken !== undefined);
}

async function allPut(
  client: TableClient,
  place: Place,
  partition: string,
  rows: readonly { readonly row: string; readonly data: unknown }[],
): Promise<void> {
  // A transaction takes a row once; of two with one key the later one stands, as if they were put one by one.
  const once = [...new Map(rows.map(({ row, data }) => [row, toEntity(partition, row, data)])).values()];
  for (const batch of batches(once)) {
    const actions = batch.map((each): TransactionAction => ['upsert', each, 'Replace']);
    await place.write(
      `putting ${actions.length} rows of ${partition} into table ${client.tableName}`,
      () => client.submitTransaction(actions, { abortSignal: callDeadline() }),
      {},
    );
  }
}

const toEntity = (partition: string, row: string, data: unknown) => ({
  partitionKey: partition,
  rowKey: row,
  ...columnsOf(data),
});

/** What an answer names a row by. Without an ETag none could be replaced as it was read. */
const placed = z.object({ partitionKey: z.string(), rowKey: z.string(), etag: z.string() });

/**
 * The row of an answer, or as it stands after a write: what comes back is what the JSON holds. Called where a call is
 * made, so that an answer which names no row counts as none.
 */
function toRow(answer: Readonly<Record<string, unknown>>): Row {
  const { partitionKey, rowKey, etag } = placed.parse(answer);
  return { partition: partitionKey, row: rowKey, etag, data: dataOf(answer) };
}
