import { isRestError } from '@azure/core-rest-pipeline';
import { Argument, Command } from '@commander-js/extra-typings';
import { actNames, attack } from './attacks.ts';
import { MANAGEMENT_HOST } from './azure/resource-manager/handler.ts';
import { localFolder } from './guardian-folder.ts';
import { findLocalAzure, type LocalAzureAddress, outsideClient, outsideService, tokenUrlOf } from './outside-client.ts';
import { applyPipeline } from './pipeline.ts';
import { managementOf, WriteRefused, write, writeNames } from './writes.ts';

/** What somebody's infrastructure as code does on each run. */
const PIPELINE = 'pipeline';

const command = new Command('npm run attack --')
  .description(
    'Attacks a key of the local Azure over its TLS port, with the real Key Vault client, or its vault and the first disk encryption set on it through Azure Resource Manager.',
  )
  .addArgument(new Argument('<act>', 'what to do').choices([...actNames, ...writeNames, PIPELINE]))
  .argument('<vault/key>', 'which key, as contoso-disks/disk-web')
  .option(
    '--as <identity>',
    'under which identity of .local/azure.json: the attacker, or the owner through Resource Manager',
  )
  .option('--folder <folder>', 'where azure.json is', localFolder())
  .action(async (act, target, options) => {
    const [vault, key, ...rest] = target.split('/');
    if (vault === undefined || key === undefined || key === '' || rest.length > 0)
      command.error(`"${target}" names no key: write it as contoso-disks/disk-web.`);
    else {
      const address = await findLocalAzure(options.folder);
      process.stdout.write(
        `${new Date().toISOString()}  ${await done(act, { address, vault, key, as: options.as })}\n`,
      );
    }
  });

interface Asked {
  readonly address: LocalAzureAddress;
  readonly vault: string;
  readonly key: string;
  readonly as: string | undefined;
}

async function done(act: string, { address, vault, key, as }: Asked): Promise<string> {
  const client = (identity: string) => outsideClient(address, vault, identity);
  if (actNames.includes(act)) return attack(act, await client(as ?? 'attacker'), key);
  const identity = as ?? 'owner';
  const { httpClient, credential } = await outsideService(MANAGEMENT_HOST, address, tokenUrlOf(address), identity);
  const send = managementOf(httpClient, credential);
  return act === PIPELINE ? applyPipeline(await client(identity), send, vault, key) : write(act, send, vault, key);
}

const isRefusal = (error: Error): boolean =>
  error instanceof WriteRefused || (isRestError(error) && error.statusCode !== undefined);

try {
  await command.parseAsync();
} catch (error) {
  // A refusal by the vault is an answer, and an expected one for purge; its sentence is what the user needs.
  if (!(error instanceof Error)) throw error;
  process.stderr.write(
    `${isRefusal(error) ? `${error instanceof WriteRefused ? 'Resource Manager' : 'The vault'} refused: ` : ''}${error.message}\n`,
  );
  process.exitCode = 1;
}
