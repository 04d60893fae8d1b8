import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';

/** What the guardian uses outside its own process. */
export interface Outside {
  /** The HTTP client of Key Vault calls; the SDK's own where `undefined`. */
  readonly vaultHttpClient: HttpClient | undefined;
  /** The HTTP client of Resource Manager and Resource Graph; the SDK's own where left out. */
  readonly resourceManagerHttpClient?: HttpClient | undefined;
  /** The HTTP client of calls to Azure Monitor; the SDK's own where left out. */
  readonly monitorHttpClient?: HttpClient;
  /** The HTTP client of calls to Event Grid; the SDK's own where left out. */
  readonly eventGridHttpClient?: HttpClient;
  /** Puts something around each port of storage; nothing where left out. */
  readonly aroundStorage?: <Port extends object>(port: Port) => Port;
  /** The credential of one of the guardian's identities. */
  readonly credential: (
    identity: 'watcher' | 'keeper' | 'surveyor' | 'storage',
    clientId: string | undefined,
  ) => TokenCredential;
  readonly now: () => Date;
  /** Sends alerts to channels outside Azure. */
  readonly fetch: (address: string, request: RequestInit) => Promise<Response>;
}

const azure: Outside = {
  vaultHttpClient: undefined,
  credential: (_, clientId) =>
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId }),
  now: () => new Date(),
  fetch: (address, request) => fetch(address, request),
};

let outside: Outside = azure;

/** What the guardian uses outside its process. No setting changes it: the deployed package always uses Azure. */
export const currentOutside = (): Outside => outside;

/** Puts the local Azure in Azure's place. Called by `local/` alone, before it imports `functions/`; the bundle drops it. */
export function setOutside(replacement: Outside): void {
  outside = replacement;
}
