import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import * as z from 'zod';
import type { Row, Table } from '../storage.ts';
import { onePage } from './pages.ts';
import { callDeadline, type Place, placeIn } from './storage-errors.ts';
import { batches } from './table-batches.ts';
import { columnsOf, dataOf } from './table-columns.ts';

/**
 * Rows of Azure Table Storage. The client repeats a call whose answer was lost, so an `insert` that succeeded may return
 * `undefined`: read the row to find out whose it is. An answer without the row's keys or its ETag counts as no answer.
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
      // One call for each page: each has its own deadline, so a long list does not time out.
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
  // A transaction may name a row once: of two rows with the same key the later one is put.
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

/** The keys and the ETag of a row in an answer. Without an ETag the row could not be replaced safely. */
const placed = z.object({ partitionKey: z.string(), rowKey: z.string(), etag: z.string() });

/**
 * The row of an answer, or the row as it is after a write, with the data that its JSON holds. Called inside the call to
 * storage, so that an answer without the row's keys counts as no answer.
 */
function toRow(answer: Readonly<Record<string, unknown>>): Row {
  const { partitionKey, rowKey, etag } = placed.parse(answer);
  return { partition: partitionKey, row: rowKey, etag, data: dataOf(answer) };
}
