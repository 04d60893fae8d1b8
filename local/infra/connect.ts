/**
 * `npm run connect`: deploys infra/guarded.bicep once the code of the app is there. azd runs it after each deployment, and not
 * itself: `azd down` deletes every resource group that a deployment of azd reached, and the guarded vaults lie in such.
 *
 * @see https://github.com/Azure/azure-dev/issues/2916
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { z } from 'zod';
import { type Policy, updatesSets, vaultsInBlock, vaultsRotated } from '../../shared/domain/policy.ts';
import { readPolicy } from '../../shared/policy-file.ts';
import type { Snapshot } from './snapshot.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = 'KEY_GUARDIAN_GUARDED';

const guarded = z.object({
  subscriptionId: z.string(),
  location: z.string(),
  parameters: z.record(z.string(), z.json()),
});

/** Where `guarded.bicep` is deployed, and its parameters besides the vaults: an output of `main.bicep`. */
export type Guarded = z.infer<typeof guarded>;

const place = z.object({
  id: z.string(),
  location: z.string(),
  topic: z.string().default(''),
  /** Name of the system topic that its subscription has already, in the group of this vault. */
  activityTopic: z.string().default(''),
});

/** Vaults in one deployment: each takes three of the 800 resources that one can have. */
const MOST_VAULTS = 200;

/**
 * The parameter `vaults` of `guarded.bicep`, in parts that fit into one deployment each.
 *
 * @param vaults what `infra/vaults.json` holds
 * @see https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
 */
export function guardedVaults(vaults: unknown, policy: Policy) {
  const [inBlock, rotated] = [vaultsInBlock(policy), vaultsRotated(policy)];
  const guardedOnes = z
    .array(place)
    .parse(vaults)
    .map(({ activityTopic: _, ...each }) => {
      const name = each.id.slice(each.id.lastIndexOf('/') + 1).toLowerCase();
      return { ...each, block: inBlock.includes(name), rotate: rotated.includes(name) };
    });
  return Array.from({ length: Math.ceil(guardedOnes.length / MOST_VAULTS) }, (_, part) =>
    guardedOnes.slice(part * MOST_VAULTS, (part + 1) * MOST_VAULTS),
  );
}

/** The parameter `activity` of `guarded.bicep`: one topic for each subscription, in the group of its first vault, or of the one that names its topic. Azure allows one for each subscription. */
export function activityTopics(vaults: unknown) {
  const bySubscription = Map.groupBy(z.array(place).parse(vaults), ({ id }) => id.split('/')[2]?.toLowerCase() ?? '');
  return [...bySubscription].map(([subscriptionId, those]) => {
    const named = those.find(({ activityTopic }) => activityTopic !== '') ?? those[0];
    return { subscriptionId, resourceGroup: named?.id.split('/')[4] ?? '', topic: named?.activityTopic ?? '' };
  });
}

/** The output as azd sets it. Throws where it is missing or is not that of `main.bicep`. */
export function guardedFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Guarded {
  const given = environment[OUTPUT];
  if (given === undefined)
    throw new Error(`${OUTPUT} is not set: azd sets it after "azd provision"; without azd give --deployment <name>.`);
  return guarded.parse(JSON.parse(given));
}

/** The output in what `az deployment sub show` answers. Azure may change the case of an output's name. Throws where it is missing. */
export function guardedFromOutputs(outputs: unknown): Guarded {
  const named = Object.entries(z.record(z.string(), z.object({ value: z.unknown() })).parse(outputs));
  const found = named.find(([name]) => name.toUpperCase() === OUTPUT);
  if (found === undefined)
    throw new Error(`The deployment has no output ${OUTPUT}: it is not one of infra/main.bicep.`);
  return guarded.parse(found[1].value);
}

/** The output in a snapshot of `main.bicep`. Throws where it is missing. */
export const guardedFromSnapshot = ({ outputs = {} }: Snapshot): Guarded => guarded.parse(outputs[OUTPUT]);

/** A parameter file of Resource Manager. */
const parameterFile = (parameters: Guarded['parameters']): string =>
  JSON.stringify({
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { value }])),
  });

/** Runs the Azure CLI and gives what it prints. Throws with its status where it fails; what it complains of is printed. */
async function az(...args: readonly string[]): Promise<string> {
  // On Windows the CLI is a batch file, which only a shell runs.
  const child = spawn('az', [...args], { stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const [status]: unknown[] = await once(child, 'close');
  if (status !== 0) throw new Error(`az ${args.slice(0, 3).join(' ')} ended with status ${String(status)}`);
  return printed;
}

async function connect(deployment: string | undefined): Promise<void> {
  const found =
    deployment === undefined
      ? guardedFromEnvironment(process.env)
      : guardedFromOutputs(
          JSON.parse(await az('deployment', 'sub', 'show', '--name', deployment, '--query', 'properties.outputs')),
        );
  const vaults: unknown = JSON.parse(await readFile(join(root, 'infra/vaults.json'), 'utf8'));
  const policy = readPolicy(join(root, 'policy.json'));
  const parts = guardedVaults(vaults, policy);
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-connect-'));
  try {
    const file = join(folder, 'parameters.json');
    for (const [part, some] of parts.entries()) {
      await writeFile(
        file,
        parameterFile({
          ...found.parameters,
          vaults: some,
          updateSets: updatesSets(policy),
          activity: part === 0 ? activityTopics(vaults) : [],
        }),
      );
      await az(
        ...['deployment', 'sub', 'create', '--name', `${String(found.parameters.name)}-guarded-${part + 1}`],
        ...['--subscription', found.subscriptionId, '--location', found.location],
        ...['--template-file', join(root, 'infra/guarded.bicep')],
        ...['--parameters', `@${file}`, '--output', 'none'],
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log('The guardian has its rights in the guarded vaults, and gets their events.');
}

if (import.meta.main) {
  await new Command('npm run connect --')
    .description(
      'Gives the app its rights in the guarded vaults and sends their events to it. Its code must be there. Running it again changes nothing.',
    )
    .option('--deployment <name>', 'name of the deployment of infra/main.bicep, where azd did not make it')
    .allowExcessArguments(false)
    .action(({ deployment }) => connect(deployment))
    .parseAsync();
}
