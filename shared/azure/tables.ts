import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { StorageUnreachable } from '../errors.ts';
import type { Row, Table } from '../storage.ts';
import { onePage } from './pages.ts';
import { callDeadline, placeIn } from './storage-errors.ts';
import { columnsOf, dataOf } from './table-columns.ts';

const IN_ONE_TRANSACTION = 100;
// A transaction's body takes 4 MiB; its envelope, the JSON in JSON and base64 take their part.
const BYTES_IN_ONE_TRANSACTION = 1_000_000;

/**
 * Rows of Azure Table Storage. A lost answer is asked for again by the client, so an `insert` that took hold may come
 * back as `undefined`: read the row to see whose it is.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 * @see https://learn.microsoft.com/rest/api/storageservices/query-entities
 */
export function table(client: TableClient): Table {
  const name = client.tableName;
  const place = placeIn(() => client.createTable({ abortSignal: callDeadline() }));
  const entity = (partition: string, row: string, data: unknown) => ({
    partitionKey: partition,
    rowKey: row,
    ...columnsOf(data),
  });

  /** The row as it stands after a write: what comes back is what the JSON holds. */
  function written(partition: string, row: string, data: unknown, etag: string | undefined, doing: string): Row {
    if (etag === undefined) throw new StorageUnreachable(doing, new Error('The answer carried no ETag.'));
    return { partition, row, etag, data: dataOf(columnsOf(data)) };
  }

  return {
    get: (partition, row) =>
      place.read(
        `reading ${partition}/${row} of table ${name}`,
        async () => toRow(await client.getEntity(partition, row, { abortSignal: callDeadline() })),
        { ResourceNotFound: undefined, TableNotFound: undefined },
      ),

    async list(partition) {
      const queryOptions = partition === undefined ? {} : { filter: odata`PartitionKey eq ${partition}` };
      // The service gives rows in order of their keys.
      const rows: Row[] = [];
      let continuationToken: string | undefined;
      do {
        const page = await place.read(
          `listing ${partition ?? 'all rows'} of table ${name}`,
          // A page a call, so that each has a deadline of its own and a long list does not run out of time.
          () => onePage(client.listEntities({ queryOptions, abortSignal: callDeadline() }), continuationToken),
          { TableNotFound: undefined },
        );
        rows.push(...(page ?? []).map(toRow));
        continuationToken = page?.continuationToken;
      } while (continuationToken !== undefined);
      return rows;
    },

    insert(partition, row, data) {
      const doing = `inserting ${partition}/${row} into table ${name}`;
      return place.write(
        doing,
        async () => {
          const { etag } = await client.createEntity(entity(partition, row, data), { abortSignal: callDeadline() });
          return written(partition, row, data, etag, doing);
        },
        { EntityAlreadyExists: undefined },
      );
    },

    replace(read, data) {
      const doing = `replacing ${read.partition}/${read.row} in table ${name}`;
      return place.read(
        doing,
        async () => {
          const condition = { etag: read.etag, abortSignal: callDeadline() };
          const { etag } = await client.updateEntity(entity(read.partition, read.row, data), 'Replace', condition);
          return written(read.partition, read.row, data, etag, doing);
        },
        { UpdateConditionNotSatisfied: undefined, ResourceNotFound: undefined, TableNotFound: undefined },
      );
    },

    put(partition, row, data) {
      const doing = `putting ${partition}/${row} into table ${name}`;
      return place.write(
        doing,
        async () => {
          const options = { abortSignal: callDeadline() };
          const { etag } = await client.upsertEntity(entity(partition, row, data), 'Replace', options);
          return written(partition, row, data, etag, doing);
        },
        {},
      );
    },

    async putAll(partition, rows) {
      // A transaction takes a row once; of two with one key the later one stands, as if they were put one by one.
      const once = [...new Map(rows.map(({ row, data }) => [row, entity(partition, row, data)])).values()];
      for (const batch of batches(once)) {
        const actions = batch.map((each): TransactionAction => ['upsert', each, 'Replace']);
        await place.write(
          `putting ${actions.length} rows of ${partition} into table ${name}`,
          () => client.submitTransaction(actions, { abortSignal: callDeadline() }),
          {},
        );
      }
    },

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

function toRow(entity: Readonly<Record<string, unknown>>): Row {
  return {
    partition: String(entity.partitionKey),
    row: String(entity.rowKey),
    etag: String(entity.etag),
    data: dataOf(entity),
  };
}

function* batches<T extends Readonly<Record<string, string | Uint8Array>>>(
  entities: readonly T[],
): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const entity of entities) {
    const size = Object.values(entity).reduce((sum, column) => sum + column.length, 0);
    if (batch.length === IN_ONE_TRANSACTION || (batch.length > 0 && bytes + size > BYTES_IN_ONE_TRANSACTION)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entity);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
