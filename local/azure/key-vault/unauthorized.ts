import { type Caller, vaultAudience } from '../identities.ts';
import { issuerOf, LOGIN_HOST } from '../issuer.ts';
import type { Answer } from './answer.ts';
import { errorAnswer } from './errors.ts';

/** Decided before path, name and body are looked at. @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses */
export function unauthorized(caller: Exclude<Caller, { kind: 'known' }>, tenantId: string): Answer {
  return errorAnswer(401, 'Unauthorized', reasonOf(caller, tenantId));
}

/** `authorization`, not `authorization_uri`; no slash at the end of either address. */
export function challengeOf(tenantId: string): string {
  return `Bearer authorization="https://${LOGIN_HOST}/${tenantId}", resource="${vaultAudience}"`;
}

function reasonOf(caller: Exclude<Caller, { kind: 'known' }>, tenantId: string): string {
  switch (caller.kind) {
    case 'no-token':
      return 'AKV10000: Request is missing a Bearer or PoP token.';
    case 'wrong-audience':
      return `AKV10022: Invalid audience. Expected ${vaultAudience}, found: ${caller.audience}.`;
    case 'wrong-issuer':
      return `AKV10032: Invalid issuer. Expected one of ${issuerOf(tenantId)}, found ${caller.issuer}.`;
    case 'expired-token':
      // As quoted, with a Content-Length that fits: https://github.com/Azure/azure-sdk-for-python/issues/27266
      return "[TokenExpired] Error validating token: 'S2S12086'.";
    case 'unknown-token':
      // What the service says to a token that nobody it knows signed: https://github.com/Azure-Samples/azuresandbox/issues/188
      return `AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '${caller.header}'.`;
    default:
      return caller satisfies never;
  }
}
