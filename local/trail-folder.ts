import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { TrailSource } from '../shared/trail/source.ts';

const PART_BYTES = 1024 * 1024;

/** A copy of the trail's container in a folder, its blobs under their names. Throws what the file system does. */
export const trailFolder = (folder: string): TrailSource => ({
  async list(prefix) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .filter((name) => name.startsWith(prefix))
      .toSorted();
  },
  read: (name) => createReadStream(join(folder, ...name.split('/')), { highWaterMark: PART_BYTES }),
});
