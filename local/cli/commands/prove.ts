import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { AzureCliCredential, EnvironmentCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import * as z from 'zod';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { credentialOf, findLocalAzure, outsideConnection } from '../../outside-client.ts';
import { type Played, prove as play, resourceOf, type ThrowAway } from '../../prove/prove.ts';
import { release } from '../../prove/release.ts';
import { countsLine, type Report, reportPage, throwUnlessProven } from '../../prove/report.ts';
import { scenes } from '../../prove/scenes/registry.ts';
import { PREFIX } from '../../prove/stage.ts';
import type { CommandGroup, Shell } from '../command.ts';
import { signedIn } from '../context.ts';

/** `prove`: plays what the project believes of Key Vault on a vault that may be thrown away. */
export const prove: CommandGroup = (program, _run, shell) => {
  program
    .command('prove')
    .description('Plays what the guardian believes of Key Vault on a throw-away vault, and writes a report.')
    .requiredOption('--vault <name|url>', 'an empty vault that nothing uses')
    .requiredOption('--yes-this-is-a-throw-away <name>', 'the name of that vault once more')
    .option('--report <file>', 'where the report is written (default: key-guardian-prove-<date>.md)')
    .option('--json', 'write the report as JSON as well, beside it')
    .option('--tenant-as <text>', 'what the report calls the tenant (default: its id)')
    .option('--paging', 'make 26 keys more, so that a list has more than one page')
    .option(
      '--guardian-from-environment',
      'with --azure: read and undo as the service principal of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, which has the roles of the guardian',
    )
    .action((options) => proven(options, shell));
};

interface Options {
  readonly vault: string;
  readonly yesThisIsAThrowAway: string;
  readonly report?: string;
  readonly json?: true;
  readonly tenantAs?: string;
  readonly paging?: true;
  readonly guardianFromEnvironment?: true;
}

/** Vaults of the public cloud, of China and of the US government: the token of a person goes to no other host. */
const VAULT_URL = /^https:\/\/([a-z][a-z0-9-]{1,22}[a-z0-9])\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)\/?$/;
const VAULT_NAME = /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/;

function addressOf(given: string): { readonly vault: string; readonly url: string } {
  const text = given.toLowerCase();
  const [, named] = VAULT_URL.exec(text) ?? [];
  if (named !== undefined) return { vault: named, url: new URL(text).origin };
  if (VAULT_NAME.test(text)) return { vault: text, url: `https://${text}.vault.azure.net` };
  throw new NotAllowed(`${given} is neither the name nor the address of a vault.`);
}

async function proven(options: Options, shell: Shell): Promise<void> {
  const { vault, url } = addressOf(options.vault);
  if (options.yesThisIsAThrowAway.toLowerCase() !== vault)
    throw new NotAllowed(
      `Repeat the name of the vault with --yes-this-is-a-throw-away ${vault}: what is done there cannot be undone.`,
    );
  const begun = new Date();
  const file = resolve(options.report ?? `key-guardian-prove-${begun.toISOString().slice(0, 16).replace(':', '')}.md`);
  await access(dirname(file), constants.W_OK).catch((error: unknown) => {
    throw new NotAllowed(`The report cannot be written to ${file}: give a file with --report.`, { cause: error });
  });
  const { azure } = shell.globals();
  const at = azure ? await inAzure(vault, url, options) : await onLocalAzure(vault, options, shell);
  const tenant = options.tenantAs ?? tenantOf(await at.person.getToken(`${resourceOf(at.url)}/.default`));

  shell.out(`${planOf(at, azure, options).join('\n')}\n`);
  const played = await untilStopped(shell, (stop) =>
    play(at, {
      paging: options.paging === true,
      stop,
      say: (line) => shell.out(`${line}\n`),
      now: () => new Date(),
      pause: (ms, by) => setTimeout(ms, undefined, { signal: by }).catch(endedEarly),
    }),
  );
  const about = {
    release: await release(),
    at: begun,
    tenant,
    isLocal: !azure,
    hasGuardian: at.guardian !== undefined,
  };
  await written(file, { ...about, ...played }, options, shell);
  throwUnlessProven(played);
}

