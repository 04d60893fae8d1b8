import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { AggregateAuthenticationError, AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { decodeJwt } from 'jose';
import * as z from 'zod';
import { apiOptions, commandLine, runnable } from '../../shared/alerts/runnable.ts';
import { keyVaultWrites } from '../../shared/azure/key-vault.ts';
import type { VaultWrites } from '../../shared/domain/vault.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { folderOptions } from '../guardian-folder.ts';
import {
  type ApiAddress,
  apiAddress,
  apiToken,
  credentialOf,
  findLocalAzure,
  LocalAzureMissing,
  outsideConnection,
  TRAIL_FILE,
  trailAddress,
} from '../outside-client.ts';
import { type Api, api } from './api.ts';

/** Who runs a command, against which guardian. */
export interface Context {
  /** The guardian itself. */
  readonly api: Api;
  /** Writes to a vault under the rights of the person who runs the command, never under the guardian's. */
  readonly writes: (vault: string) => VaultWrites;
  /** Whether it is the local Azure of `npm start`. */
  readonly local: boolean;
  /** Object ids of the local Azure's identities, by name; empty for a deployed guardian. */
  readonly identities: ReadonlyMap<string, string>;
  /** A further command against the same guardian, as a person types it. */
  readonly commandLine: (...words: readonly string[]) => string;
  /** A command of an incident, `key-guardian …` or another program's, as a person types it; `undefined` for a command that does not work against this guardian. */
  readonly runnable: (command: string) => string | undefined;
}

const claims = z.object({ oid: z.string() });

/** The context of the local Azure whose addresses are in a folder, under a named identity. Throws `LocalAzureMissing` where none runs. */
export async function localContext(identity: string, folder: string): Promise<Context> {
  const address = await findLocalAzure(folder);
  const credential = credentialOf(address, identity);
  const where = await apiIn(folder);
  const connection = await outsideConnection(address);
  const options = folderOptions(folder);
  return {
    api: api(where.url, () => apiToken(address, where, identity)),
    writes: (vault) => keyVaultWrites({ ...connection(vault), credential, identity: YOU }),
    local: true,
    identities: new Map(address.identities.map(({ name, token }) => [name, oidOf(token)])),
    commandLine: (...words) => commandLine(...options, ...words),
    runnable: (command) => runnable(command, 'own-machine', options),
  };
}

const YOU = 'who is signed in here';

/** The address of the API of a local guardian, by its folder. Throws `LocalAzureMissing` where it cannot be used. */
export const apiIn = (folder: string): Promise<ApiAddress> => written(folder, 'guardian-api.json', apiAddress);

/** The connection string of the trail of a local guardian, by its folder. Throws `LocalAzureMissing` where it cannot be used. */
export const trailIn = async (folder: string): Promise<string> =>
  (await written(folder, TRAIL_FILE, trailAddress)).connectionString;

/** What a local guardian wrote for the command line into a file of its folder. */
async function written<T>(folder: string, name: string, shape: z.ZodType<T>): Promise<T> {
  const file = join(folder, name);
  try {
    return shape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new LocalAzureMissing(`${file} cannot be used: stop "npm start" and start it again.`, { cause: error });
  }
}

/** A deployed guardian's API. */
export interface AppAddress {
  readonly url: string;
  /** Application (client) id of its app registration. */
  readonly clientId: string;
}

/** The context of a deployed guardian by its API: the rights are those of who is signed in with `az login`, and none on its storage is needed. */
export async function appContext({ url, clientId }: AppAddress, credential: TokenCredential): Promise<Context> {
  if (!/^(https:\/\/|http:\/\/127\.0\.0\.1:)/.test(url))
    throw new NotAllowed('--app takes an https address: it gets your token.');
  const { token } = await signedIn(credential, `api://${clientId}/.default`);
  const options = apiOptions(url, clientId);
  return {
    api: api(url, async () => token),
    writes: (vault) => keyVaultWrites({ url: `https://${vault}.vault.azure.net`, credential, identity: YOU }),
    local: false,
    identities: new Map(),
    commandLine: (...words) => commandLine(...options, ...words),
    runnable: (command) => runnable(command, 'azure', options),
  };
}

/** A token of the person who is signed in here. Throws `NotAllowed` where nobody is. */
export async function signedIn(credential: TokenCredential, scope: string): Promise<AccessToken> {
  try {
    const token = await credential.getToken(scope);
    if (token !== null) return token;
  } catch (error) {
    const kinds = [AggregateAuthenticationError, CredentialUnavailableError, AuthenticationError];
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
  throw new NotAllowed('Nobody is signed in to Azure here: run "az login" first.');
}

/** The object id that a token names. Nothing else of the token is read. */
export const oidOf = (token: string): string => claims.parse(decodeJwt(token)).oid;
