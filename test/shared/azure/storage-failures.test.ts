import { createServer, type RequestListener, type Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { startStorage } from '../../../local/storage.ts';
import { documents } from '../../../shared/azure/documents.ts';
import { queue } from '../../../shared/azure/queues.ts';
import { storageClients } from '../../../shared/azure/storage-clients.ts';
import { streams } from '../../../shared/azure/streams.ts';
import { table } from '../../../shared/azure/tables.ts';
import { StorageUnreachable } from '../../../shared/errors.ts';

const accountKey = Buffer.from('nobody may read this key').toString('base64');
const row = { partition: 'vault', row: 'key', etag: 'W/"1"', data: 1 };

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A storage account that answers every request in one way. */
async function account(answer: RequestListener): Promise<string> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return connectionString(address.port);
}

function connectionString(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/account`;
  const endpoints = ['Blob', 'Queue', 'Table'].map((service) => `${service}Endpoint=${endpoint}`);
  return ['DefaultEndpointsProtocol=http', 'AccountName=account', `AccountKey=${accountKey}`, ...endpoints].join(';');
}

/** @see https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
function refusing(status: number, code: string, counted?: () => void): RequestListener {
  return (request, response) => {
    counted?.();
    const asTable = request.headers.accept?.includes('json') === true;
    response.statusCode = status;
    response.setHeader('x-ms-error-code', code);
    response.setHeader('content-type', asTable ? 'application/json' : 'application/xml');
    request.resume().on('end', () => {
      const json = JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } });
      const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
      response.end(request.method === 'HEAD' ? undefined : asTable ? json : xml);
    });
  };
}

function calls(value: string): Readonly<Record<string, () => Promise<unknown>>> {
  const clients = storageClients({ kind: 'connection-string', value });
  const rows = table(clients.table('keys'));
  const audit = streams(clients.container('audit'));
  const setAside = documents(clients.container('set-aside'));
  return {
    'table get': () => rows.get('vault', 'key'),
    'table list': () => rows.list('vault'),
    'table insert': () => rows.insert('vault', 'key', 1),
    'table replace': () => rows.replace(row, 2),
    'table put': () => rows.put('vault', 'key', 1),
    'table remove': () => rows.remove(row),
    'queue send': () => queue(clients.queue('inspections')).send(1),
    'streams state': () => audit.state('a'),
    'streams create': () => audit.create('a'),
    'streams append': () => audit.append('a', 'x', 0),
    'streams read': () => audit.read('a'),
    'streams list': () => audit.list(''),
    'documents create': () => setAside.create('a', 'x'),
    'documents read': () => setAside.read('a'),
  };
}

async function failures(value: string): Promise<Readonly<Record<string, unknown>>> {
  const all = Object.entries(calls(value)).map(async ([name, call]) => {
    const failure = await call().then(
      (answer) => ({ answered: answer }),
      (error: unknown) => error,
    );
    return [name, failure] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

/**
 * Whether that was over before a timer that began with it: the limits of the calls are timers of the same process, which a
 * busy machine makes late alike, so that only their order is certain.
 */
async function isOverWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const tooLate = new Promise<false>((resolve) => {
    AbortSignal.timeout(ms).addEventListener('abort', async () => {
      // What ended before may still be on its way through the client.
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
      resolve(false);
    });
  });
  return Promise.race([work.then(() => true), tooLate]);
}

describe('every call to storage', () => {
  it('throws StorageUnreachable within 5 seconds while nobody listens', async () => {
    const storage = await startStorage();
    await storage.stop();
    const all = failures(storage.connectionString);
    expect(await isOverWithin(5_000, all)).toBe(true);
    for (const [name, failure] of Object.entries(await all)) {
      expect(failure, name).toBeInstanceOf(StorageUnreachable);
      expect(failure, name).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    }
  });

  it('throws StorageUnreachable within 5 seconds while storage takes the request and never answers', async () => {
    const value = await account(() => {});
    const all = failures(value);
    expect(await isOverWithin(5_000, all)).toBe(true);
    for (const [name, failure] of Object.entries(await all)) {
      expect(failure, name).toBeInstanceOf(StorageUnreachable);
    }
  });

  it.each([
    [403, 'AuthorizationFailure'],
    [403, 'AuthorizationPermissionMismatch'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'ServerBusy'],
    [409, 'TableBeingDeleted'],
    [404, 'AccountIsDisabled'],
    [404, 'TableNotFound or anything like it'],
  ])('throws StorageUnreachable where storage answers %i %s, never "not there"', async (status, code) => {
    const value = await account(refusing(status, code));
    for (const [name, failure] of Object.entries(await failures(value))) {
      expect(failure, name).toBeInstanceOf(StorageUnreachable);
      expect(failure, name).toMatchObject({ cause: { statusCode: status } });
    }
  });

  it('says what it was doing and never shows the account key', async () => {
    const value = await account(refusing(403, 'AuthenticationFailed'));
    const all = await failures(value);
    expect(all['table get']).toMatchObject({ message: expect.stringContaining('vault/key of table keys') });
    for (const [name, failure] of Object.entries(all)) {
      const text = inspect(failure, { depth: 10 });
      expect(text, name).not.toContain(accountKey);
      expect(text, name).not.toMatch(/SharedKey(Lite)? account:/);
    }
  });

  it('asks at most twice', async () => {
    let requests = 0;
    const value = await account(refusing(503, 'ServerBusy', () => (requests += 1)));
    for (const [name, call] of Object.entries(calls(value))) {
      requests = 0;
      await expect(call(), name).rejects.toThrow(StorageUnreachable);
      expect(requests, name).toBe(2);
    }
  });

  it.each([
    [503, 'ServerBusy'],
    [429, 'TooManyRequests'],
  ])('is throttled where storage answers %i %s, and does not wait for its Retry-After', async (status, code) => {
    const value = await account((request, response) => {
      response.setHeader('retry-after', '40');
      refusing(status, code)(request, response);
    });
    const all = failures(value);
    expect(await isOverWithin(4_500, all)).toBe(true);
    for (const [name, failure] of Object.entries(await all)) expect(failure, name).toMatchObject({ kind: 'throttled' });
  });

  it('makes a missing place once and does not go on for ever when it stays missing', async () => {
    let requests = 0;
    const value = await account((request, response) => {
      requests += 1;
      const making = request.method === 'POST' && request.url?.endsWith('/Tables');
      if (making) request.resume().on('end', () => response.writeHead(204).end());
      else refusing(404, 'TableNotFound')(request, response);
    });
    await expect(calls(value)['table insert']?.()).rejects.toThrow(StorageUnreachable);
    expect(requests).toBe(3);
  });
});

describe('a row', () => {
  const keys = { PartitionKey: 'vault', RowKey: 'key', json: '1' };
  const etag = { 'odata.etag': 'W/"1"' };

  it.each([
    ['the answer is whole', { ...keys, ...etag }, true],
    ['it has no ETag', keys, false],
    ['it has no partition', { RowKey: 'key', json: '1', ...etag }, false],
    ['its name is no text', { ...keys, RowKey: 5, ...etag }, false],
  ])('is read only where the answer names it: %s', async (_, entity, isRead) => {
    const value = await account((request, response) => {
      response.setHeader('content-type', 'application/json');
      const listed = request.url?.includes('/keys()');
      request.resume().on('end', () => response.end(JSON.stringify(listed ? { value: [entity] } : entity)));
    });
    const { get, list } = table(storageClients({ kind: 'connection-string', value }).table('keys'));
    if (isRead) {
      expect(await get('vault', 'key')).toEqual(row);
      expect(await list('vault')).toEqual([row]);
    } else {
      await expect(get('vault', 'key')).rejects.toThrow(StorageUnreachable);
      await expect(list('vault')).rejects.toThrow(StorageUnreachable);
    }
  });

  it('is not written where the answer gives no ETag to know it by', async () => {
    const value = await account((request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    const { 'table insert': insert, 'table replace': replace, 'table put': put } = calls(value);
    for (const call of [insert, replace, put]) await expect(call?.()).rejects.toThrow(StorageUnreachable);
  });
});

describe('an append blob', () => {
  it('is full where the service counts no further block', async () => {
    const value = await account(refusing(409, 'BlockCountExceedsLimit'));
    expect(await calls(value)['streams append']?.()).toBe('full');
  });
});

describe('a stream', () => {
  it('has nothing more where the service says that the position is its end', async () => {
    const value = await account(refusing(416, 'InvalidRange'));
    expect(await calls(value)['streams read']?.()).toBe('');
  });
});
