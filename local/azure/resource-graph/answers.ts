import type { Answer } from '../resource-manager/answer.ts';
import type { QuotaLeft } from './quota.ts';

/** Why a query is refused, as the service tells it: a code, and one detail or more. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly details: readonly Readonly<Record<string, unknown>>[];
  /** On 429 alone. */
  readonly retryAfterSeconds?: number;
}

/** A query that is no query: recorded in `recordings-estate/resource-graph/paging.json`, the strange letter too. */
export const parserFailure = (line: number, column: number, token: string): Refusal => ({
  status: 400,
  code: 'BadRequest',
  details: [
    INVALID_QUERY,
    {
      code: 'ParserFailure',
      message: 'ParserFailure',
      line,
      characterPositionInLine: column,
      token,
      expectedToken: 'Ź',
    },
  ],
});

/** A query that names what is not there. UNCONFIRMED: the second detail; that of a parser's failure is recorded. */
export const semanticFailure = (message: string): Refusal => ({
  status: 400,
  code: 'BadRequest',
  details: [INVALID_QUERY, { code: 'SemanticError', message }],
});

const INVALID_QUERY = {
  code: 'InvalidQuery',
  message:
    'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
};

/** A request whose body or options have another form. UNCONFIRMED: code and sentence of the detail. */
export const badRequest = (message: string): Refusal => ({
  status: 400,
  code: 'BadRequest',
  details: [{ code: 'InvalidQueryOptions', message }],
});

/** Over the quota: body and headers as quoted in https://github.com/Azure/azure-cli-extensions/issues/3325. */
export const rateLimiting = (retryAfterSeconds: number): Refusal => ({
  status: 429,
  code: 'RateLimiting',
  details: [
    {
      code: 'RateLimiting',
      message:
        'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.',
    },
  ],
  retryAfterSeconds,
});

/** No subscription that is asked for can be read: the 403 that is documented, in the words of https://github.com/Azure/azure-sdk-for-java/issues/29924. */
export const accessDenied: Refusal = {
  status: 403,
  code: 'AccessDenied',
  details: [
    {
      code: 'AccessDenied',
      message: 'Access is denied to the requested resource. The user might not have enough permission.',
    },
  ],
};

/** The same as clients have met it: https://github.com/tomkerkhove/promitor has the code. UNCONFIRMED: the sentence. */
export const noValidSubscriptions: Refusal = {
  status: 400,
  code: 'BadRequest',
  details: [
    {
      code: 'NoValidSubscriptionsInQueryRequest',
      message: 'There must be at least one subscription that is eligible to contain resources.',
    },
  ],
};

/** What shows in the headers of every answer. */
export interface Frame {
  readonly quota: QuotaLeft;
  readonly requestId: string;
  readonly nowMs: number;
}

/** A page of rows, its members in recorded order. */
export const pageAnswer = (page: Readonly<Record<string, unknown>>, frame: Frame): Answer => ({
  status: 200,
  body: page,
  headers: { ...headersOf(frame), vary: 'Accept-Encoding' },
});

/** A refusal. */
export function refusalAnswer({ status, code, details, retryAfterSeconds }: Refusal, frame: Frame): Answer {
  const timestamp = new Date(frame.nowMs).toISOString().replace('Z', '0000Z');
  const message = `Please provide below info when asking for support: timestamp = ${timestamp}, correlationId = ${frame.requestId}.`;
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return {
    status,
    body: { error: { code, message, details } },
    headers: { ...headersOf(frame), ...retryAfter },
  };
}

/** Beside those of Resource Manager, whose answers have two ids where Resource Graph's have one. */
const headersOf = ({ quota, requestId }: Frame): Readonly<Record<string, string>> => ({
  server: 'Kestrel',
  'x-ms-request-id': requestId,
  'x-ms-correlation-request-id': requestId,
  'x-ms-ratelimit-remaining-tenant-resource-requests': String(quota.remaining),
  'x-ms-user-quota-remaining': String(quota.remaining),
  'x-ms-user-quota-resets-after': clockTime(quota.resetsAfterMs),
});

/** `hh:mm:ss`, in whole seconds. */
const clockTime = (ms: number): string =>
  new Date(Math.ceil(ms / 1_000) * 1_000).toISOString().slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh:mm:ss'.length);
