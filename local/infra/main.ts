/** `npm run infra`: compiles the templates, takes snapshots of deployments, and holds both to the code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { z } from 'zod';
import { policy, updatesSets } from '../../shared/domain/policy.ts';
import { bicepCompiler, type Compiler, CompilerMissing } from './compiler.ts';
import { activityTopics, guardedFromSnapshot, guardedVaults } from './connect.ts';
import { handOverOf, rightsScript } from './rights.ts';
import { bicepParameters, type Place, readSnapshot, takeSnapshot } from './snapshot.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const made = join(root, '.bicep');
const templates = join(root, 'infra');
const deployments = join(root, 'test/infra/deployments');

/** Of the deployments that the tests read. */
const PLACE = {
  subscriptionId: '11111111-1111-4111-8111-111111111111',
  tenantId: '22222222-2222-4222-8222-222222222222',
  location: 'westeurope',
};

const value = z.object({ value: z.unknown() }).optional();
const assigned = z.object({ parameters: z.object({ vaults: value, policy: value }) });

const filesIn = async (folder: string, extension: string): Promise<readonly string[]> =>
  (await readdir(folder))
    .filter((name) => name.endsWith(extension))
    .toSorted()
    .map((name) => join(folder, name));

/** Every fault of templates and of the parameter file. Modules are linted on their own as well: a template may not use all of one. */
async function lintAll(compiler: Compiler): Promise<readonly string[]> {
  const patterns = ['**/*.bicep', '*.bicepparam'].map((pattern) => ['--pattern', join(templates, pattern)]);
  const faults: string[] = [];
  for (const pattern of patterns) faults.push((await compiler.run('lint', ...pattern)).faults);
  return faults.filter((each) => each !== '');
}

async function buildAll(compiler: Compiler): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const file of await filesIn(templates, '.bicep')) {
    const outfile = join(made, 'templates', `${basename(file, '.bicep')}.json`);
    faults.push((await compiler.run('build', file, '--outfile', outfile)).faults);
  }
  return faults.filter((each) => each !== '');
}

/** The vaults and the policy of a parameter file; those of the templates where it leaves them out. */
async function assignedIn(compiler: Compiler, file: string, outfile: string) {
  const { faults } = await compiler.run('build-params', file, '--outfile', outfile);
  if (faults !== '') throw new Error(faults);
  const { vaults, policy: given } = assigned.parse(JSON.parse(await readFile(outfile, 'utf8'))).parameters;
  const byDefault = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), 'utf8'));
  return {
    vaults: vaults?.value ?? (await byDefault('infra/vaults.json')),
    policy: given?.value ?? (await byDefault('policy.json')),
  };
}

/** Writes `<name>.json`, what `main.bicep` would make, and `<name>.guarded.json`, what `guarded.bicep` would make of its output. */
async function snapshotBoth(compiler: Compiler, file: string, name: string, place: Place): Promise<string> {
  const [main, guarded] = [join(made, 'snapshots', `${name}.json`), join(made, 'snapshots', `${name}.guarded.json`)];
  const faults = await takeSnapshot(compiler, file, main, place);
  if (faults !== '') return faults;
  const { parameters } = guardedFromSnapshot(await readSnapshot(main));
  const assigned = await assignedIn(compiler, file, join(made, 'snapshots', `${name}.parameters.json`));
  const guarding = policy.parse(assigned.policy);
  const vaults = guardedVaults(assigned.vaults, guarding).flat();
  const parameterFile = join(made, 'snapshots', `${name}.guarded.bicepparam`);
  await writeFile(
    parameterFile,
    bicepParameters('../../infra/guarded.bicep', {
      ...parameters,
      vaults,
      updateSets: updatesSets(guarding),
      activity: activityTopics(assigned.vaults),
    }),
  );
  return takeSnapshot(compiler, parameterFile, guarded, place);
}

async function snapshotAll(compiler: Compiler): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const file of await filesIn(deployments, '.bicepparam'))
    faults.push(await snapshotBoth(compiler, file, basename(file, '.bicepparam'), PLACE));
  return faults.filter((each) => each !== '');
}

/** Runs the tests of `test/infra`, and gives the status that they end with, 1 where a signal ended them. */
async function runTests(): Promise<number> {
  const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.infra.config.ts'], {
    cwd: root,
    stdio: 'inherit',
  });
  const [status]: unknown[] = await once(child, 'close');
  return typeof status === 'number' ? status : 1;
}

async function check(): Promise<number> {
  const compiler = await bicepCompiler(made);
  for (const name of ['templates', 'snapshots']) {
    await rm(join(made, name), { recursive: true, force: true });
    await mkdir(join(made, name), { recursive: true });
  }
  console.log(`compiler    ${relative(root, compiler.path)}`);
  const steps = { linted: lintAll, built: buildAll, predicted: snapshotAll };
  for (const [name, step] of Object.entries(steps)) {
    const faults = await step(compiler);
    console.log(`${name.padEnd(11)} ${faults.length === 0 ? 'no diagnostic' : 'FAILED'}`);
    if (faults.length === 0) continue;
    console.error(faults.join('\n'));
    return 1;
  }
  return runTests();
}

interface RightsOptions {
  readonly parameters: string;
  readonly subscription: string;
  readonly tenant: string;
  readonly location: string;
  readonly folder: string;
}

async function writeRights({ parameters, subscription, tenant, location, folder }: RightsOptions): Promise<number> {
  const compiler = await bicepCompiler(made);
  await mkdir(join(made, 'snapshots'), { recursive: true });
  // Beside the given file, whose paths are relative to it.
  const withRights = resolve(parameters).replace(/\.bicepparam$/, '.rights.bicepparam');
  const given = await readFile(parameters, 'utf8');
  const place = { subscriptionId: subscription, tenantId: tenant, location };
  try {
    await writeFile(withRights, given.replace(/^(param\s+assignRights\s*=\s*)false\b/m, '$1true'));
    const faults = await snapshotBoth(compiler, withRights, 'rights', place);
    if (faults !== '') {
      console.error(faults);
      return 1;
    }
  } finally {
    await rm(withRights, { force: true });
  }
  const snapshots = [
    readSnapshot(join(made, 'snapshots/rights.json')),
    readSnapshot(join(made, 'snapshots/rights.guarded.json')),
  ];
  const predictedResources = (await Promise.all(snapshots)).flatMap((each) => each.predictedResources);
  const handOver = handOverOf({ predictedResources });
  const script = join(folder, 'rights.sh');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'rights.json'), `${JSON.stringify(handOver, null, 2)}\n`);
  await writeFile(script, rightsScript(handOver));
  await chmod(script, 0o755);
  console.log(`${handOver.definitions.length} roles and ${handOver.assignments.length} assignments: ${script}`);
  return 0;
}

const program = new Command('npm run infra --')
  .description('Compiles the templates, takes snapshots of deployments and holds both to the code.')
  .allowExcessArguments(false)
  .action(async () => {
    process.exitCode = await check();
  });

program
  .command('rights')
  .description('Writes rights.json and rights.sh: what somebody who may assign roles runs for a deployer who may not.')
  .requiredOption('--subscription <id>', 'subscription of the guardian')
  .requiredOption('--tenant <id>', 'its tenant')
  .requiredOption('--location <region>', 'region of the guardian, as in the deployment')
  .option('--parameters <file>', 'the parameter file of the deployment', 'infra/main.bicepparam')
  .option('--folder <folder>', 'where both files are written', '.')
  .action(async (options) => {
    process.exitCode = await writeRights(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CompilerMissing)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
