import type { LocalAzure } from '../azure/azure.ts';
import type { SeedIdentity, WireRequest } from '../azure/types.ts';
import type { Exchange } from './recordings.ts';

/** Who sends the recorded requests: they were let in, so this one may do everything. */
export const recordedClient: SeedIdentity = {
  name: 'recorded-client',
  kind: 'application',
  grants: [
    {
      vault: '*',
      dataActions: ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
    },
  ],
};

/** The request of an exchange with that body, from the address that its answer shows. */
export function wireRequest(exchange: Exchange, body: string, azure: LocalAzure): WireRequest {
  const { headers, status } = exchange.answer;
  const clientRequestId = headers['x-ms-client-request-id'];
  const address = headers['x-ms-keyvault-network-info']?.match(/addr=([^;*]+)/)?.[1];
  const token = azure.identities.get(recordedClient.name)?.token ?? '';
  return {
    method: exchange.method,
    url: exchange.url.href,
    headers: {
      ...exchange.requestHeaders,
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
      // The recorder dropped the request's headers: a 401 of these recordings is that of a call without a token.
      ...(status === 401 ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
    ...(address === undefined ? {} : { address }),
  };
}
