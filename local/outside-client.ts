import { lookup } from 'node:dns';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import { KeyClient } from '@azure/keyvault-keys';
import { z } from 'zod';
import { errorCode } from '../shared/alerts/error-code.ts';
import { LOGIN_HOST } from './azure/issuer.ts';
import { folderOptions, localFolder } from './guardian-folder.ts';

const about = z.object({
  vaults: z.array(z.object({ name: z.string(), url: z.url({ protocol: /^https$/ }) })),
  caFile: z.string(),
  identities: z.array(z.object({ name: z.string(), token: z.string() })),
});
/** What `.local/azure.json` says of a running local Azure. */
export type LocalAzureAddress = z.infer<typeof about>;

/** What `guardian-api.json` beside it says of the guardian's API. */
export const apiAddress = z.object({
  url: z.url(),
  clientId: z.string(),
  /** Where the local issuer gives a token for it. */
  tokenUrl: z.url({ protocol: /^https$/ }),
});
export type ApiAddress = z.infer<typeof apiAddress>;

/** The file beside it that says where the trail is. */
export const TRAIL_FILE = 'guardian-trail.json';
/** What it says: the storage of the trail, by which `verify` reads it. */
export const trailAddress = z.object({ connectionString: z.string() });

/** The local Azure is not running, or has no such vault or identity. The sentence says what to do. */
export class LocalAzureMissing extends Error {
  override readonly name = 'LocalAzureMissing';
}

/** Where the local Azure of `npm start` is. Throws `LocalAzureMissing` where none runs, where its file cannot be read, and where it does not answer. */
export async function findLocalAzure(folder = localFolder()): Promise<LocalAzureAddress> {
  const address = await addressIn(folder);
  if (!(await answers(address)))
    throw new LocalAzureMissing(
      `The local guardian of ${folder} does not answer. Start it again:\n  ${startIn(folder)}`,
    );
  return address;
}

const startIn = (folder: string): string =>
  ['npm start', ...(folder === localFolder() ? [] : ['--', ...folderOptions(folder)])].join(' ');

async function addressIn(folder: string): Promise<LocalAzureAddress> {
  const file = join(folder, 'azure.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw unreadable(file, error);
    throw new LocalAzureMissing(
      `No local guardian runs here: ${file} is not there. Start one with "npm start" and leave it running.`,
      { cause: error },
    );
  }
  try {
    return about.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, error);
  }
}

const unreadable = (file: string, cause: unknown): LocalAzureMissing =>
  new LocalAzureMissing(`${file} cannot be read: stop "npm start" and start it again.`, { cause });

