import type { TokenCredential } from '@azure/core-auth';
import { createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { MANAGEMENT } from '../shared/azure/management-client.ts';
import { vaultObject } from '../shared/domain/vault-object.ts';

/** Sends one request to Resource Manager in somebody's name. Gives its body; throws what it answers otherwise. */
export type Management = (method: string, path: string, body?: object) => Promise<unknown>;

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Resource Manager refused a write: an answer, as that of a vault. */
export class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
}

/** Requests over a client that reaches Resource Manager. */
export function managementOf(httpClient: HttpClient, credential: TokenCredential): Management {
  return async (method, path, body) => {
    const token = await credential.getToken(`${MANAGEMENT}/.default`);
    const request = createPipelineRequest({
      url: path.startsWith('https:') ? path : `${MANAGEMENT}${path}`,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    Object.assign(request, { method });
    request.headers.set('authorization', `Bearer ${token?.token}`);
    if (body !== undefined) request.headers.set('content-type', 'application/json');
    const { status, bodyAsText } = await httpClient.sendRequest(request);
    const answer: unknown = bodyAsText ? JSON.parse(bodyAsText) : undefined;
    if (status < 400) return answer;
    const { data } = refusal.safeParse(answer);
    throw new WriteRefused(data === undefined ? `status ${status}` : `${data.error.code}: ${data.error.message}`);
  };
}

const listed = z.object({ value: z.array(z.looseObject({ id: z.string() })), nextLink: z.string().optional() });
const subscription = z.object({ subscriptionId: z.string() });
const set = z.looseObject({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  identity: z.looseObject({ type: z.string(), principalId: z.string().optional() }).optional(),
  properties: z.looseObject({
    activeKey: z.looseObject({ keyUrl: z.string() }),
    encryptionType: z.string().optional(),
  }),
});
/** A disk encryption set as Resource Manager shows it. */
export type ShownSet = z.infer<typeof set>;
const version = z.object({
  name: z.string(),
  properties: z.object({ attributes: z.object({ created: z.number() }), keyUriWithVersion: z.string() }),
});
const assignment = z.object({ id: z.string(), properties: z.object({ principalId: z.string() }) });

const SETS = 'api-version=2024-03-02';
const VAULTS = 'api-version=2023-07-01';
const ASSIGNMENTS = 'api-version=2022-04-01';

/** Every item of a list, all pages. */
async function all<T>(send: Management, path: string, item: z.ZodType<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = listed.parse(await send('GET', next));
    items.push(...z.array(item).parse(page.value));
    next = page.nextLink;
  }
  return items;
}

/** What lies in all subscriptions of one type. */
async function everywhere<T>(send: Management, type: string, query: string, item: z.ZodType<T>): Promise<readonly T[]> {
  const subscriptions = await all(send, '/subscriptions?api-version=2022-12-01', subscription);
  const found: T[] = [];
  for (const { subscriptionId } of subscriptions)
    found.push(...(await all(send, `/subscriptions/${subscriptionId}/providers/${type}?${query}`, item)));
  return found;
}

/** Those whose active key is this one. Throws where there is none. */
export async function setsOn(
  send: Management,
  vault: string,
  key: string,
): Promise<readonly [ShownSet, ...ShownSet[]]> {
  const sets = await everywhere(send, 'Microsoft.Compute/diskEncryptionSets', SETS, set);
  const [first, ...rest] = sets.filter(({ properties }) => isOn(properties.activeKey.keyUrl, vault, key));
  if (first === undefined) throw new Error(`No disk encryption set has the key ${vault}/${key}.`);
  return [first, ...rest];
}

const isOn = (keyUrl: string, vault: string, key?: string): boolean => {
  const named = vaultObject(keyUrl);
  return named?.vault === vault.toLowerCase() && (key === undefined || named.name === key.toLowerCase());
};

/** The id of a vault. Throws where it is not shown. */
export async function vaultIdOf(send: Management, vault: string): Promise<string> {
  const shown = z.object({ id: z.string(), name: z.string() });
  const vaults = await everywhere(send, 'Microsoft.KeyVault/vaults', VAULTS, shown);
  const found = vaults.find(({ name }) => name.toLowerCase() === vault.toLowerCase());
  if (found === undefined) throw new Error(`Resource Manager shows no vault ${vault}.`);
  return found.id;
}

/** The URLs of a key's versions, oldest first. */
export async function versionUrls(send: Management, vault: string, key: string): Promise<readonly string[]> {
  const id = await vaultIdOf(send, vault);
  const versions = await all(send, `${id}/keys/${key}/versions?${VAULTS}`, version);
  return versions
    .toSorted((one, other) => one.properties.attributes.created - other.properties.attributes.created)
    .map(({ name }) => `https://${vault}.vault.azure.net/keys/${key}/${name}`);
}

type Write = (send: Management, vault: string, key: string) => Promise<string>;

const writes: Readonly<Record<string, Write>> = {
  async 'move-set'(send, vault, key) {
    const [moved] = await setsOn(send, vault, key);
    const sets = await everywhere(send, 'Microsoft.Compute/diskEncryptionSets', SETS, set);
    const other = sets.findLast(({ properties }) => !isOn(properties.activeKey.keyUrl, vault));
    if (other === undefined) throw new Error('No disk encryption set has a key of another vault.');
    const { activeKey } = other.properties;
    await send('PATCH', `${moved.id}?${SETS}`, { properties: { activeKey } });
    return `${moved.name}: moved to ${activeKey.keyUrl}.`;
  },
  async 'pin-set'(send, vault, key) {
    const [pinned] = await setsOn(send, vault, key);
    const [keyUrl = pinned.properties.activeKey.keyUrl] = await versionUrls(send, vault, key);
    const { activeKey } = pinned.properties;
    await send('PATCH', `${pinned.id}?${SETS}`, {
      properties: { activeKey: { ...activeKey, keyUrl }, rotationToLatestKeyVersionEnabled: false },
    });
    return `${pinned.name}: pinned to ${keyUrl}.`;
  },
  async 'delete-vault'(send, vault) {
    await send('DELETE', `${await vaultIdOf(send, vault)}?${VAULTS}`);
    return `${vault}: deleted with all of its keys.`;
  },
  async 'cut-access'(send, vault, key) {
    const [cut] = await setsOn(send, vault, key);
    const id = await vaultIdOf(send, vault);
    const path = `${id}/providers/Microsoft.Authorization/roleAssignments?${ASSIGNMENTS}`;
    const held = (await all(send, path, assignment)).filter(
      ({ properties }) => properties.principalId === cut.identity?.principalId,
    );
    if (held.length === 0) throw new Error(`${cut.name} has no role in ${vault}.`);
    for (const one of held) await send('DELETE', `${one.id}?${ASSIGNMENTS}`);
    return `${cut.name}: its role in ${vault} is gone.`;
  },
};

/** What somebody with rights in Resource Manager can do to a vault, or to the first set on a key. */
export const writeNames = Object.keys(writes);

/** Does it, and says what it did. Throws `WriteRefused` with what Resource Manager answered. */
export async function write(act: string, send: Management, vault: string, key: string): Promise<string> {
  const known = writes[act];
  if (known === undefined) throw new Error(`There is no act ${act}. There are: ${writeNames.join(', ')}.`);
  return known(send, vault, key);
}
