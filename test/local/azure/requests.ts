import { afterEach, beforeEach, vi } from 'vitest';
import { createLocalAzure, type LocalAzure, type LocalAzureOptions } from '../../../local/azure/azure.ts';
import type { SeedIdentity, WireResponse } from '../../../local/azure/types.ts';

/** The moment at which every test here begins: 2026-03-01T12:00:00Z. */
export const start = Date.UTC(2026, 2, 1, 12);
export const startSeconds = start / 1000;

/** Stops the clock for the file that calls it: `Date` alone, timers go on. */
export function onStoppedClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Turns the stopped clock ahead. */
export function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

const everything = {
  vault: '*',
  dataActions: ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
};
export const attacker: SeedIdentity = { name: 'attacker', kind: 'user', grants: [everything] };

/** One vault `kv-one` with the key `disk`, and an identity that may do everything, unless the options say otherwise. */
export function localAzure(options: Partial<LocalAzureOptions> = {}): LocalAzure {
  return createLocalAzure({
    vaults: [{ name: 'kv-one', keys: [{ name: 'disk' }] }],
    identities: [attacker],
    seed: 7,
    ...options,
  });
}

/** A request as it goes over the wire, with the answer's JSON beside it. */
export interface Sent extends WireResponse {
  readonly json: unknown;
}

/** Sends requests in one identity's name. Paths without an api-version get 7.5. */
export function sender(azure: LocalAzure, identity = 'attacker', vault = 'kv-one') {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Sent> => {
    const url = path.startsWith('https:') ? path : `https://${vault}.vault.azure.net${withApiVersion(path)}`;
    const token = azure.identities.get(identity)?.token ?? '';
    const response = await azure.handle({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
      ...response,
      json: response.body === '' || response.malformedOnPurpose ? undefined : JSON.parse(response.body),
    };
  };
}

function withApiVersion(path: string): string {
  if (path.includes('api-version=')) return path;
  return `${path}${path.includes('?') ? '&' : '?'}api-version=7.5`;
}

/** The id of a key's current version, from the vault's own state. */
export function currentVersion(azure: LocalAzure, key = 'disk', vault = 'kv-one'): string {
  const state = azure.state(vault, key);
  const version = state.kind === 'none' ? undefined : state.versions.at(-1)?.version;
  if (version === undefined) throw new Error(`${vault} has no key ${key}.`);
  return version;
}

/** The body of an error answer. */
export function errorBody(code: string, message: string, innererror?: string) {
  return { error: { code, message, ...(innererror === undefined ? {} : { innererror: { code: innererror } }) } };
}
