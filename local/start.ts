import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { errorCode } from '../shared/alerts/error-code.ts';
import { channelRegistry, configuredChannels } from '../shared/alerts/registry.ts';
import { currentOutside } from '../shared/azure/outside.ts';
import { alertNeeds } from '../shared/compose.ts';
import { type Policy, policy as policySchema } from '../shared/domain/policy.ts';
import { PolicyInvalid } from '../shared/errors.ts';
import { readPolicy } from '../shared/policy-file.ts';
import { startEstate } from './estate.ts';
import { startLocalGuardian } from './guardian.ts';
import { localFolder } from './guardian-folder.ts';
import { GuardianRunsAlready } from './own-folder.ts';
import { LOCAL_LOGS_SHOW_AFTER_MS, LOCAL_SWEEP_SECONDS } from './pace.ts';
import { policyEstate } from './policy-estate.ts';
import { parseSeed } from './seed.ts';
import { startText } from './start-text.ts';

const command = new Command('npm start --')
  .description('Runs the guardian against a local Azure until it is stopped.')
  .option('--policy <file>', 'a policy of your own; vaults that the local Azure lacks are made, with a few keys')
  .option('--webhook <url>', 'where alerts go as well: https, or http on this machine')
  .option('--teams <url>', 'a Teams workflow that alerts go to as well')
  .option('--pagerduty <routing-key>', 'a PagerDuty service that alerts go to as well')
  .option('--slack <url>', 'an incoming webhook of Slack that alerts go to as well')
  .option('--pagerduty-url <url>', 'the address of another tool that takes the events of PagerDuty')
  .option('--folder <folder>', 'where it says where it is', localFolder())
  .option('--seed <n>', 'where chance in the local Azure starts, as another run printed it', parseSeed)
  .allowExcessArguments(false);
const { folder, seed, policy: policyFile, ...by } = command.parse().opts();
if ((await stat(folder).catch(() => undefined))?.isDirectory() === false)
  command.error(`${folder} is a file: give it a folder with --folder.`);

const webhook = by.webhook === undefined ? undefined : { url: by.webhook, secret: randomBytes(24).toString('hex') };
const alertSettings = given({
  KEY_GUARDIAN_WEBHOOK_URL: webhook?.url,
  KEY_GUARDIAN_WEBHOOK_SECRET: webhook?.secret,
  KEY_GUARDIAN_SLACK_URL: by.slack,
  KEY_GUARDIAN_TEAMS_URL: by.teams,
  KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: by.pagerduty,
  KEY_GUARDIAN_PAGERDUTY_URL: by.pagerdutyUrl,
});
const byOption = checkedChannels();
const estate = policyFile === undefined ? startEstate() : policyEstate(checkedPolicy(policyFile));
const named = policySchema.parse(estate.policy);
const policy = { ...named, channels: [...new Set([...named.channels, ...byOption])] };

/** The policy of a file. Ends the command with every fault where it cannot be used. */
function checkedPolicy(file: string): Policy {
  try {
    return readPolicy(file, Object.keys(channelRegistry));
  } catch (error) {
    if (error instanceof PolicyInvalid) return command.error(error.message);
    throw error;
  }
}

/** The channels that the command line has settings for. Ends the command where one cannot be used, without its settings. */
function checkedChannels(): readonly string[] {
  const { made, misconfigured } = configuredChannels(alertSettings, alertNeeds({}, currentOutside()));
  const [fault] = misconfigured;
  if (fault !== undefined) return command.error(`--${fault.channel} cannot be used: ${fault.because}.`);
  return made.map(({ id }) => id).filter((id) => id !== 'console');
}

/** Those that have a value. */
function given(settings: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const starting = startLocalGuardian({
  estate: { ...estate, policy },
  folder,
  sweepSeconds: LOCAL_SWEEP_SECONDS,
  workspace: true,
  behaviours: { logsShowAfterMs: LOCAL_LOGS_SHOW_AFTER_MS },
  ...(seed === undefined ? {} : { seed }),
  alertSettings,
  log: (line) => process.stdout.write(`${line}\n`),
});

let isStopping = false;
function stop(): void {
  // Ctrl+C reaches it from the terminal and from npm: the second must not end it halfway.
  if (isStopping) return;
  isStopping = true;
  starting
    .then((running) => running.stop())
    .then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
}
// A terminal that is closed sends SIGHUP. Heard from the beginning: one that is stopped while it starts leaves nothing either.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
// Nobody reads along any more: it ends in the same way, and not in the middle of a line that it cannot write.
for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);

/** A folder that is taken and a file that cannot be written are for a person to mend; anything else is a fault of ours and shows where. */
function unstarted(error: unknown): never {
  if (error instanceof GuardianRunsAlready) return command.error(error.message);
  if (!(error instanceof Error && 'path' in error)) throw error;
  return command.error(
    `${'dest' in error ? error.dest : error.path} cannot be used (${errorCode(error)}): remove it, or give another folder with --folder.`,
  );
}

const running = await starting.catch(unstarted);
// From now on the disks live from their keys: an hour without one, and their machines stop.
running.azure.disks.start();
if (!isStopping)
  process.stdout.write(
    startText({
      estate,
      policy,
      vaultUrl: running.vaultUrl,
      seed: running.azure.seed,
      azureFile: join(folder, 'azure.json'),
      channels: running.guardian.ports.channels.map(({ id }) => id),
      byOption,
      added: byOption.filter((id) => !named.channels.includes(id)),
      webhookSecret: webhook?.secret,
    }),
  );
