import { join } from 'node:path';
import { Command } from 'commander';
import { startEstate } from './estate.ts';
import { startLocalGuardian } from './guardian.ts';
import { localFolder } from './guardian-folder.ts';
import { isLocalAzureUp } from './outside-client.ts';

const SWEEP_SECONDS = 2;

const command = new Command('npm start --')
  .description('Runs the guardian against a local Azure until it is stopped.')
  .option('--folder <folder>', 'where it says where it is', localFolder());
const { folder } = command.parse().opts<{ readonly folder: string }>();
if (await isLocalAzureUp(folder))
  command.error(`A local guardian runs already: stop it, or give this one a folder of its own with --folder.`);

const estate = startEstate();
const running = await startLocalGuardian({
  estate,
  folder,
  sweepSeconds: SWEEP_SECONDS,
  log: (line) => process.stdout.write(`${line}\n`),
});

const { policy } = running.guardian.ports;
const keys = estate.vaults.reduce((sum, { keys: all = [] }) => sum + all.length, 0);
process.stdout.write(`
Key Guardian watches ${estate.vaults.length} vaults with ${keys} keys on this machine, against a local Azure.
${policy.vaults.map(({ name, mode }) => `  ${mode.padEnd(5)}  ${running.vaultUrl(name)}`).join('\n')}
Here each vault is swept every ${SWEEP_SECONDS} s and audit records are 1 s late; in Azure it is 60 s and 3 to 10 minutes.
The baseline of each vault is taken and accepted. Addresses, the certificate and tokens are in ${join(folder, 'azure.json')}.

From another terminal:
  npm run attack -- disable contoso-disks/disk-web
  npm run key-guardian -- status
Ctrl+C stops it.

`);

const stop = (): void => {
  running.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
