/**
 * What the guardian needs of storage: rows, messages, append-only streams and documents. `shared/azure/` implements them with
 * Azure Storage, `test/fakes/` in memory; one contract suite tests both.
 *
 * Every call throws `StorageUnreachable`, with the cause, where storage does not answer or refuses (throttled, forbidden,
 * server error). Results on which a caller has to decide are returned as values.
 */

/** A row as it was read. `data` is the JSON that was written; its reader parses it. */
export interface Row {
  readonly partition: string;
  readonly row: string;
  /** Changes with every write of the row. */
  readonly etag: string;
  readonly data: unknown;
}

/** One table. Partition and row keys are case-sensitive strings without / \ # ? and control characters. */
export interface Table {
  get(partition: string, row: string): Promise<Row | undefined>;
  /** All rows of a partition (of the table where none is given), in order of their keys, from all pages. */
  list(partition?: string): Promise<readonly Row[]>;
  /** The same rows in pages of at most 1,000; each page is read when it is asked for. */
  pages(partition?: string): AsyncIterable<readonly Row[]>;
  /** Inserts a row; `undefined` where it exists already. */
  insert(partition: string, row: string, data: unknown): Promise<Row | undefined>;
  /** Replaces a row if it is still as it was read; `undefined` where it changed or is gone. */
  replace(read: Row, data: unknown): Promise<Row | undefined>;
  /** Writes a row, whether it exists or not. */
  put(partition: string, row: string, data: unknown): Promise<Row>;
  /** Removes a row if it is still as it was read; false where it changed or is gone. */
  remove(read: Row): Promise<boolean>;
}

/** One queue. Delivery is at least once and in no order. */
export interface Queue {
  /** @param delaySeconds seconds before it can be received, 0 to 604800; default 0. */
  send(message: unknown, delaySeconds?: number): Promise<void>;
}

/** The present state of a blob of a stream. */
export interface StreamState {
  readonly sizeBytes: number;
  /** Committed blocks; a blob can have 50,000. */
  readonly blocks: number;
}

/** When something was last appended to a blob of a stream, or when it was made. */
export interface StreamChange {
  readonly name: string;
  readonly changedAt: Date;
}

/** Append-only blobs of one container. */
export interface Streams {
  state(name: string): Promise<StreamState | undefined>;
  /** Makes a blob; true where it was made now, false where it existed. */
  create(name: string): Promise<boolean>;
  /**
   * Appends one block if the blob is exactly `atSizeBytes` long; 'moved' where it is not, because somebody else appended;
   * 'full' where the blob cannot have more blocks.
   */
  append(name: string, text: string, atSizeBytes: number): Promise<'appended' | 'moved' | 'full'>;
  /**
   * The text from one byte position to another; `undefined` where there is no such blob.
   *
   * @param fromByte default 0
   * @param untilByte not below `fromByte`; default: the end as it then is
   */
  read(name: string, fromByte?: number, untilByte?: number): Promise<string | undefined>;
  /** As `read`, the bytes themselves: somebody else may have appended what is no UTF-8. */
  bytes(name: string, fromByte: number, untilByte: number): Promise<Uint8Array | undefined>;
  /** Names that begin with the prefix, in order. */
  list(prefix: string): Promise<readonly string[]>;
  /** The same blobs, each with the time of its last append by the clock of storage, in whole seconds. */
  changes(prefix: string): Promise<readonly StreamChange[]>;
}

/** Documents that are written once and read by people: here what could not be parsed is quarantined in full. */
export interface Documents {
  /** Writes a new document; false where one of that name exists. */
  create(name: string, content: string): Promise<boolean>;
  read(name: string): Promise<string | undefined>;
}