async function answers({ vaults: [vault] }: LocalAzureAddress): Promise<boolean> {
  if (vault === undefined) return false;
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(vault.url).port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The token of a named identity, as a credential. Throws `LocalAzureMissing` where there is none of that name. */
export function credentialOf(
  { identities }: LocalAzureAddress,
  name: string,
): TokenCredential & { readonly token: string } {
  const identity = identities.find((candidate) => candidate.name === name);
  if (identity === undefined)
    throw new LocalAzureMissing(
      `There is no identity ${name}. There are: ${identities.map((one) => one.name).join(', ')}.`,
    );
  return {
    token: identity.token,
    getToken: async () => ({ token: identity.token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
}

/** How a client from outside reaches a vault: over the TLS port, by the vault's real name. */
export interface OutsideConnection {
  readonly url: string;
  readonly httpClient: HttpClient;
  /** The challenge names vault.azure.net, and this address has a port. */
  readonly disableChallengeResourceVerification: true;
}

/** Makes connections to the vaults of a local Azure. Throws `LocalAzureMissing` for a vault it does not have, and where its certificate cannot be read. */
export async function outsideConnection(address: LocalAzureAddress): Promise<(vault: string) => OutsideConnection> {
  const ca = await authorityOf(address);
  const httpClient = onThisMachine(ca);
  return (vault) => {
    const found = address.vaults.find((candidate) => candidate.name.toLowerCase() === vault.toLowerCase());
    if (found === undefined)
      throw new LocalAzureMissing(
        `There is no vault ${vault}. There are: ${address.vaults.map(({ name }) => name).join(', ')}.`,
      );
    return { url: found.url, httpClient, disableChallengeResourceVerification: true };
  };
}

const authorityOf = ({ caFile }: LocalAzureAddress): Promise<string> =>
  readFile(caFile, 'utf8').catch((error: unknown) => {
    throw unreadable(caFile, error);
  });

/** The name of a vault or of the issuer is real and leads nowhere here: this client finds it on the loopback address. */
function onThisMachine(ca: string): HttpClient {
  const agent = new Agent({
    ca,
    keepAlive: false,
    lookup: (_, options, callback) => lookup('127.0.0.1', options, callback),
  });
  const plain = createDefaultHttpClient();
  return { sendRequest: (request) => plain.sendRequest(Object.assign(request, { agent })) };
}

/** How a client from outside reaches a service beside the vaults, Azure Resource Manager or Azure Monitor: by its real name, over the same port. Throws `LocalAzureMissing` where the certificate cannot be read. */
export async function outsideService(
  host: string,
  address: LocalAzureAddress,
  tokenUrl: string,
  identity: string,
): Promise<{ readonly httpClient: HttpClient; readonly credential: TokenCredential }> {
  const ca = await authorityOf(address);
  const port = Number(new URL(tokenUrl).port);
  const agent = new Agent({ ca, keepAlive: false });
  // The name has no port, and what the service links to has none either.
  agent.createConnection = () => connectTls({ host: '127.0.0.1', port, ca, servername: host });
  const plain = createDefaultHttpClient();
  return {
    httpClient: { sendRequest: (request) => plain.sendRequest(Object.assign(request, { agent })) },
    credential: {
      async getToken(scopes) {
        const token = await tokenFor(address, { tokenUrl, scope: [scopes].flat().join(' ') }, identity);
        return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    },
  };
}

const issued = z.object({ access_token: z.string() });

/** A token of a named identity for the guardian's API, issued now by the local issuer. Throws `LocalAzureMissing` as the others. */
export const apiToken = (
  address: LocalAzureAddress,
  { clientId, tokenUrl }: ApiAddress,
  identity: string,
): Promise<string> => tokenFor(address, { tokenUrl, scope: `api://${clientId}/.default` }, identity);

async function tokenFor(
  address: LocalAzureAddress,
  { tokenUrl, scope }: { readonly tokenUrl: string; readonly scope: string },
  identity: string,
): Promise<string> {
  const { token } = credentialOf(address, identity);
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    requested_token_use: 'on_behalf_of',
    assertion: token,
    scope,
  }).toString();
  const request = createPipelineRequest({ url: tokenUrl, method: 'POST', body });
  const { bodyAsText } = await onThisMachine(await authorityOf(address)).sendRequest(request);
  return issued.parse(JSON.parse(bodyAsText ?? '')).access_token;
}

const claims = z.object({ tid: z.string() });

/** Where the local issuer gives tokens: on the port of the vaults, for the tenant that its tokens name. */
export function tokenUrlOf({ vaults: [vault], identities: [identity] }: LocalAzureAddress): string {
  const [, payload = ''] = identity?.token.split('.') ?? [];
  const { tid } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  return `https://${LOGIN_HOST}:${new URL(vault?.url ?? '').port}/${tid}/oauth2/v2.0/token`;
}

/** The real Key Vault client, from outside, under that identity's token. It tries nothing twice. */
export async function outsideClient(address: LocalAzureAddress, vault: string, identity: string): Promise<KeyClient> {
  const { url, ...options } = (await outsideConnection(address))(vault);
  return new KeyClient(url, credentialOf(address, identity), { ...options, retryOptions: { maxRetries: 0 } });
}
