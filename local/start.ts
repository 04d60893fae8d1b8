import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { errorCode } from '../shared/alerts/error-code.ts';
import { startEstate } from './estate.ts';
import { startLocalGuardian } from './guardian.ts';
import { localFolder } from './guardian-folder.ts';
import { isLocalAzureUp } from './outside-client.ts';
import { LOCAL_SWEEP_SECONDS, paceLine } from './pace.ts';
import { parseSeed, seedLine } from './seed.ts';

const command = new Command('npm start --')
  .description('Runs the guardian against a local Azure until it is stopped.')
  .option('--folder <folder>', 'where it says where it is', localFolder())
  .option('--seed <n>', 'where chance in the local Azure starts, as another run printed it', parseSeed);
const { folder, seed } = command.parse().opts();
if ((await stat(folder).catch(() => undefined))?.isDirectory() === false)
  command.error(`${folder} is a file: give it a folder with --folder.`);
if (await isLocalAzureUp(folder))
  command.error(`A local guardian runs already: stop it, or give this one a folder of its own with --folder.`);

/** A file that cannot be written is for a person to mend; anything else is a fault of ours and shows where. */
function unwritable(error: unknown): never {
  if (!(error instanceof Error && 'path' in error)) throw error;
  return command.error(
    `${error.path} cannot be used (${errorCode(error)}): remove it, or give another folder with --folder.`,
  );
}

const estate = startEstate();
const running = await startLocalGuardian({
  estate,
  folder,
  sweepSeconds: LOCAL_SWEEP_SECONDS,
  ...(seed === undefined ? {} : { seed }),
  log: (line) => process.stdout.write(`${line}\n`),
}).catch(unwritable);

const { policy } = running.guardian.ports;
const keys = estate.vaults.reduce((sum, { keys: all = [] }) => sum + all.length, 0);
process.stdout.write(`
Key Guardian watches ${estate.vaults.length} vaults with ${keys} keys on this machine, against a local Azure.
${policy.vaults.map(({ name, mode }) => `  ${mode.padEnd(5)}  ${running.vaultUrl(name)}`).join('\n')}
${paceLine}
${seedLine(running.azure.seed)}
The baseline of each vault is taken and accepted. Addresses, tokens and the path of the certificate are in ${join(folder, 'azure.json')}.

From another terminal:
  npm run attack -- disable contoso-disks/disk-web
  npm run key-guardian -- status
Ctrl+C stops it.

`);

let stopping = false;
function stop(): void {
  // Ctrl+C reaches it from the terminal and from npm: the second must not end it halfway.
  if (stopping) return;
  stopping = true;
  running.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
}
// A terminal that is closed sends SIGHUP.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
