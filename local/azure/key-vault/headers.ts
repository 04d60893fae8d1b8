import type { WireRequest, WireResponse } from '../types.ts';
import type { Answer } from './answer.ts';
import type { Vault } from './store.ts';

/** What of a request shows in the headers of its answer. */
export interface HeaderContext {
  readonly vault: Vault;
  readonly request: WireRequest;
  readonly requestId: string;
  readonly nowMs: number;
  /** The tenant's challenge, on 401 alone. */
  readonly challenge?: string;
  /** Under Azure RBAC, on what was allowed. */
  readonly assignmentId?: string | undefined;
}

/** The answer as it leaves: compact JSON and the headers recorded with every answer; 204 has no content headers. @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses */
export function wireResponse(answer: Answer, context: HeaderContext): WireResponse {
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  return {
    status: answer.status,
    headers: headersOf(body, answer.body !== undefined, context),
    body,
    ...(answer.unrecordedOnPurpose ? { unrecordedOnPurpose: true } : {}),
  };
}

/** An answer whose body is not the service's, as a planned fault wants it. */
export function malformedResponse(body: string, context: HeaderContext): WireResponse {
  return { status: 200, headers: headersOf(body, true, context), body, malformedOnPurpose: true };
}

function headersOf(body: string, hasBody: boolean, context: HeaderContext): Readonly<Record<string, string>> {
  const { vault, request, requestId, nowMs, challenge, assignmentId } = context;
  const clientRequestId = request.headers['x-ms-client-request-id'];
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    ...(hasBody
      ? { 'content-length': String(Buffer.byteLength(body)), 'content-type': 'application/json; charset=utf-8' }
      : {}),
    expires: '-1',
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    'x-ms-keyvault-region': vault.region,
    ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
    'x-ms-request-id': requestId,
    'x-ms-keyvault-service-version': '1.9.2421.1',
    'x-ms-keyvault-network-info': `conn_type=Ipv4;addr=${request.address ?? '127.0.0.1'};act_addr_fam=InterNetwork;`,
    ...(assignmentId === undefined
      ? {}
      : {
          'x-ms-keyvault-rbac-assignment-id': assignmentId,
          'x-ms-keyvault-rbac-cache': 'ra_age=0;da_age=0;rd_age=0;',
        }),
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000;includeSubDomains',
    date: new Date(nowMs).toUTCString(),
  };
}
