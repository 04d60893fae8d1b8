/** `npm run package`: the package as one file, for pipelines and `az functionapp deployment source config-zip`. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { PolicyInvalid } from '../shared/errors.ts';
import { type BuildOptions, BundleDoubtful, buildPackage } from './build.ts';
import { zip } from './zip.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds the package into `folder` and writes it to `file`. Gives its SHA-256; the same sources give the same. Throws as `buildPackage` does. */
export async function writePackage(file: string, options: BuildOptions = {}): Promise<string> {
  const { folder } = await buildPackage(options);
  const names = (await readdir(folder)).toSorted();
  const files = await Promise.all(names.map(async (name) => ({ name, content: await readFile(join(folder, name)) })));
  const bytes = zip(files);
  await writeFile(file, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

if (import.meta.main) {
  new Command('npm run package --')
    .description('Builds the package and writes it to key-guardian.zip. It takes no options.')
    .allowExcessArguments(false)
    .parse();
  try {
    const file = join(root, 'key-guardian.zip');
    const hash = await writePackage(file);
    process.stdout.write(`${relative(process.cwd(), file)}: SHA-256 ${hash}\n`);
  } catch (error) {
    if (!(error instanceof PolicyInvalid || error instanceof BundleDoubtful)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
