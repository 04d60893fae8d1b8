import { lookup } from 'node:dns';
import { Agent } from 'node:https';
import { createSecureContext } from 'node:tls';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';

/** The real client, led to one port of the loopback address whatever host it means; it keeps its connections, as it does by itself. */
export function ledTo({ port, ca }: { readonly port: number; readonly ca: string }): HttpClient {
  const agent = new Agent({
    // One for all connections, as the system's own authorities are.
    secureContext: createSecureContext({ ca }),
    port,
    keepAlive: true,
    lookup: (_, options, callback) => lookup('127.0.0.1', options, callback),
  });
  const plain = createDefaultHttpClient();
  return { sendRequest: (request) => plain.sendRequest(Object.assign(request, { agent })) };
}
