import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../local/folder-lock.ts';

const source = new URL('../../local/folder-lock.ts', import.meta.url).href;

let home = '';
let folder = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'key-guardian-lock-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(home, 'one-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Locks the folder in a process of its own, which says what came of it and stays. */
async function elsewhere(platform: string) {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(source)});
    const unlock = await lockFolder(${JSON.stringify(folder)}, ${JSON.stringify(platform)});
    process.stdout.write(unlock === undefined ? 'taken' : 'locked');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, said };
}

// One whose sockets are files is played here as well: nothing in it asks which system it really is.
describe.each(process.platform === 'win32' ? (['win32'] as const) : ([process.platform, 'darwin'] as const))(
  'the lock of a folder on %s',
  (platform) => {
    it('is had by one, until it is given back', async () => {
      const unlock = await lockFolder(folder, platform);
      expect(await lockFolder(folder, platform)).toBeUndefined();
      await unlock?.();
      const again = await lockFolder(folder, platform);
      expect(again).toBeDefined();
      await again?.();
    });

    it('is had by one of many who want it at the same moment', async () => {
      const locks = await Promise.all(Array.from({ length: 8 }, () => lockFolder(folder, platform)));
      const [unlock, ...others] = locks.filter((lock) => lock !== undefined);
      expect(others).toEqual([]);
      await unlock?.();
    });

    it('keeps another process out, and goes with its process when that is killed', async () => {
      const { child, said } = await elsewhere(platform);
      expect(said).toBe('locked');
      expect(await lockFolder(folder, platform)).toBeUndefined();
      child.kill('SIGKILL');
      await once(child, 'close');
      const unlock = await lockFolder(folder, platform);
      expect(unlock).toBeDefined();
      await unlock?.();
    });

    it('is one for all ways to write a folder, and for one that is not there yet', async () => {
      const link = join(home, `link-${platform}`);
      await symlink(folder, link);
      const unlock = await lockFolder(join(link, 'later', 'folder'), platform);
      expect(await lockFolder(join(folder, 'later', '..', 'later', 'folder'), platform)).toBeUndefined();
      await mkdir(join(folder, 'later', 'folder'), { recursive: true });
      expect(await lockFolder(join(folder, 'later', 'folder'), platform)).toBeUndefined();
      const other = await lockFolder(folder, platform);
      expect(other).toBeDefined();
      await Promise.all([unlock?.(), other?.()]);
    });

    it('leaves no file, in the folder or elsewhere', async () => {
      const sockets = async () =>
        (await readdir(tmpdir()))
          .filter((name) => name.startsWith('key-guardian-') && name.endsWith('.sock'))
          .toSorted();
      const before = await sockets();
      const unlock = await lockFolder(folder, platform);
      expect(await readdir(folder)).toEqual([]);
      await unlock?.();
      expect(await sockets()).toEqual(before);
    });
  },
);
