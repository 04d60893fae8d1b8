import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `.local` beside package.json, ignored by git: where a local guardian says where it is. */
export const localFolder = (): string => join(fileURLToPath(new URL('..', import.meta.url)), '.local');

/** The policy of a local guardian, in its folder. Not `policy.json`: in a folder that a person gave, that may be the person's own. */
export const POLICY_FILE = 'guardian-policy.json';

/** The options that lead a command to the local guardian of a folder; none where it would look there anyway. */
export const folderOptions = (folder: string): readonly string[] =>
  folder === localFolder() ? [] : ['--folder', /^[\w./:@~-]+$/.test(folder) ? folder : JSON.stringify(folder)];
