import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { generate } from 'selfsigned';
import type { LocalAzure } from './azure.ts';
import { ConnectionBroken } from './connection-broken.ts';
import { LOGIN_HOST } from './issuer.ts';
import { INGESTION_HOST, QUERY_HOST } from './monitor/monitor.ts';
import { MANAGEMENT_HOST } from './resource-manager/handler.ts';
import type { WireRequest } from './types.ts';

/** A TLS port on which the local Azure answers. */
export interface TlsListener {
  readonly port: number;
  /** The authority that a client has to trust, made at start and kept nowhere. */
  readonly caCertificatePem: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Listens on 127.0.0.1, by default on a free port, with a certificate for `*.vault.azure.net`, for Resource Manager, for Azure Monitor and for the issuer's host. A client names
 * the vault by its real host and is led here by a host override (`curl --connect-to`, a `lookup`). Throws where the port is taken.
 */
export async function listenOnTls(
  azure: Pick<LocalAzure, 'handle'>,
  options: { port?: number } = {},
): Promise<TlsListener> {
  const { caCertificatePem, certificatePem, keyPem } = await makeCertificates();
  const server = createServer(
    { cert: certificatePem, key: keyPem, keepAlive: true, keepAliveTimeout: 60_000 },
    (request, response) => {
      serve(azure, request, response).catch((error: unknown) => {
        // A planned break is a dead connection to the client, and one that left with its body unsent is its own affair;
        // anything else is a fault of ours and has to be seen.
        if (!(error instanceof ConnectionBroken) && request.complete) console.error(error);
        request.socket.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return { port: portOf(server), caCertificatePem, close: () => close(server) };
}

async function serve(
  azure: Pick<LocalAzure, 'handle'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const asked = wireRequestOf(request, body);
  if (asked === undefined) {
    response.writeHead(400, { connection: 'close' }).end();
    return;
  }
  const answer = await azure.handle(asked);
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** Undefined where host and path make no address. */
function wireRequestOf(request: IncomingMessage, body: Buffer): WireRequest | undefined {
  const { url: path = '' } = request;
  const url = `https://${request.headers.host ?? ''}${path}`;
  if (!path.startsWith('/') || !URL.canParse(url)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return {
    method: request.method ?? 'GET',
    url,
    headers,
    ...(headers['content-encoding'] === undefined ? { body: body.toString('utf8') } : { body: '', bytes: body }),
    address: request.socket.remoteAddress ?? '127.0.0.1',
  };
}

/** Undefined where it is longer than 1 MB. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The local Azure listens on no port.');
  return address.port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve, reject) =>
    server.close((error) => (error === undefined ? resolve() : reject(error))),
  );
  server.closeAllConnections();
  await closed;
}

/** An authority and, under it, a certificate for the host names of every vault, of Resource Manager, of Azure Monitor and of the issuer. */
async function makeCertificates(): Promise<{ caCertificatePem: string; certificatePem: string; keyPem: string }> {
  const dates = { notBeforeDate: new Date(Date.now() - DAY_MS), notAfterDate: new Date(Date.now() + 365 * DAY_MS) };
  const common = { ...dates, keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: 'Key Guardian local Azure' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: '*.vault.azure.net' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: ['*.vault.azure.net', MANAGEMENT_HOST, QUERY_HOST, INGESTION_HOST, LOGIN_HOST].map((value) => ({
          type: 2,
          value,
        })),
      },
    ],
  });
  return { caCertificatePem: authority.cert, certificatePem: leaf.cert, keyPem: leaf.private };
}
