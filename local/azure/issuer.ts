import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { WireRequest, WireResponse } from './types.ts';

/** The host that a challenge names, where the documents of the issuer are. */
export const LOGIN_HOST = 'login.microsoftonline.com';

/** The issuer of a tenant's tokens, with its slash. */
export function issuerOf(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
}

let made: SigningKey | undefined;

/** One for a process, made when a token is first signed or checked: it takes about 100 ms. */
function signingKey(): SigningKey {
  if (made !== undefined) return made;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha1')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64url');
  made = { privateKey, publicKey, kid };
  return made;
}

/** A token with these claims, signed with RS256. Its header is as Entra ID writes it. */
export function signToken(claims: Readonly<Record<string, unknown>>): string {
  const { privateKey, kid } = signingKey();
  const signed = `${encode({ typ: 'JWT', alg: 'RS256', x5t: kid, kid })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

const headerSchema = z.object({ alg: z.literal('RS256'), kid: z.string() });

/** Whether this process signed the token. */
export function isSignedHere(token: string): boolean {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.');
  const parsed = headerSchema.safeParse(decoded(header));
  if (rest.length > 0 || !parsed.success) return false;
  const { publicKey, kid } = signingKey();
  if (parsed.data.kid !== kid) return false;
  return verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'));
}

/** What a part of a token says; undefined where it is no JSON. */
export function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    // A token that is not a JWT names no audience and no issuer: it is unknown, which is the answer.
    return undefined;
  }
}

/**
 * The documents by which tokens are checked: the OpenID configuration of the tenant for tokens of version 1.0, and the keys
 * that it links, by the port by which the request came. Also a token for another application, on behalf of whose token the
 * request brings. @see https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */
export function issuerAnswer(request: WireRequest, tenantId: string, onBehalfOf: OnBehalfOf): WireResponse {
  const { origin, pathname } = new URL(request.url);
  const [tenant = '', ...rest] = pathname.split('/').slice(1);
  const path = rest.join('/');
  if (tenant.toLowerCase() !== tenantId.toLowerCase())
    return json(400, {
      error: 'invalid_tenant',
      error_description: `AADSTS90002: Tenant '${tenant}' not found.`,
      error_codes: [90002],
    });
  if (path === 'oauth2/v2.0/token' && request.method === 'POST') return tokenAnswer(request, onBehalfOf);
  if (request.method !== 'GET') return json(405, { error: 'invalid_request' });
  if (path === '.well-known/openid-configuration') return json(200, openIdConfiguration(origin, tenantId));
  if (path === 'discovery/keys' || path === 'discovery/v2.0/keys') return json(200, { keys: [publicJwk()] });
  return json(404, { error: 'not_found' });
}

/** A token for another application, for who is named by a token; `undefined` where that one is not valid. */
export type OnBehalfOf = (assertion: string, audience: string) => string | undefined;

const asked = z.object({
  grant_type: z.literal('urn:ietf:params:oauth:grant-type:jwt-bearer'),
  requested_token_use: z.literal('on_behalf_of'),
  assertion: z.string(),
  scope: z.string().regex(/\/\.default$/),
});

/** @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow */
function tokenAnswer({ body }: WireRequest, onBehalfOf: OnBehalfOf): WireResponse {
  const { data } = asked.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (data === undefined) return json(400, { error: 'unsupported_grant_type' });
  const token = onBehalfOf(data.assertion, data.scope.replace(/\/\.default$/, ''));
  if (token === undefined) return json(400, { error: 'invalid_grant' });
  return json(200, { token_type: 'Bearer', expires_in: ISSUED_FOR_SECONDS, access_token: token });
}

/** How long a token lasts that is given on behalf of somebody, in s. */
export const ISSUED_FOR_SECONDS = 3_600;

function openIdConfiguration(origin: string, tenantId: string): unknown {
  return {
    issuer: issuerOf(tenantId),
    jwks_uri: `${origin}/${tenantId}/discovery/keys`,
    authorization_endpoint: `${origin}/${tenantId}/oauth2/authorize`,
    token_endpoint: `${origin}/${tenantId}/oauth2/token`,
    response_types_supported: ['code', 'id_token', 'code id_token', 'token id_token', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

function publicJwk(): unknown {
  const { publicKey, kid } = signingKey();
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid, x5t: kid };
}

function json(status: number, value: unknown): WireResponse {
  const body = JSON.stringify(value);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'max-age=86400, private',
  };
  return { status, headers, body };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
