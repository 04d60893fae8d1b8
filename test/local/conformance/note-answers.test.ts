import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WireRequest, WireResponse } from '../../../local/azure/types.ts';
import { noteAnswers } from '../../../local/conformance/note-answers.ts';
import { readNotes } from '../../../local/conformance/tally.ts';
import { shapes } from './shapes.ts';

let schemas = '';
let notes = '';
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-notes-'));
  schemas = join(folder, 'schemas');
  notes = join(folder, 'notes');
  await mkdir(schemas);
  await mkdir(notes);
  await writeFile(join(schemas, 'keys.schema.json'), JSON.stringify(shapes.schema));
  await writeFile(join(schemas, 'operations.json'), JSON.stringify(shapes.operations));
  await writeFile(join(schemas, 'errors.json'), JSON.stringify(shapes.errors));
});
afterEach(() => rm(join(schemas, '..'), { recursive: true }));

const request: WireRequest = { method: 'GET', url: 'https://one.vault.azure.net/keys/disk', headers: {}, body: '' };
const malformed: WireResponse = { status: 200, headers: {}, body: 'sorry' };

test('an answer is counted, and what is wrong with it noted', () => {
  noteAnswers(schemas, notes)(request, malformed);
  expect(readNotes(notes)).toMatchObject({
    answers: 1,
    wrong: [{ differences: expect.arrayContaining(['body: is not JSON']) }],
  });
});

test('an answer malformed on purpose is neither counted nor asked', () => {
  noteAnswers(schemas, notes)(request, { ...malformed, malformedOnPurpose: true });
  expect(readNotes(notes)).toEqual({ answers: 0, wrong: [] });
});

test('shapes that cannot be read stop the process, for unchecked answers would count as good', async () => {
  await rm(join(schemas, 'errors.json'));
  expect(() => noteAnswers(schemas, notes)).toThrow('The evidence cannot be read: ');
});

const azure = new URL('../../../local/azure/azure.ts', import.meta.url).href;

/** A process of its own that asks a local Azure once, without a token. */
const askOnce = `
  import { createLocalAzure } from ${JSON.stringify(azure)};
  const azure = createLocalAzure({ vaults: [{ name: 'one' }], identities: [] });
  const answer = await azure.handle({ method: 'GET', url: 'https://one.vault.azure.net/keys/disk?api-version=7.5', headers: {}, body: '' });
  console.log(answer.status);
`;

const ask = (environment: Readonly<Record<string, string>>): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(process.execPath, ['--input-type=module', '--eval', askOnce], {
    env: { PATH: process.env.PATH ?? '', ...environment },
  });

test('every local Azure of a process that inherits the two variables notes its answers', async () => {
  const { stdout } = await ask({ LOCAL_AZURE_SCHEMAS: schemas, LOCAL_AZURE_ANSWERS: notes });
  expect(stdout.trim()).toBe('401');
  expect(readNotes(notes).answers).toBe(1);
});

test('a process without them checks nothing', async () => {
  await ask({});
  expect(readNotes(notes).answers).toBe(0);
});
