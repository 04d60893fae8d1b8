import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import about from '../../package.json' with { type: 'json' };
import type { About } from './report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The version of package.json, and the commit of this folder, with `-dirty` where files differ from it; `undefined` where git does not know it. */
export async function release(): Promise<About['release']> {
  const args = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
  const commit = await promisify(execFile)('git', args, { cwd: root }).then(
    ({ stdout }) => stdout.trim(),
    // An archive of a release has no history, and a machine may have no git: the report says that the commit is unknown.
    () => undefined,
  );
  return { version: about.version, commit };
}
