/**
 * What the guardian asks of storage: rows, messages, append-only streams and documents. `shared/azure/` speaks them to
 * Azure Storage, `test/fakes/` keeps them in memory, and one contract suite holds both.
 *
 * Every call throws `StorageUnreachable` when storage does not answer or refuses for a reason of its own (throttled,
 * forbidden, server error), with the cause. What a caller has to decide on comes back as a value.
 */

/** A row as it was read. `data` is whatever JSON was put in; its reader parses it. */
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
  /** All rows of a partition (or, left out, of the table), in order of their keys, over all pages. */
  list(partition?: string): Promise<readonly Row[]>;
  /** The same in pages as storage gives them, at most 1,000 rows each, read as they are asked for. */
  pages(partition?: string): AsyncIterable<readonly Row[]>;
  /** Puts a new row; `undefined` where one of that key is there already. */
  insert(partition: string, row: string, data: unknown): Promise<Row | undefined>;
  /** Replaces the row if it is still as it was read; `undefined` where it changed or is gone. */
  replace(read: Row, data: unknown): Promise<Row | undefined>;
  /** Puts the row whatever was there. */
  put(partition: string, row: string, data: unknown): Promise<Row>;
  /** Puts several rows of one partition whatever was there, in batches of at most 100. */
  putAll(partition: string, rows: readonly { readonly row: string; readonly data: unknown }[]): Promise<void>;
  /** Removes the row if it is still as it was read; false where it changed or is gone. */
  remove(read: Row): Promise<boolean>;
}

/** One queue. Delivery is at least once and in no order. */
export interface Queue {
  /** @param delaySeconds how long nobody sees it, 0 to 604800; default 0. */
  send(message: unknown, delaySeconds?: number): Promise<void>;
}

/** A stream's blob as it stands. */
export interface StreamState {
  readonly sizeBytes: number;
  /** Committed blocks; a blob takes 50,000. */
  readonly blocks: number;
}

/** Append-only blobs of one container. */
export interface Streams {
  state(name: string): Promise<StreamState | undefined>;
  /** Makes the blob; true if it was made now, false if it was there. */
  create(name: string): Promise<boolean>;
  /**
   * Appends one block if the blob is exactly `atSizeBytes` long; 'moved' where it is not (somebody else appended), and
   * 'full' where the blob takes no more blocks.
   */
  append(name: string, text: string, atSizeBytes: number): Promise<'appended' | 'moved' | 'full'>;
  /**
   * The text from one byte position to another; `undefined` where there is no such blob.
   *
   * @param fromByte default 0
   * @param untilByte not below `fromByte`; default: the end as it then is
   */
  read(name: string, fromByte?: number, untilByte?: number): Promise<string | undefined>;
  /** Names that begin with the prefix, in order. */
  list(prefix: string): Promise<readonly string[]>;
}

/** Documents that are written once and read by people: what could not be parsed goes here whole. */
export interface Documents {
  /** Writes a new document; false where one of that name is there. */
  create(name: string, content: string): Promise<boolean>;
  read(name: string): Promise<string | undefined>;
}
