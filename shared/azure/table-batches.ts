const ROWS_IN_ONE_TRANSACTION = 100;
// A transaction may have 4 MiB; its envelope, the JSON in JSON and base64 need a part of that.
const BYTES_IN_ONE_TRANSACTION = 1_000_000;

/** A row as it is sent to the service. */
export type Entity = Readonly<Record<string, string | Uint8Array>>;

/**
 * The rows in the same order, in batches for one transaction each: at most 100 rows and at most 1,000,000 bytes of UTF-8 and
 * packed data; a longer row has a batch of its own.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
export function* batches<T extends Entity>(entities: readonly T[]): Generator<readonly T[]> {
  let batch: T[] = [];
  let batchBytes = 0;
  for (const entity of entities) {
    const bytes = bytesOf(entity);
    if (
      batch.length === ROWS_IN_ONE_TRANSACTION ||
      (batch.length > 0 && batchBytes + bytes > BYTES_IN_ONE_TRANSACTION)
    ) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(entity);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}

const bytesOf = (entity: Entity): number =>
  Object.values(entity).reduce((sum, column) => sum + Buffer.byteLength(column), 0);
