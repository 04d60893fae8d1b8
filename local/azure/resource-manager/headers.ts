import type { Random } from '../random.ts';
import type { WireRequest, WireResponse } from '../types.ts';
import type { Answer } from './answer.ts';
import type { Line, Taken } from './throttling.ts';

/** What of a request shows in the headers of its answer. */
export interface HeaderContext {
  readonly request: WireRequest;
  readonly ids: Random;
  readonly nowMs: number;
  readonly region: string;
  /** Undefined where nothing was counted. */
  readonly budget: { readonly line: Line; readonly taken: Taken; readonly isTenant: boolean } | undefined;
  /** The provider's own budgets, `Microsoft.Compute/LowCostGet3Min;14999`. */
  readonly resourceBudgets: string | undefined;
  /** Those of the provider that answered. */
  readonly providerHeaders: Readonly<Record<string, string>>;
}

/** The answer as it leaves, with the headers of 2025 (recorded in `recordings/compute/disk-get.json`). */
export function wireResponse(answer: Answer, context: HeaderContext): WireResponse {
  const body = textOf(answer);
  return { status: answer.status, headers: headersOf(answer, body, context), body };
}

/** An answer whose body is not the service's, as a planned fault wants it. */
export function malformedResponse(body: string, context: HeaderContext): WireResponse {
  return { status: 200, headers: headersOf({ status: 200, body: {} }, body, context), body, malformedOnPurpose: true };
}

/** Compute writes two blanks and line breaks of Windows (recorded). */
function textOf({ body, layout }: Answer): string {
  if (body === undefined) return '';
  return layout === 'indented' ? JSON.stringify(body, null, 2).replaceAll('\n', '\r\n') : JSON.stringify(body);
}

function headersOf(answer: Answer, body: string, context: HeaderContext): Readonly<Record<string, string>> {
  const { request, ids, nowMs, region, budget, resourceBudgets } = context;
  const correlation = ids.uuid();
  const clientRequestId = request.headers['x-ms-client-request-id'];
  const second = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    'content-length': String(Buffer.byteLength(body)),
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    expires: '-1',
    ...(answer.fromGateway && answer.status !== 401 ? { 'x-ms-failure-cause': 'gateway' } : {}),
    ...budgetHeaders(budget),
    ...(resourceBudgets === undefined ? {} : { 'x-ms-ratelimit-remaining-resource': resourceBudgets }),
    ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
    'x-ms-request-id': ids.uuid(),
    'x-ms-correlation-request-id': correlation,
    'x-ms-routing-request-id': `${region.toUpperCase()}:${second}:${correlation}`,
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    date: new Date(nowMs).toUTCString(),
    ...context.providerHeaders,
    ...answer.headers,
  };
}

function budgetHeaders(budget: HeaderContext['budget']): Readonly<Record<string, string>> {
  if (budget === undefined || budget.taken.kind === 'throttled') return {};
  const { line, taken, isTenant } = budget;
  const of = isTenant ? 'tenant' : 'subscription';
  return {
    [`x-ms-ratelimit-remaining-${of}-${line}`]: String(taken.left),
    [`x-ms-ratelimit-remaining-${of}-global-${line}`]: String(taken.leftOfAll),
  };
}
