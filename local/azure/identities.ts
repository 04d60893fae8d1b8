import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';
import type { Random } from './random.ts';
import type { Grant, Identity, SeedIdentity } from './types.ts';

/** The one audience a vault takes, without a slash at the end. @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses */
export const vaultAudience = 'https://vault.azure.net';

const TOKEN_HOURS = 24 * 365 * 10;

/** Who may call, by name and by token, with what was granted to each. */
export interface IdentityRegister {
  readonly byName: Map<string, Identity>;
  readonly byToken: Map<string, Identity>;
  readonly grants: Map<string, readonly Grant[]>;
  readonly tenantId: string;
}

/** A register without identities, of one tenant. */
export function createIdentityRegister(tenantId: string): IdentityRegister {
  return { byName: new Map(), byToken: new Map(), grants: new Map(), tenantId };
}

/** Makes the identity's token and takes it in. Throws where the name is taken. */
export function registerIdentity(register: IdentityRegister, seed: SeedIdentity, random: Random): Identity {
  if (register.byName.has(seed.name)) throw new Error(`The local Azure has an identity ${seed.name} already.`);
  const oid = seed.oid ?? random.uuid();
  const appid = seed.appid ?? random.uuid();
  const upn = seed.kind === 'user' ? (seed.upn ?? `${seed.name}@example.com`) : undefined;
  const identity: Identity = {
    name: seed.name,
    kind: seed.kind,
    oid,
    appid,
    ...(upn === undefined ? {} : { upn }),
    tenantId: register.tenantId,
    token: makeToken({ oid, appid, upn, tenantId: register.tenantId, user: seed.kind === 'user' }),
  };
  register.byName.set(identity.name, identity);
  register.byToken.set(identity.token, identity);
  register.grants.set(identity.name, seed.grants);
  return identity;
}

/** Throws where there is no such identity. */
export function identityNamed(register: IdentityRegister, name: string): Identity {
  const identity = register.byName.get(name);
  if (identity === undefined) throw new Error(`The local Azure has no identity ${name}.`);
  return identity;
}

/** Gives the identity's token for vaults. Throws for any other scope, since no other service of the local Azure asks for one. */
export function credentialOf(identity: Identity): TokenCredential {
  return {
    async getToken(scopes) {
      const asked = typeof scopes === 'string' ? [scopes] : scopes;
      const foreign = asked.find((scope) => scope !== `${vaultAudience}/.default`);
      if (foreign !== undefined) throw new Error(`The local Azure gives ${identity.name} no token for ${foreign}.`);
      return { token: identity.token, expiresOnTimestamp: Date.now() + 60 * 60 * 1000 };
    },
  };
}

/** What an Authorization header turned out to be. */
export type Caller =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'no-token' }
  | { readonly kind: 'wrong-audience'; readonly audience: string }
  | { readonly kind: 'wrong-issuer'; readonly issuer: string }
  | { readonly kind: 'expired-token' }
  | { readonly kind: 'unknown-token'; readonly header: string };

/** The caller of a good token who is taken for one of a bad token, as a planned fault wants it: seen of the service in https://github.com/Azure-Samples/azuresandbox/issues/362. */
export function mistakenCaller(
  { token }: Identity,
  because: 'unknown-token' | 'expired-token',
): Exclude<Caller, { readonly kind: 'known' }> {
  return because === 'expired-token' ? { kind: because } : { kind: because, header: token.split('.')[0] ?? '' };
}

/** Who calls, by the `authorization` header; why nobody does where the token is none of ours. */
export function callerOf(register: IdentityRegister, authorization: string | undefined): Caller {
  const token = /^(?:bearer|pop)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { kind: 'no-token' };
  const identity = register.byToken.get(token);
  if (identity !== undefined) return { kind: 'known', identity };
  const [header = '', payload = ''] = token.split('.');
  const claims = claimsSchema.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (claims.success && claims.data.aud !== undefined && claims.data.aud !== vaultAudience) {
    return { kind: 'wrong-audience', audience: claims.data.aud };
  }
  if (claims.success && claims.data.iss !== undefined && claims.data.iss !== issuerOf(register.tenantId)) {
    return { kind: 'wrong-issuer', issuer: claims.data.iss };
  }
  return { kind: 'unknown-token', header };
}

/** The issuer of a tenant's tokens, with its slash. */
export function issuerOf(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

const claimsSchema = z.object({ aud: z.string().optional(), iss: z.string().optional() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A token that is not a JWT names no audience and no issuer: it is unknown, which is the answer.
    return undefined;
  }
}

function makeToken(who: {
  oid: string;
  appid: string;
  upn: string | undefined;
  tenantId: string;
  user: boolean;
}): string {
  const issuedAt = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'none' };
  const payload = {
    aud: vaultAudience,
    iss: issuerOf(who.tenantId),
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + TOKEN_HOURS * 3600,
    appid: who.appid,
    appidacr: who.user ? '0' : '1',
    idtyp: who.user ? 'user' : 'app',
    oid: who.oid,
    ...(who.upn === undefined ? {} : { upn: who.upn, unique_name: who.upn, scp: 'user_impersonation' }),
    tid: who.tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
  };
  return `${encode(header)}.${encode(payload)}.`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
