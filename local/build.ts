/** `npm run build`: the one package that Azure runs. */
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { build, type Message, type Metafile } from 'esbuild';
import about from '../package.json' with { type: 'json' };
import { channelRegistry } from '../shared/alerts/registry.ts';
import { PolicyInvalid } from '../shared/errors.ts';
import { readPolicy } from '../shared/policy-file.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MAIN = 'main.cjs';

/** What is built from what. */
export interface BuildOptions {
  /** Where the package is written. Default: `dist` beside package.json. */
  readonly folder?: string;
  /** The policy that goes into it. Default: `policy.json` beside package.json. */
  readonly policyFile?: string;
  /** False leaves names and lines as they are, for whoever wants to read what is in the bundle. Default true. */
  readonly minify?: boolean;
}

/**
 * Not in the package, where it would be an eighth of it: `@azure/storage-blob` loads it to list blobs in the Arrow format,
 * for which nothing here asks. Whoever did would be answered that the package cannot be found.
 */
const LEFT_OUT = ['apache-arrow'];

/** How an entry point becomes a bundle. */
export interface BundleOptions {
  /** False leaves names and lines as they are. Default true. */
  readonly minify?: boolean;
  /** True takes in what the package for Azure leaves out. Default false. */
  readonly whole?: boolean;
}

/** What esbuild says of a bundle. */
export interface Bundled {
  readonly metafile: Metafile;
  readonly warnings: readonly Message[];
}

/** Makes one bundle of an entry point (a path from the project's root), with the same flags for the app and for what the bench compares it with. */
export function bundle(entryPoint: string, outfile: string, options: BundleOptions = {}): Promise<Bundled> {
  const { minify = true, whole = false } = options;
  return build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    minify,
    // A crash prints the line it happened in: one of two megabytes would bury the reason.
    lineLimit: 400,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // The Functions worker brings it; it is in no registry.
    external: ['@azure/functions-core', ...(whole ? [] : LEFT_OUT)],
    metafile: true,
    logLevel: 'silent',
  });
}

/** Our own code would not do in a bundle what it does unbundled. */
export class BundleDoubtful extends Error {
  override readonly name = 'BundleDoubtful';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The bundle cannot be trusted:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** What was built. */
export interface Built {
  readonly folder: string;
  /** Size of the bundle. */
  readonly bytes: number;
  /** Every file that is in the bundle, from the project's root, with `/`. */
  readonly sources: readonly string[];
}

/**
 * Builds the package: one CommonJS bundle without `node_modules`, with `host.json`, `package.json` and the policy beside
 * it. Only the bundle loads fast enough at a cold start; CommonJS, since the worker loads it faster than a module.
 *
 * @throws PolicyInvalid with every fault, before anything is written
 * @throws BundleDoubtful with everything that esbuild warns of in our own code
 * @see https://learn.microsoft.com/azure/azure-functions/functions-reference-node#folder-structure
 */
export async function buildPackage(options: BuildOptions = {}): Promise<Built> {
  const { folder = join(root, 'dist'), policyFile = join(root, 'policy.json'), minify = true } = options;
  readPolicy(policyFile, Object.keys(channelRegistry));
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, MAIN);
  const { metafile, warnings } = await bundle('functions/index.ts', outfile, { minify });
  refuseOwn(warnings);
  const { name, version, description, license } = about;
  await Promise.all([
    copyFile(join(root, 'host.json'), join(folder, 'host.json')),
    copyFile(policyFile, join(folder, 'policy.json')),
    writeFile(
      join(folder, 'package.json'),
      `${JSON.stringify({ name, version, private: true, description, license, main: MAIN }, null, 2)}\n`,
    ),
  ]);
  const included = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return { folder, bytes: (await stat(outfile)).size, sources: included.toSorted() };
}

/** Of our own code nothing odd is let pass, `import.meta` first, which is empty in CommonJS. Packages know that it may be. */
function refuseOwn(warnings: readonly Message[]): void {
  const faults = warnings
    .filter(({ location }) => !location?.file.startsWith('node_modules/'))
    .map(({ text, location }) => `${location?.file ?? 'the bundle'}:${location?.line ?? 0}: ${text}`);
  if (faults.length > 0) throw new BundleDoubtful(faults);
}

if (import.meta.main) {
  new Command('npm run build --')
    .description('Checks the policy and makes the one bundle that is deployed, in dist. It takes no options.')
    .allowExcessArguments(false)
    .parse();
  try {
    const { folder, bytes, sources } = await buildPackage();
    const named = relative(process.cwd(), folder) || '.';
    process.stdout.write(`${join(named, MAIN)}: ${Math.ceil(bytes / 1024)} KiB from ${sources.length} files.\n`);
  } catch (error) {
    if (!(error instanceof PolicyInvalid || error instanceof BundleDoubtful)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
