import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';
import { eventGridAudience } from './event-grid/audience.ts';
import { decoded, isSignedHere, issuerOf, signToken } from './issuer.ts';
import { ingestionAudience, queryAudience } from './monitor/audiences.ts';
import type { Random } from './random.ts';
import type { Grant, Identity, SeedIdentity, TokenOptions } from './types.ts';

/** The one audience a vault takes, without a slash at the end. @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses */
export const vaultAudience = 'https://vault.azure.net';

/** For whom a token for Resource Manager may be: by its own name and by its predecessor's, with or without a slash. */
export const managementAudiences: readonly string[] = [
  'https://management.core.windows.net/',
  'https://management.core.windows.net',
  'https://management.azure.com/',
  'https://management.azure.com',
];
/** For whom a token is that triggers a workflow of Teams. @see https://learn.microsoft.com/power-automate/oauth-authentication#audience-values */
export const flowAudience = 'https://service.flow.microsoft.com/';

/** For whom the tokens may be that services of the local Azure take. */
const AUDIENCES: readonly string[] = [
  vaultAudience,
  ...managementAudiences,
  ingestionAudience,
  queryAudience,
  eventGridAudience,
  flowAudience,
];

const TOKEN_SECONDS = 3600 * 24 * 365 * 10;
/** How far the issuer's clock may be ahead. @see https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens */
const CLOCK_SKEW_SECONDS = 300;

/** Who may call, by name, with what was granted to each. */
export interface IdentityRegister {
  readonly byName: Map<string, Identity>;
  /** Tokens whose signature was checked, with what they say: each is checked once. */
  readonly checked: Map<string, CheckedToken>;
  readonly grants: Map<string, readonly Grant[]>;
  readonly tenantId: string;
}

/** A token that was signed by the issuer for this audience. Times are whole Unix seconds. */
interface CheckedToken {
  readonly identity: Identity;
  readonly audience: string;
  readonly nbf: number;
  readonly exp: number;
}

/** A register without identities, of one tenant. */
export function createIdentityRegister(tenantId: string): IdentityRegister {
  return { byName: new Map(), checked: new Map(), grants: new Map(), tenantId };
}

/** Takes the identity in; its token is signed when it is first asked for. Throws where the name is taken. */
export function registerIdentity(register: IdentityRegister, seed: SeedIdentity, random: Random): Identity {
  if (register.byName.has(seed.name)) throw new Error(`The local Azure has an identity ${seed.name} already.`);
  const oid = seed.oid ?? random.uuid();
  const appid = seed.appid ?? random.uuid();
  const upn = seed.kind === 'user' ? (seed.upn ?? `${seed.name}@example.com`) : undefined;
  const { tenantId } = register;
  const { name, kind, appRoles = [], groups = [] } = seed;
  const issuedAt = Math.floor(Date.now() / 1000);
  let token: string | undefined;
  const identity: Identity = {
    ...{ name, kind, oid, appid, tenantId, appRoles, groups, ...(upn === undefined ? {} : { upn }) },
    get token() {
      token ??= signToken(claimsFor(identity, issuedAt, {}));
      return token;
    },
  };
  register.byName.set(identity.name, identity);
  register.grants.set(identity.name, seed.grants);
  return identity;
}

/** Throws where there is no such identity. */
export function identityNamed(register: IdentityRegister, name: string): Identity {
  const identity = register.byName.get(name);
  if (identity === undefined) throw new Error(`The local Azure has no identity ${name}.`);
  return identity;
}

/**
 * Gives the identity's tokens, for each service of the local Azure. Throws for any other scope, since no
 * other service of the local Azure asks for one. A scope is the audience, with its slash where it has one, and `/.default`.
 * @see https://learn.microsoft.com/entra/identity-platform/scopes-oidc#trailing-slash-and-default
 */
export function credentialOf(identity: Identity): TokenCredential {
  const tokens = new Map<string, string>();
  return {
    async getToken(scopes) {
      const asked = typeof scopes === 'string' ? [scopes] : scopes;
      const [audience = '', ...others] = asked.map((scope) => scope.replace(/\/\.default$/, ''));
      if (others.length > 0 || !AUDIENCES.includes(audience))
        throw new Error(`The local Azure gives ${identity.name} no token for ${asked.join(' ')}.`);
      const token =
        audience === vaultAudience ? identity.token : (tokens.get(audience) ?? tokenOf(identity, { audience }));
      tokens.set(audience, token);
      return { token, expiresOnTimestamp: Date.now() + 60 * 60 * 1000 };
    },
  };
}

