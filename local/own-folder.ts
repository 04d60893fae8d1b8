import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../shared/alerts/error-code.ts';
import { lockFolder } from './folder-lock.ts';

/** Another local guardian runs and says in the same folder where it is. */
export class GuardianRunsAlready extends Error {
  override readonly name = 'GuardianRunsAlready';
  readonly folder: string;
  constructor(folder: string) {
    super('A local guardian runs already: stop it, or give this one a folder of its own with --folder.');
    this.folder = folder;
  }
}

/** A folder that one local guardian has for itself. */
export interface OwnFolder {
  /** Its whole path. */
  readonly path: string;
  /** Writes a file, whole at once, and gives its path. */
  write(name: string, text: string): Promise<string>;
  /** Removes a file, where it is there. */
  remove(name: string): Promise<void>;
  /** Removes what was written, and the folders that were made for it and are empty; what others put there stays. */
  release(): Promise<void>;
}

/** Takes a folder, and makes it where it is not there. Throws `GuardianRunsAlready` where a process that runs has it. */
export async function takeFolder(folder: string): Promise<OwnFolder> {
  const path = resolve(folder);
  const unlock = await lockFolder(path);
  if (unlock === undefined) throw new GuardianRunsAlready(folder);
  const made = await mkdir(path, { recursive: true });
  const written = new Map<string, string>();
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      written.set(file, text);
      // Renamed when it is whole: nobody reads half of it.
      written.set(`${file}.new`, text);
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
      return file;
    },
    remove: (name) => rm(join(path, name), { force: true }),
    async release() {
      for (const [file, text] of written) await removeOurs(file, text);
      if (made !== undefined) await removeEmpty(path, made);
      await unlock();
    },
  };
}

/** A file that says something else by now is another's. */
async function removeOurs(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) await rm(file, { force: true });
}

/** Removes a folder and those above it, up to the last; ends at the first that somebody has put something into. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) return;
    throw error;
  }
  if (folder !== resolve(last)) await removeEmpty(dirname(folder), last);
}
