import {
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { ConnectionBroken } from './connection-broken.ts';
import { MANAGEMENT_HOST } from './resource-manager/handler.ts';
import type { WireRequest, WireResponse } from './types.ts';

/**
 * Hands the requests of the real SDK clients to the handler, in process. Throws what the clients' own HTTP client throws: a
 * `RestError` with the system's code for a broken connection, an `AbortError` for an abort and for the request's time-out.
 * Refuses any host but a vault's, Resource Manager's and those that `serves` names.
 */
export function createHttpClient(
  handle: (request: WireRequest) => Promise<WireResponse>,
  serves: (host: string) => boolean = () => false,
): HttpClient {
  return {
    async sendRequest(request) {
      const { hostname } = new URL(request.url);
      const host = hostname.toLowerCase();
      if (!host.endsWith('.vault.azure.net') && host !== MANAGEMENT_HOST && !serves(host)) {
        const served = `*.vault.azure.net, ${MANAGEMENT_HOST}, Azure Monitor and Event Grid`;
        throw new RestError(`The local Azure serves ${served} only, not ${hostname}.`, {
          code: 'ENOTFOUND',
          request,
        });
      }
      try {
        return toPipelineResponse(request, await orAbort(request, () => handle(toWireRequest(request))));
      } catch (error) {
        if (!(error instanceof ConnectionBroken)) throw error;
        throw new RestError(error.code === 'ECONNRESET' ? 'socket hang up' : error.message, {
          code: error.code,
          request,
        });
      }
    },
  };
}

/** The service goes on with what it began; only the client stops waiting. */
async function orAbort<T>(request: PipelineRequest, work: () => Promise<T>): Promise<T> {
  const { abortSignal, timeout } = request;
  const aborted = (): Error => new DOMException('The operation was aborted.', 'AbortError');
  if (abortSignal?.aborted === true) throw aborted();
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(aborted());
    const timer = timeout > 0 ? setTimeout(abort, timeout) : undefined;
    abortSignal?.addEventListener('abort', abort);
    work()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        abortSignal?.removeEventListener('abort', abort);
      });
  });
}

function toWireRequest(request: PipelineRequest): WireRequest {
  const { body } = request;
  const about = { method: request.method, url: request.url, headers: request.headers.toJSON() };
  if (body instanceof Uint8Array) return { ...about, body: '', bytes: body };
  if (body !== undefined && body !== null && typeof body !== 'string') {
    throw new RestError('The local Azure takes bodies as text or bytes only, as the clients send them.', { request });
  }
  return { ...about, body: body ?? '' };
}

function toPipelineResponse(request: PipelineRequest, response: WireResponse): PipelineResponse {
  return {
    request,
    status: response.status,
    headers: createHttpHeaders({ ...response.headers }),
    bodyAsText: response.body,
  };
}
