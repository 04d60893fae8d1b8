import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseExchanges, readExchanges } from '../../../local/conformance/recordings.ts';

const exchange = {
  what: 'One key; all headers as on the wire.',
  request: { method: 'GET', url: 'https://one.vault.azure.net/keys?api-version=7.5', headers: {}, body: null },
  response: { status: 200, headers: { 'Content-Type': 'application/json', 'x-list': ['a', 'b'] }, body: { value: [] } },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-recordings-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('header names are lower-cased, a header that came twice is one, and the sentence tells whether all are there', () => {
  expect(parseExchanges('keys/list.json', [exchange])).toMatchObject([
    {
      name: 'keys/list.json #1',
      answer: { headers: { 'content-type': 'application/json', 'x-list': 'a, b' }, allHeaders: true },
    },
  ]);
});

test('a sequence says once of what its calls are', () => {
  const { request, response } = exchange;
  const calls = [1, 2].map(() => ({ request, response }));
  expect(parseExchanges('keys/recover.json', { what: 'Delete, recover.', source: 'a test', calls })).toMatchObject([
    { name: 'keys/recover.json #1', what: 'Delete, recover.' },
    { name: 'keys/recover.json #2', what: 'Delete, recover.' },
  ]);
});

test.each([
  ['12', false],
  ['40', true],
])('a body of 12 bytes that was %s long had a name replaced: %s', (length, textReplaced) => {
  const recorded = { ...exchange, response: { ...exchange.response, headers: { 'content-length': length } } };
  expect(parseExchanges('keys/list.json', [recorded])).toMatchObject([{ answer: { textReplaced } }]);
});

test('every JSON file below the folder is read, in the order of its name', async () => {
  await mkdir(join(folder, 'good', 'keys'), { recursive: true });
  await writeFile(join(folder, 'good', 'z.json'), JSON.stringify([exchange]));
  await writeFile(join(folder, 'good', 'keys', 'a.json'), JSON.stringify([exchange, exchange]));
  await writeFile(join(folder, 'good', 'README.md'), 'not an exchange');
  const names = (await readExchanges(join(folder, 'good'))).map(({ name }) => name);
  expect(names).toEqual(['keys/a.json #1', 'keys/a.json #2', 'z.json #1']);
});

test('a file in another form is named, for skipping it would hide its exchanges', async () => {
  await mkdir(join(folder, 'bad'));
  await writeFile(join(folder, 'bad', 'a.json'), JSON.stringify([{ ...exchange, response: { status: '200' } }]));
  await expect(readExchanges(join(folder, 'bad'))).rejects.toMatchObject({
    name: 'UnreadableEvidence',
    path: join(folder, 'bad', 'a.json'),
  });
});

test('a missing folder is named', async () => {
  await expect(readExchanges(join(folder, 'missing'))).rejects.toThrow('The evidence cannot be read: ');
});