/** What an Authorization header turned out to be. */
export type Caller =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'no-token' }
  | { readonly kind: 'wrong-audience'; readonly audience: string }
  | { readonly kind: 'wrong-issuer'; readonly issuer: string }
  | { readonly kind: 'expired-token'; readonly expiredMs?: number }
  | { readonly kind: 'unknown-token'; readonly header: string };

/** The caller of a good token who is taken for one of a bad token, as a planned fault wants it: seen of the service in https://github.com/Azure-Samples/azuresandbox/issues/362. */
export function mistakenCaller(
  { token }: Identity,
  because: 'unknown-token' | 'expired-token',
): Exclude<Caller, { readonly kind: 'known' }> {
  return because === 'expired-token' ? { kind: because } : { kind: because, header: token.split('.')[0] ?? '' };
}

/** Who calls, by the `authorization` header; why nobody does where the token is none of ours. @param audiences for whom the token may be */
export function callerOf(
  register: IdentityRegister,
  authorization: string | undefined,
  audiences: readonly string[] = [vaultAudience],
): Caller {
  const token = /^(?:bearer|pop)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { kind: 'no-token' };
  const known = register.checked.get(token) ?? checked(register, token, audiences);
  if ('kind' in known) return known;
  if (!audiences.includes(known.audience)) return { kind: 'wrong-audience', audience: known.audience };
  const seconds = Date.now() / 1000;
  // What is said to one that is not valid yet is UNCONFIRMED.
  if (seconds >= known.exp || seconds < known.nbf - CLOCK_SKEW_SECONDS)
    return { kind: 'expired-token', expiredMs: known.exp * 1000 };
  return { kind: 'known', identity: known.identity };
}

function checked(
  register: IdentityRegister,
  token: string,
  audiences: readonly string[],
): CheckedToken | Exclude<Caller, { kind: 'known' }> {
  const [header = '', payload = ''] = token.split('.');
  const said = saidSchema.safeParse(decoded(payload)).data ?? {};
  if (said.aud !== undefined && !audiences.includes(said.aud)) return { kind: 'wrong-audience', audience: said.aud };
  if (said.iss !== undefined && said.iss !== issuerOf(register.tenantId))
    return { kind: 'wrong-issuer', issuer: said.iss };
  const claims = isSignedHere(token) ? signedSchema.safeParse(decoded(payload)).data : undefined;
  const identity = [...register.byName.values()].find(
    ({ oid, appid }) => oid === claims?.oid && appid === claims?.appid,
  );
  if (claims === undefined || identity === undefined) return { kind: 'unknown-token', header };
  const result = { identity, audience: claims.aud, nbf: claims.nbf, exp: claims.exp };
  register.checked.set(token, result);
  return result;
}

const saidSchema = z.object({ aud: z.string().optional(), iss: z.string().optional() });
const signedSchema = z.object({
  aud: z.string(),
  iss: z.string(),
  oid: z.string(),
  appid: z.string(),
  nbf: z.int(),
  exp: z.int(),
});

/** A token of the identity as it is asked for, issued now. */
export function tokenOf(identity: Identity, options: TokenOptions): string {
  return signToken(claimsFor(identity, Math.floor(Date.now() / 1000), options));
}

/** The claims of a token of version 1.0. @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
function claimsFor(
  { oid, appid, upn, tenantId, kind, appRoles }: Identity,
  issuedAt: number,
  { audience = vaultAudience, validForSeconds = TOKEN_SECONDS, claims = {} }: TokenOptions,
): Readonly<Record<string, unknown>> {
  const isUser = kind === 'user';
  return {
    aud: audience,
    iss: issuerOf(tenantId),
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + validForSeconds,
    appid,
    appidacr: isUser ? '0' : '1',
    idtyp: isUser ? 'user' : 'app',
    oid,
    ...(upn === undefined ? {} : { upn, unique_name: upn, scp: 'user_impersonation' }),
    ...(audience === vaultAudience || appRoles.length === 0 ? {} : { roles: appRoles }),
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    ...claims,
  };
}
