import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `.local` beside package.json, ignored by git: where a local guardian says where it is. */
export const localFolder = (): string => join(fileURLToPath(new URL('..', import.meta.url)), '.local');
