import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { AggregateAuthenticationError, AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { z } from 'zod';
import { apiOptions, commandLine, runnable } from '../../shared/alerts/runnable.ts';
import { keyVaultReads, keyVaultWrites } from '../../shared/azure/key-vault.ts';
import { currentOutside } from '../../shared/azure/outside.ts';
import { portsOf } from '../../shared/compose.ts';
import { readSettings, type Settings, settingsOfCommand } from '../../shared/config.ts';
import type { Actor } from '../../shared/domain/audit-record.ts';
import { NotAllowed } from '../../shared/errors.ts';
import type { Ports } from '../../shared/ports.ts';
import { folderOptions } from '../guardian-folder.ts';
import {
  apiAddress,
  apiToken,
  credentialOf,
  findLocalAzure,
  LocalAzureMissing,
  outsideConnection,
} from '../outside-client.ts';
import { type Api, api } from './api.ts';

/** Who runs a command, against which guardian. */
export interface Context {
  /** Reads and writes of vaults are made under the rights of the person who runs the command, never under the guardian's. */
  readonly ports: Ports;
  readonly who: Actor;
  /** The guardian itself, for everything but `restore`. */
  readonly api: Api;
  /** Whether it is the local Azure of `npm start`. */
  readonly local: boolean;
  /** Object ids of the local Azure's identities, by name; empty for a deployed guardian. */
  readonly identities: ReadonlyMap<string, string>;
  /** A further command against the same guardian, as a person types it. */
  readonly commandLine: (...words: readonly string[]) => string;
  /** A command of an incident, `key-guardian …` or another program's, as a person types it; `undefined` for a command that does not work against this guardian. */
  readonly runnable: (command: string) => string | undefined;
}

const claims = z.object({ oid: z.string(), upn: z.string().optional(), unique_name: z.string().optional() });

/** The context of the local Azure whose addresses are in a folder, under a named identity. Throws `LocalAzureMissing` where none runs. */
export async function localContext(identity: string, folder: string): Promise<Context> {
  const address = await findLocalAzure(folder);
  const credential = credentialOf(address, identity);
  const settings = await localSettings(folder);
  const where = await written(folder, 'guardian-api.json', (json) => apiAddress.parse(json));
  const connection = await outsideConnection(address);
  const ports = portsOf(settings, { ...currentOutside(), credential: () => credential }, []);
  const to = (vault: string) => ({ ...connection(vault), credential });
  const options = folderOptions(folder);
  return {
    ports: { ...ports, reads: (vault) => keyVaultReads(to(vault)), writes: (vault) => keyVaultWrites(to(vault)) },
    who: actorOf(credential.token),
    api: api(where.url, () => apiToken(address, where, identity)),
    local: true,
    identities: new Map(address.identities.map(({ name, token }) => [name, actorOf(token).oid])),
    commandLine: (...words) => commandLine(...options, ...words),
    runnable: (command) => runnable(command, 'own-machine', options),
  };
}

/** The file of a folder in which a local guardian writes its settings for the command line. */
export const SETTINGS_FILE = 'guardian-settings.json';

/** The settings of the local guardian of a folder. Throws `LocalAzureMissing` where they cannot be read. */
export const localSettings = (folder: string): Promise<Settings> => written(folder, SETTINGS_FILE, settingsIn);

/** What a local guardian wrote for the command line into a file of its folder. Throws `LocalAzureMissing` where it cannot be used. */
async function written<T>(folder: string, name: string, read: (json: unknown) => T): Promise<T> {
  const file = join(folder, name);
  try {
    return read(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new LocalAzureMissing(`${file} cannot be used: stop "npm start" and start it again.`, { cause: error });
  }
}

const settingsIn = (json: unknown): Settings => readSettings(z.record(z.string(), z.string()).parse(json));

const needsApp = (): Promise<never> =>
  Promise.reject(new NotAllowed('This command asks the guardian itself: name it with --app and --client-id.'));

/** A deployed guardian's API. */
export interface AppAddress {
  readonly url: string;
  /** Application (client) id of its app registration. */
  readonly clientId: string;
}

/** The context of a deployed guardian by its API alone: the rights are those of who is signed in with `az login`, and none on its storage is needed. */
export async function appContext({ url, clientId }: AppAddress, credential: TokenCredential): Promise<Context> {
  if (!/^(https:\/\/|http:\/\/127\.0\.0\.1:)/.test(url))
    throw new NotAllowed('--app takes an https address: it gets your token.');
  const token = await signedIn(credential, `api://${clientId}/.default`);
  const options = apiOptions(url, clientId);
  return {
    get ports(): never {
      throw new NotAllowed('This command reads the guardian’s storage: use it with --azure.');
    },
    who: actorOf(token.token),
    api: api(url, async () => token.token),
    local: false,
    identities: new Map(),
    commandLine: (...words) => commandLine(...options, ...words),
    runnable: (command) => runnable(command, 'azure', options),
  };
}

/** The context of a deployed guardian: settings from the environment, rights of the person who is signed in to Azure here. */
export async function azureContext(): Promise<Context> {
  const settings = {
    ...settingsOfCommand(),
    KEY_GUARDIAN_WATCHER_CLIENT_ID: undefined,
    KEY_GUARDIAN_KEEPER_CLIENT_ID: undefined,
  };
  const { token } = await signedIn(currentOutside().credential('watcher', undefined), VAULTS);
  return {
    ports: portsOf(settings, currentOutside(), []),
    who: actorOf(token),
    api: { get: needsApp, post: needsApp },
    local: false,
    identities: new Map(),
    commandLine: (...words) => commandLine('--azure', ...words),
    runnable: (command) => runnable(command, 'azure'),
  };
}

const VAULTS = 'https://vault.azure.net/.default';

/** A token of the person who is signed in here. Throws `NotAllowed` where nobody is. */
async function signedIn(credential: TokenCredential, scope: string): Promise<AccessToken> {
  try {
    const token = await credential.getToken(scope);
    if (token !== null) return token;
  } catch (error) {
    const kinds = [AggregateAuthenticationError, CredentialUnavailableError, AuthenticationError];
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
  throw new NotAllowed('Nobody is signed in to Azure here: run "az login" first.');
}

/** The person that a token names. Only the name and the object id are read; nothing of the token is printed. */
function actorOf(token: string): Actor {
  const { oid, upn, unique_name } = claims.parse(
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')),
  );
  const name = upn ?? unique_name;
  return { oid, ...(name === undefined ? {} : { name }) };
}
