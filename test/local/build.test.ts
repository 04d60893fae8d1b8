import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import hostJson from '../../host.json' with { type: 'json' };
import { type Built, buildPackage, bundle } from '../../local/build.ts';
import { PolicyInvalid } from '../../shared/errors.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../local/build.ts', import.meta.url));
const functionsCore = new URL('../../local/host/functions-core.ts', import.meta.url).href;

let folder = '';
let built: Built;
let readable = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-build-'));
  const unminified = join(folder, 'readable');
  [built] = await Promise.all([
    buildPackage({ folder: join(folder, 'dist') }),
    buildPackage({ folder: unminified, minify: false }),
  ]);
  readable = await readFile(join(unminified, 'main.cjs'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const jsonOf = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(built.folder, name), 'utf8'));

/** Loads an entry point as the Functions worker would, in a process and an empty folder of its own; what `script` prints. */
async function loaded(entry: string, script: string): Promise<unknown> {
  const code = `
    const { collect, installFunctionsCore } = await import(${JSON.stringify(functionsCore)});
    installFunctionsCore();
    const registered = await collect(() => import(${JSON.stringify(entry)}));
    ${script}`;
  const cwd = await mkdtemp(join(folder, 'alone-'));
  const env = { PATH: process.env.PATH, KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope, northeurope' };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd, env });
  return JSON.parse(stdout);
}

/** The bundle, in a folder that has nothing else. */
async function bundleAlone(): Promise<string> {
  const alone = join(await mkdtemp(join(folder, 'bundle-')), 'main.cjs');
  await copyFile(join(built.folder, 'main.cjs'), alone);
  return pathToFileURL(alone).href;
}

describe('the package', () => {
  it('is one bundle with host.json, package.json and the policy beside it', async () => {
    expect((await readdir(built.folder)).toSorted()).toEqual(['host.json', 'main.cjs', 'package.json', 'policy.json']);
    expect(await jsonOf('host.json')).toEqual(hostJson);
    expect(await jsonOf('package.json')).toMatchObject({ name: 'key-guardian', main: 'main.cjs' });
    expect(await jsonOf('package.json')).not.toHaveProperty('dependencies');
    expect(await jsonOf('policy.json')).toMatchObject({ channels: ['console'] });
  });

  it('reports the size of the bundle, which is small enough to start cold', () => {
    expect(built.bytes).toBeGreaterThan(500_000);
    expect(built.bytes).toBeLessThan(3_000_000);
  });

  it('holds functions, shared and packages, and nothing that runs on your own machine or tests', () => {
    const outside = built.sources.filter((file) => !/^(functions|shared|node_modules)\//.test(file));
    expect(outside).toEqual([]);
    expect(built.sources).toContain('functions/inspect.ts');
    expect(built.sources.filter((file) => /\/(azurite|vitest|selfsigned|commander)\//.test(file))).toEqual([]);
  });

  it('leaves out what nothing here uses: other languages of zod, and what lists blobs in the Arrow format', () => {
    // `import { z } from 'zod'` takes in every language: write `import * as z from 'zod'`.
    const languages = built.sources.filter((file) => file.includes('node_modules/zod/v4/locales/'));
    expect(languages).toEqual(['node_modules/zod/v4/locales/en.js']);
    expect(built.sources.filter((file) => /\/(apache-arrow|flatbuffers)\//.test(file))).toEqual([]);
  });

  it('says which package it was where one that is left out is asked for', async () => {
    const asking = await mkdtemp(join(folder, 'asking-'));
    await writeFile(join(asking, 'entry.mjs'), "import('apache-arrow');");
    await bundle(join(asking, 'entry.mjs'), join(asking, 'main.cjs'));
    await expect(run(process.execPath, [join(asking, 'main.cjs')])).rejects.toThrow(
      "Cannot find package 'apache-arrow'",
    );
  });

  it('has no way to put anything in the place of Azure', () => {
    expect(readable).toContain('currentOutside');
    expect(readable).not.toContain('setOutside');
    expect(readable.match(/\boutside = (?!currentOutside)/g)).toEqual(['outside = ']);
  });

  it('registers every function with its trigger without node_modules', async () => {
    const say = 'console.log(JSON.stringify(registered.map(({ metadata }) => metadata)));';
    const [bundled, unbundled] = await Promise.all([
      loaded(await bundleAlone(), say),
      loaded(new URL('../../functions/index.ts', import.meta.url).href, say),
    ]);
    const named = z.array(z.object({ name: z.string(), bindings: z.record(z.string(), z.unknown()) }));
    expect(named.parse(bundled)).toEqual(named.parse(unbundled));
    expect(named.parse(bundled).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sentry', 'sweep', 'inspect', 'audit-log-westeurope', 'audit-log-northeurope']),
    );
  });

  it('loads without settings, and names every bad one at the first call', async () => {
    const said = await loaded(
      await bundleAlone(),
      `
      process.env.KEY_GUARDIAN_SWEEP_SECONDS = '1';
      process.env.KEY_GUARDIAN_WATCHER_CLIENT_ID = 'nobody';
      const { callback } = registered.find(({ metadata }) => metadata.name === 'inspect');
      try {
        await callback({});
      } catch (error) {
        console.log(JSON.stringify(error.faults));
      }`,
    );
    expect(said).toEqual([
      expect.stringContaining('KEY_GUARDIAN_SWEEP_SECONDS'),
      expect.stringContaining('KEY_GUARDIAN_WATCHER_CLIENT_ID'),
      expect.stringContaining('RegisterStorage'),
      expect.stringContaining('TrailStorage'),
      expect.stringContaining('KEY_GUARDIAN_WATCHER_OBJECT_ID'),
    ]);
  });
});

describe('a bad policy', () => {
  it('fails the build with every fault and leaves no package behind', async () => {
    const policyFile = join(folder, 'bad.json');
    const bad = { vaults: [{ name: 'x' }, { name: 'contoso-disks', mode: 'destroy' }], channels: ['pager'], extra: 1 };
    await writeFile(policyFile, JSON.stringify(bad));
    const into = join(folder, 'never');
    const error = await buildPackage({ folder: into, policyFile }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PolicyInvalid);
    expect(error).toMatchObject({
      faults: [
        expect.stringContaining('vault x: name is not'),
        expect.stringContaining('vault contoso-disks: mode must be'),
        expect.stringContaining('the policy has no member extra'),
        expect.stringContaining(
          'the policy: channels must name only channels there are (console, event-grid, pagerduty, slack, teams, webhook), not "pager"',
        ),
      ],
    });
    await expect(readdir(into)).rejects.toThrow('ENOENT');
  });
});

describe('npm run build', () => {
  const build = (...args: readonly string[]) => run(process.execPath, [script, ...args], { cwd: folder });

  it.each([
    ['--force', "unknown option '--force'"],
    ['dist', 'too many arguments'],
  ])('builds nothing where it is given %s, and says so with status 1', async (word, said) => {
    await expect(build(word)).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(said) });
  });

  it('says with --help what it does, and builds nothing', async () => {
    const { stdout } = await build('--help');
    expect(stdout).toContain('Checks the policy and makes the one bundle');
    expect(stdout).not.toContain('KiB');
  });
});
