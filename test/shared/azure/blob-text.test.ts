import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { textOf } from '../../../shared/azure/blob-text.ts';
import { storageClients } from '../../../shared/azure/storage-clients.ts';

let server: Server | undefined;
/** Nothing ends these texts early. */
const never = new AbortController().signal;

afterEach(() => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** The client of a blob of so many bytes, in an account that answers in one way. */
async function blob(bytes: number, answer: RequestListener) {
  const started = createServer((request, response) => {
    response.setHeader('etag', '"1"').setHeader('content-length', bytes);
    answer(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const value = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:${address.port}/a`;
  return storageClients({ kind: 'connection-string', value }).container('audit').getBlobClient('day/a.jsonl');
}

it.each([
  ['from the beginning to its end', 0, undefined, undefined],
  ['from a position on', 5, undefined, 'bytes=5-'],
  ['up to a position', 0, 5, 'bytes=0-4'],
  ['of one byte', 5, 6, 'bytes=5-5'],
])('asks for the text %s', async (_, fromByte, untilByte, range) => {
  let asked: unknown;
  const client = await blob(4, (request, response) => {
    asked = request.headers['x-ms-range'];
    response.end('text');
  });
  expect(await textOf(client, never, fromByte, untilByte)).toBe('text');
  expect(asked).toBe(range);
});

it('asks nothing for a text of no length', async () => {
  let requests = 0;
  const client = await blob(4, (_, response) => {
    requests += 1;
    response.end('text');
  });
  expect(await textOf(client, never, 5, 5)).toBe('');
  expect(requests).toBe(0);
});

it('keeps a character whole that comes in two parts', async () => {
  const [first, second] = [Buffer.from('🔑').subarray(0, 2), Buffer.from('🔑').subarray(2)];
  const client = await blob(4, (_, response) => {
    response.write(first);
    setTimeout(() => response.end(second), 20); // a part of its own
  });
  expect(await textOf(client, never, 0)).toBe('🔑');
});

it('waits longer for a text that has begun to come than for one that has not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const client = await blob(11, async (_, response) => {
    const waitingForAnAnswer = vi.getTimerCount();
    response.write('a long ');
    await vi.waitUntil(() => vi.getTimerCount() < waitingForAnAnswer, { timeout: 20_000 });
    vi.advanceTimersByTime(50_000);
    response.end('text');
  });
  expect(await textOf(client, never, 0)).toBe('a long text');
});

it('throws where a text has not begun to come after 4.5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const client = await blob(4, () => vi.advanceTimersByTime(4_500));
  await expect(textOf(client, never, 0)).rejects.toMatchObject({ name: 'NoAnswerInTime' });
});
