import { isRestError } from '@azure/core-rest-pipeline';
import { Argument, Command } from '@commander-js/extra-typings';
import { actNames, attack } from './attacks.ts';
import { localFolder } from './guardian-folder.ts';
import { findLocalAzure, outsideClient } from './outside-client.ts';

const command = new Command('npm run attack --')
  .description('Attacks a key of the local Azure over its TLS port, with the real Key Vault client.')
  .addArgument(new Argument('<act>', 'what to do').choices(actNames))
  .argument('<vault/key>', 'which key, as contoso-disks/disk-web')
  .option('--as <identity>', 'under which identity of .local/azure.json', 'attacker')
  .option('--folder <folder>', 'where azure.json is', localFolder())
  .action(async (act, target, options) => {
    const [vault, key, ...rest] = target.split('/');
    if (vault === undefined || key === undefined || key === '' || rest.length > 0)
      command.error(`"${target}" names no key: write it as contoso-disks/disk-web.`);
    else
      process.stdout.write(
        `${new Date().toISOString()}  ${await attack(act, await outsideClient(await findLocalAzure(options.folder), vault, options.as), key)}\n`,
      );
  });

const isRefusal = (error: Error): boolean => isRestError(error) && error.statusCode !== undefined;

try {
  await command.parseAsync();
} catch (error) {
  // A refusal by the vault is an answer, and an expected one for purge; its sentence is what the user needs.
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${isRefusal(error) ? 'The vault refused: ' : ''}${error.message}\n`);
  process.exitCode = 1;
}
