import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { SECOND_MS } from '../domain/time.ts';
import { inTime, noLongPause } from './deadline.ts';
import { tokensInTime } from './tokens.ts';

/** Where Azure Resource Manager and Azure Resource Graph are. */
export const MANAGEMENT = 'https://management.azure.com';

/** How a client of Azure Resource Manager is made. */
export interface ManagementConnection {
  readonly credential: TokenCredential;
  /** Whose credential it is, for the error `NoToken`: `the guardian's identity surveyor`. */
  readonly identity: string;
  /** Default: `https://management.azure.com`. Tokens are for that in any case. */
  readonly endpoint?: string;
  /** The HTTP client; the SDK's own where left out. */
  readonly httpClient?: HttpClient | undefined;
  /** A longer pause than this is not waited for: the 429 is returned. Default 20 s, in ms. */
  readonly longestPauseMs?: number;
  /** How often a request is sent again at most. Default 4. */
  readonly maxRetries?: number;
}

/** Sends one request, and returns the answer whatever its status. `requestId` travels as `x-ms-client-request-id`. Throws where there is no answer, and `NoToken`. */
export type SendToManagement = (
  method: HttpMethods,
  url: string,
  body?: unknown,
  requestId?: string,
) => Promise<PipelineResponse>;

/** How long a request may take, token, retries and pauses included, in ms. */
const REQUEST_TIMEOUT_MS = 60 * SECOND_MS;
const LONGEST_PAUSE_MS = 20 * SECOND_MS;

/**
 * A client with the SDK's own retries and bearer tokens. No client of a single provider is used: those weigh more than all
 * else that the guardian loads, for a handful of reads.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 */
export function managementClient({
  credential,
  identity,
  httpClient = createDefaultHttpClient(),
  longestPauseMs = LONGEST_PAUSE_MS,
  maxRetries = 4,
}: ManagementConnection): SendToManagement {
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  });
  pipeline.addPolicy(inTime(REQUEST_TIMEOUT_MS), { beforePolicies: ['defaultRetryPolicy'] });
  pipeline.addPolicy(noLongPause(longestPauseMs), { phase: 'Retry', afterPolicies: ['defaultRetryPolicy'] });
  pipeline.addPolicy(
    bearerTokenAuthenticationPolicy({
      credential: tokensInTime(credential, identity),
      scopes: `${MANAGEMENT}/.default`,
    }),
    { phase: 'Sign' },
  );
  return (method, url, body, requestId) => {
    const request = createPipelineRequest({
      url,
      method,
      timeout: REQUEST_TIMEOUT_MS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(requestId === undefined ? {} : { requestId }),
    });
    request.headers.set('accept', 'application/json');
    if (body !== undefined) request.headers.set('content-type', 'application/json');
    return pipeline.sendRequest(httpClient, request);
  };
}
