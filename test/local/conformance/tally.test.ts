import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WireRequest, WireResponse } from '../../../local/azure/types.ts';
import { openNotes, readNotes } from '../../../local/conformance/tally.ts';

const request: WireRequest = {
  method: 'PATCH',
  url: 'https://one.vault.azure.net/keys/disk?api-version=7.5',
  headers: { authorization: 'Bearer secret-token' },
  body: '{"attributes":{}}',
};
const response: WireResponse = { status: 200, headers: {}, body: '{}' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-tally-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('answers of several processes are added up, and the wrong ones are kept with request and complaints', () => {
  const one = openNotes(folder, '1');
  const two = openNotes(folder, '2');
  one(request, response, []);
  two(request, response, ['body: wrong', 'headers: wrong']);
  one(request, response, []);
  expect(readNotes(folder)).toEqual({
    answers: 3,
    wrong: [
      {
        request: 'PATCH https://one.vault.azure.net/keys/disk?api-version=7.5 {"attributes":{}}',
        response: '200 {}',
        differences: ['body: wrong', 'headers: wrong'],
      },
    ],
  });
});

test('a note is on disk when the call returns, so that a killed process loses none', () => {
  openNotes(folder, '1')(request, response, []);
  expect(readNotes(folder).answers).toBe(1);
});

test('no note holds a token, or a body in which key material may be', async () => {
  openNotes(folder, '1')({ ...request, method: 'PUT', body: '{"key":{"d":"private"}}' }, response, ['wrong']);
  const files = await readdir(folder);
  const written = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  expect(written.join('\n')).toContain('PUT https://one');
  expect(written.join('\n')).not.toMatch(/secret-token|private/);
});

test('nothing noted is no answers', () => {
  expect(readNotes(folder)).toEqual({ answers: 0, wrong: [] });
});