function planOf({ vault, guardian }: ThrowAway, azure: boolean, { paging }: Options): readonly string[] {
  const run = { paging: paging === true, hasGuardian: guardian !== undefined };
  const playedScenes = scenes.filter(({ leftOut }) => leftOut(run) === undefined);
  return [
    `On the vault ${vault}${azure ? '' : ' of the local Azure'} this will, without asking again:`,
    ...playedScenes.map(({ says }) => `  ${says}`),
    `All of it on software-protected keys whose names begin with ${PREFIX}: ${run.paging ? 'about 35' : 'fewer than ten'}, which are deleted in the end and purged where that is permitted.`,
    guardian === undefined
      ? 'You attack; the guardian’s code reads and undoes, under your rights as well.'
      : 'You attack; the guardian’s code reads and undoes, under the identity of the environment.',
    ...(azure ? ['It takes two to ten minutes and some hundred requests, which Azure charges as operations.'] : []),
    'Ctrl+C stops it and cleans up.',
  ];
}

/** Runs the play, and has Ctrl+C stop it instead of ending the process: the keys are cleaned up then. */
async function untilStopped(shell: Shell, run: (stop: AbortSignal) => Promise<Played>): Promise<Played> {
  const stopping = new AbortController();
  const stop = (): void => {
    // Ctrl+C reaches it from the terminal and from npm: the second must not end the clean-up.
    if (stopping.signal.aborted) return;
    shell.out('Stopped. The keys are cleaned up: please wait.\n');
    stopping.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await run(stopping.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** A pause that was stopped is over; the play then ends by itself. */
function endedEarly(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}

async function written(file: string, report: Report, { json }: Options, shell: Shell): Promise<void> {
  await writeFile(file, reportPage(report));
  const beside = file.replace(/(\.md)?$/, '.json');
  if (json === true) await writeFile(beside, `${JSON.stringify(report, null, 2)}\n`);
  shell.out(`${countsLine(report.facts)}.\nThe report is in ${json === true ? `${file} and ${beside}` : file}.\n`);
}

async function onLocalAzure(vault: string, options: Options, shell: Shell): Promise<ThrowAway> {
  if (options.guardianFromEnvironment === true)
    throw new NotAllowed('--guardian-from-environment is for Azure: give --azure as well.');
  const { folder, as } = shell.globals();
  const address = await findLocalAzure(folder);
  const connection = (await outsideConnection(address))(vault);
  return { vault, ...connection, person: credentialOf(address, as), guardian: undefined };
}

async function inAzure(vault: string, url: string, { guardianFromEnvironment }: Options): Promise<ThrowAway> {
  const scope = `${resourceOf(url)}/.default`;
  const person = kept(new AzureCliCredential());
  await signedIn(person, scope);
  const own = guardianFromEnvironment === true ? kept(new EnvironmentCredential()) : undefined;
  await own?.getToken(scope).catch((error: unknown) => {
    throw new NotAllowed(
      'There is no token for the service principal of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.',
      { cause: error },
    );
  });
  const guardian = own && { watcher: own, keeper: own };
  const httpClient = createDefaultHttpClient();
  return { vault, url, httpClient, disableChallengeResourceVerification: false, person, guardian };
}

/** The credential, with each of its tokens kept until five minutes before its end: the Azure CLI takes a second for each. */
function kept(credential: TokenCredential): TokenCredential {
  const tokens = new Map<string, AccessToken>();
  return {
    async getToken(scopes, options) {
      const scope = [scopes].flat().join(' ');
      const known = tokens.get(scope);
      const isFresh = known !== undefined && known.expiresOnTimestamp - 5 * MINUTE_MS > Date.now();
      // With claims the service asks for another token than the one that it refused.
      if (isFresh && options?.claims === undefined) return known;
      const token = await credential.getToken(scopes, options);
      if (token !== null) tokens.set(scope, token);
      return token;
    },
  };
}

const claims = z.object({ tid: z.string() });

/** The id of the tenant that gave a token. Nothing else of the token is read. */
function tenantOf(token: AccessToken | null): string {
  return claims.parse(decodeJwt(token?.token ?? '')).tid;
}
