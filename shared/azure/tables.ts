import { odata, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { Row, Table } from '../storage.ts';
import { onePage } from './pages.ts';
import { type Place, placeIn } from './storage-errors.ts';
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
  const place = placeIn((abortSignal) => client.createTable({ abortSignal }));

  return {
    get: (partition, row) =>
      place.read(
        `reading ${partition}/${row} of table ${name}`,
        async (abortSignal) => toRow(await client.getEntity(partition, row, { abortSignal })),
        { ResourceNotFound: undefined, TableNotFound: undefined },
      ),

    list: async (partition) => (await Array.fromAsync(pagesOf(client, place, partition))).flat(),

    pages: (partition) => pagesOf(client, place, partition),

    insert: (partition, row, data) =>
      place.write(
        `inserting ${partition}/${row} into table ${name}`,
        (abortSignal) => written(partition, row, data, (entity) => client.createEntity(entity, { abortSignal })),
        { EntityAlreadyExists: undefined },
      ),

    replace: ({ partition, row, etag }, data) =>
      place.read(
        `replacing ${partition}/${row} in table ${name}`,
        (abortSignal) =>
          written(partition, row, data, (entity) => client.updateEntity(entity, 'Replace', { etag, abortSignal })),
        { UpdateConditionNotSatisfied: undefined, ResourceNotFound: undefined, TableNotFound: undefined },
      ),

    put: (partition, row, data) =>
      place.write(
        `putting ${partition}/${row} into table ${name}`,
        (abortSignal) =>
          written(partition, row, data, (entity) => client.upsertEntity(entity, 'Replace', { abortSignal })),
        {},
      ),

    remove: (read) =>
      place.read(
        `removing ${read.partition}/${read.row} from table ${name}`,
        async (abortSignal) => {
          await client.deleteEntity(read.partition, read.row, { etag: read.etag, abortSignal });
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
      async (abortSignal) => {
        const read = await onePage(client.listEntities({ queryOptions, abortSignal }), continuationToken);
        return { rows: (read ?? []).map(toRow), continuationToken: read?.continuationToken };
      },
      { TableNotFound: undefined },
    );
    yield page?.rows ?? [];
    continuationToken = page?.continuationToken;
  } while (continuationToken !== undefined);
}

/** The row as it is after a write, with the ETag of the answer. */
async function written(
  partitionKey: string,
  rowKey: string,
  data: unknown,
  write: (entity: Entity) => Promise<{ readonly etag?: string }>,
): Promise<Row> {
  const entity = { partitionKey, rowKey, ...columnsOf(data) };
  const { etag } = await write(entity);
  return toRow({ ...entity, etag });
}

type Entity = Readonly<Record<string, string | Uint8Array>> & Readonly<Record<'partitionKey' | 'rowKey', string>>;

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
