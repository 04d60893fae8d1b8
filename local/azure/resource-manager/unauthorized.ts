import { type Caller, managementAudiences } from '../identities.ts';
import { issuerOf, LOGIN_HOST } from '../issuer.ts';
import type { Answer } from './answer.ts';

/**
 * The answer to a caller who is not known, with its challenge.
 * @see https://github.com/Azure-Samples/active-directory-dotnetcore-daemon-v2/issues/145 for a wrong audience
 * @see https://github.com/hashicorp/terraform-provider-azurerm/issues/20867 for an expired token
 */
export function unauthorized(caller: Exclude<Caller, { kind: 'known' }>, tenantId: string, nowMs: number): Answer {
  const { code, message, description } = reasonOf(caller, tenantId, nowMs);
  return {
    status: 401,
    body: { error: { code, message } },
    headers: {
      'www-authenticate': `Bearer authorization_uri="https://${LOGIN_HOST}/${tenantId}", error="invalid_token", error_description="${description}"`,
    },
    fromGateway: true,
  };
}

function reasonOf(
  caller: Exclude<Caller, { kind: 'known' }>,
  tenantId: string,
  nowMs: number,
): { readonly code: string; readonly message: string; readonly description: string } {
  switch (caller.kind) {
    case 'no-token':
      return {
        code: 'AuthenticationFailed',
        message: "Authentication failed. The 'Authorization' header is missing.",
        description: "The authentication failed because of missing 'Authorization' header.",
      };
    case 'wrong-audience':
      return {
        code: 'InvalidAuthenticationTokenAudience',
        message: `The access token has been obtained for wrong audience or resource '${caller.audience}'. It should exactly match with one of the allowed audiences ${managementAudiences.map((audience) => `'${audience}'`).join(',')}.`,
        description: 'The access token has been obtained from wrong audience or resource.',
      };
    case 'wrong-issuer':
      return {
        code: 'InvalidAuthenticationTokenTenant',
        message: `The access token is from the wrong issuer '${caller.issuer}'. It must match the tenant '${issuerOf(tenantId)}' associated with this subscription.`,
        description: 'The access token is from the wrong issuer.',
      };
    case 'expired-token':
      return {
        code: 'ExpiredAuthenticationToken',
        message: `The access token expiry UTC time '${american(caller.expiredMs ?? nowMs)}' is earlier than current UTC time '${american(nowMs)}'.`,
        description: 'The access token has expired.',
      };
    case 'unknown-token':
      return {
        code: 'InvalidAuthenticationToken',
        message: 'The access token is invalid.',
        description: 'The access token is invalid.',
      };
    default:
      return caller satisfies never;
  }
}

/** `3/19/2023 8:55:46 AM`, as the message has it. */
function american(ms: number): string {
  const [month, day, year, hours, minutes, seconds] = new Intl.DateTimeFormat('en-US', {
    timeZone: 'UTC',
    hourCycle: 'h12',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: '2-digit', second: '2-digit' },
  })
    .formatToParts(ms)
    .filter(({ type }) => type !== 'literal' && type !== 'dayPeriod')
    .map(({ value }) => value);
  return `${month}/${day}/${year} ${hours}:${minutes}:${seconds} ${new Date(ms).getUTCHours() < 12 ? 'AM' : 'PM'}`;
}
