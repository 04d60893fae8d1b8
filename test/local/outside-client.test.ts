import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findLocalAzure, outsideConnection } from '../../local/outside-client.ts';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-outside-'));
  file = join(folder, 'azure.json');
});
beforeEach(() => rm(file, { recursive: true, force: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

const about = (url: string): string =>
  JSON.stringify({ vaults: [{ name: 'contoso', url }], caFile: 'ca.pem', identities: [] });
const refused = (): Promise<unknown> => findLocalAzure(folder).catch((error: unknown) => error);

describe('where the local Azure is', () => {
  it('is not said while none runs, and the sentence says how to start one', async () => {
    expect(await refused()).toMatchObject({
      name: 'LocalAzureMissing',
      message: `No local guardian runs here: ${file} is not there. Start one with "npm start" and leave it running.`,
    });
  });

  it.each([
    ['is damaged', '{'],
    ['lacks what has to be there', '{}'],
    ['has an address that is none', about('nowhere')],
    ['has an address that is not https', about('http://contoso.vault.azure.net:1')],
  ])('cannot be read where the file %s, which keeps no other from starting', async (_, text) => {
    await writeFile(file, text);
    expect(await refused()).toMatchObject({
      name: 'LocalAzureMissing',
      message: `${file} cannot be read: stop "npm start" and start it again.`,
    });
  });

  it('cannot be read where the file is a folder', async () => {
    await mkdir(file);
    expect(await refused()).toMatchObject({
      name: 'LocalAzureMissing',
      message: `${file} cannot be read: stop "npm start" and start it again.`,
    });
  });
});

it('no connection is made where the certificate is gone, and the sentence says what to do', async () => {
  const caFile = join(folder, 'ca.pem');
  await expect(outsideConnection({ vaults: [], caFile, identities: [] })).rejects.toMatchObject({
    name: 'LocalAzureMissing',
    message: `${caFile} cannot be read: stop "npm start" and start it again.`,
  });
});
