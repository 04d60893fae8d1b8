import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeFolder } from '../../local/own-folder.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'key-guardian-own-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('a folder that is taken', () => {
  it('is made, written to, and gone when it is given back', async () => {
    const folder = await takeFolder(join(home, 'made', 'deep'));
    const file = await folder.write('azure.json', '{}');
    expect(await readFile(file, 'utf8')).toBe('{}');
    expect(await readdir(folder.path)).toEqual(['azure.json']);
    await folder.release();
    expect(await readdir(home)).toEqual([]);
  });

  it('is refused to a second one, which changes nothing', async () => {
    const folder = await takeFolder(join(home, 'taken'));
    await folder.write('azure.json', '{}');
    await expect(takeFolder(join(home, 'taken'))).rejects.toMatchObject({
      name: 'GuardianRunsAlready',
      folder: join(home, 'taken'),
    });
    expect(await readdir(folder.path)).toEqual(['azure.json']);
    await folder.release();
    await (await takeFolder(join(home, 'taken'))).release();
  });

  it('keeps what others put there: a file of theirs, one of ours that says something else, and a folder that was there', async () => {
    const path = join(home, 'shared');
    await mkdir(path);
    await writeFile(join(path, 'policy.json'), 'mine');
    const folder = await takeFolder(path);
    await folder.write('settings.json', 'ours');
    const file = await folder.write('azure.json', 'ours');
    await writeFile(file, 'theirs');
    await folder.release();
    expect((await readdir(path)).toSorted()).toEqual(['azure.json', 'policy.json']);
    await rm(path, { recursive: true });
    await mkdir(path);
    await (await takeFolder(path)).release();
    expect(await readdir(home)).toEqual(['shared']);
  });
});
