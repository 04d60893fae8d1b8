/**
 * Storage in memory, for tests: the same behaviour as the adapters in shared/azure/, held by the same contract suite
 * (test/shared/azure/storage.contract.ts). What goes in and out is copied as JSON, as the real storage does.
 */
import { wholeSecond } from '../../shared/domain/time.ts';
import { StorageUnreachable } from '../../shared/errors.ts';
import type { Documents, Queue, Row, Streams, Table } from '../../shared/storage.ts';

export interface FakeOptions {
  /**
   * Called before each call takes effect, with the name of the port's function (`'insert'`, `'append'` …). What it
   * throws fails that call as `StorageUnreachable`; a promise makes the call wait.
   */
  readonly onCall?: (name: string) => void | Promise<void>;
}

async function called(options: FakeOptions, name: string): Promise<void> {
  try {
    await options.onCall?.(name);
  } catch (error) {
    throw error instanceof StorageUnreachable ? error : new StorageUnreachable(`${name} on a fake`, error);
  }
}

function copy(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data) ?? 'null');
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const byKeys = (a: Row, b: Row): number => byCodeUnit(a.partition, b.partition) || byCodeUnit(a.row, b.row);

/** As the service gives. */
const ROWS_IN_ONE_PAGE = 1_000;

/** A table in memory. */
export function fakeTable(options: FakeOptions = {}): Table {
  const rows = new Map<string, Row>();
  const keyOf = (partition: string, row: string): string => JSON.stringify([partition, row]);
  let writes = 0;

  function write(partition: string, row: string, data: unknown): Row {
    writes += 1;
    const written: Row = { partition, row, etag: `W/"${writes}"`, data: copy(data) };
    rows.set(keyOf(partition, row), written);
    return read(written);
  }
  const read = (row: Row): Row => ({ ...row, data: copy(row.data) });
  const unchanged = (row: Row): boolean => rows.get(keyOf(row.partition, row.row))?.etag === row.etag;

  /** Each page goes on after the last row of the one before, as the service's do: rows may come and go meanwhile. */
  async function* pages(partition?: string): AsyncGenerator<readonly Row[]> {
    let after: Row | undefined;
    do {
      await called(options, 'list');
      const page = [...rows.values()]
        .filter((row) => partition === undefined || row.partition === partition)
        .filter((row) => after === undefined || byKeys(row, after) > 0)
        .sort(byKeys)
        .slice(0, ROWS_IN_ONE_PAGE);
      yield page.map(read);
      after = page.length < ROWS_IN_ONE_PAGE ? undefined : page.at(-1);
    } while (after !== undefined);
  }

  return {
    async get(partition, row) {
      await called(options, 'get');
      const found = rows.get(keyOf(partition, row));
      return found === undefined ? undefined : read(found);
    },
    list: async (partition) => (await Array.fromAsync(pages(partition))).flat(),
    pages,
    async insert(partition, row, data) {
      await called(options, 'insert');
      return rows.has(keyOf(partition, row)) ? undefined : write(partition, row, data);
    },
    async replace(row, data) {
      await called(options, 'replace');
      return unchanged(row) ? write(row.partition, row.row, data) : undefined;
    },
    async put(partition, row, data) {
      await called(options, 'put');
      return write(partition, row, data);
    },
    async remove(row) {
      await called(options, 'remove');
      return unchanged(row) && rows.delete(keyOf(row.partition, row.row));
    },
  };
}

export interface FakeMessage {
  readonly message: unknown;
  /** By the process's `Date` at the time of sending, the delay added. */
  readonly visibleAt: Date;
}

export interface FakeQueue extends Queue {
  /** All that were sent and not taken, in the order of sending. */
  readonly messages: readonly FakeMessage[];
  /** Takes away, and gives, every message that is visible at that moment. Default: now. */
  take(now?: Date): readonly unknown[];
}

/** 64 KiB in base64. @see https://learn.microsoft.com/rest/api/storageservices/put-message#remarks */
const MOST_BYTES = 48 * 1024;

/** A queue in memory. */
export function fakeQueue(options: FakeOptions = {}): FakeQueue {
  const messages: FakeMessage[] = [];
  return {
    messages,
    async send(message, delaySeconds = 0) {
      await called(options, 'send');
      const bytes = Buffer.byteLength(JSON.stringify(message) ?? 'null');
      if (bytes > MOST_BYTES) throw new StorageUnreachable('send on a fake', new Error(`${bytes} bytes are too many`));
      messages.push({ message: copy(message), visibleAt: new Date(Date.now() + delaySeconds * 1000) });
    },
    take(now = new Date()) {
      const visible = messages.filter(({ visibleAt }) => visibleAt <= now);
      for (const each of visible) messages.splice(messages.indexOf(each), 1);
      return visible.map(({ message }) => message);
    },
  };
}

/**
 * Append-only streams in memory.
 *
 * @param options.maxBlocks how many blocks a stream takes, default 50,000 as in Azure
 */
export function fakeStreams(options: FakeOptions & { readonly maxBlocks?: number } = {}): Streams {
  const streams = new Map<string, Buffer[]>();
  const changed = new Map<string, Date>();
  const note = (name: string): void => void changed.set(name, wholeSecond(new Date()));
  const namesOf = (prefix: string): readonly string[] =>
    [...streams.keys()].filter((name) => name.startsWith(prefix)).sort(byCodeUnit);
  const maxBlocks = options.maxBlocks ?? 50_000;
  const sizeOf = (blocks: readonly Buffer[]): number => blocks.reduce((sum, block) => sum + block.length, 0);

  return {
    async state(name) {
      await called(options, 'state');
      const blocks = streams.get(name);
      return blocks === undefined ? undefined : { sizeBytes: sizeOf(blocks), blocks: blocks.length };
    },
    async create(name) {
      await called(options, 'create');
      if (streams.has(name)) return false;
      streams.set(name, []);
      note(name);
      return true;
    },
    async append(name, text, atSizeBytes) {
      await called(options, 'append');
      const blocks = streams.get(name);
      if (blocks === undefined || sizeOf(blocks) !== atSizeBytes) return 'moved';
      if (blocks.length >= maxBlocks) return 'full';
      blocks.push(Buffer.from(text));
      note(name);
      return 'appended';
    },
    async read(name, fromByte = 0, untilByte) {
      await called(options, 'read');
      const blocks = streams.get(name);
      return blocks === undefined ? undefined : Buffer.concat(blocks).subarray(fromByte, untilByte).toString('utf8');
    },
    async bytes(name, fromByte, untilByte) {
      await called(options, 'bytes');
      const blocks = streams.get(name);
      return blocks && Buffer.concat(blocks).subarray(fromByte, untilByte);
    },
    async list(prefix) {
      await called(options, 'list');
      return namesOf(prefix);
    },
    async changes(prefix) {
      await called(options, 'changes');
      return namesOf(prefix).map((name) => ({ name, changedAt: changed.get(name) ?? new Date(0) }));
    },
  };
}

/** Documents in memory. */
export function fakeDocuments(options: FakeOptions = {}): Documents {
  const documents = new Map<string, string>();
  return {
    async create(name, content) {
      await called(options, 'create');
      if (documents.has(name)) return false;
      documents.set(name, content);
      return true;
    },
    async read(name) {
      await called(options, 'read');
      return documents.get(name);
    },
  };
}
