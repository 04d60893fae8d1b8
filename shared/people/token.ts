import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { TokenRefused, TokenUncheckable } from '../errors.ts';

/** What a token is checked against. */
export interface TokenNeeds {
  readonly tenantId: string;
  /** Application (client) id of the guardian's app registration. */
  readonly clientId: string;
  readonly now: () => Date;
  readonly fetch: (address: string, request: RequestInit) => Promise<Response>;
}

/** Checks the header `authorization` of a request. Throws `TokenRefused`, or `TokenUncheckable` where Entra ID's keys cannot be read. */
export type CheckCaller = (authorization: string | undefined) => Promise<Caller>;

const LOGIN = 'https://login.microsoftonline.com';

/** Not made while the functions load: a cold start waits for no schema of people's. */
const claims = () =>
  z.object({
    oid: z.string(),
    tid: z.string(),
    iss: z.string(),
    iat: z.number(),
    scp: z.string().optional(),
    idtyp: z.string().optional(),
    roles: z.array(z.string()).default([]),
    groups: z.array(z.string()).optional(),
    _claim_names: z.looseObject({ groups: z.string().optional() }).optional(),
    hasgroups: z.unknown().optional(),
    /** An optional claim: 1 for a guest. */
    acct: z.number().optional(),
    /** The identity provider, where it is not the tenant itself. */
    idp: z.string().optional(),
    upn: z.string().optional(),
    preferred_username: z.string().optional(),
    unique_name: z.string().optional(),
    azp: z.string().optional(),
    appid: z.string().optional(),
  });

/**
 * Checks access tokens of Entra ID, of version 1.0 and 2.0: signature, issuer, audience, tenant, expiry. The keys are read
 * once in ten minutes.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 * @see https://learn.microsoft.com/entra/identity-platform/claims-validation
 */
export function callerCheck({ tenantId, clientId, now, fetch }: TokenNeeds): CheckCaller {
  const tenant = tenantId.toLowerCase();
  const keys = createRemoteJWKSet(new URL(`${LOGIN}/${tenant}/discovery/v2.0/keys`), { [customFetch]: fetch });
  const expected = {
    algorithms: ['RS256'],
    issuer: [`https://sts.windows.net/${tenant}/`, `${LOGIN}/${tenant}/v2.0`],
    audience: [clientId.toLowerCase(), `api://${clientId.toLowerCase()}`],
    requiredClaims: ['exp', 'iat'],
    clockTolerance: '1 minute',
  };
  const schema = claims();
  return async (authorization) => {
    const [, token] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw new TokenRefused('it carries no bearer token');
    try {
      const { payload } = await jwtVerify(token, keys, { ...expected, currentDate: now() });
      const said = schema.safeParse(payload);
      if (!said.success) throw new TokenRefused('its token does not say who it is for: it lacks oid, tid or iat');
      if (said.data.tid.toLowerCase() !== tenant) throw new TokenRefused('its token is of another tenant');
      return callerIn(said.data);
    } catch (error) {
      throw error instanceof TokenRefused ? error : refusalOf(error);
    }
  };
}

function callerIn(said: z.infer<ReturnType<typeof claims>>): Caller {
  // An application's own token has roles and no scope; the optional claim `idtyp` says so as well.
  const isPerson = said.scp !== undefined && said.scp !== '' && said.idtyp !== 'app';
  const appId = said.azp ?? said.appid;
  const name = said.upn ?? said.preferred_username ?? said.unique_name ?? appId;
  const isOverage = said._claim_names?.groups !== undefined || said.hasgroups !== undefined;
  return {
    kind: isPerson ? 'person' : 'application',
    who: {
      oid: said.oid,
      kind: isPerson ? 'user' : 'service-principal',
      ...(name === undefined ? {} : { name }),
      ...(appId === undefined ? {} : { appId }),
    },
    roles: said.roles,
    groups: isOverage ? undefined : (said.groups ?? []),
    guest: said.acct === 1 || (said.idp !== undefined && said.idp !== said.iss),
    issuedAt: new Date(said.iat * 1_000),
  };
}

/** What is wrong with a token, without anything of it. */
function refusalOf(error: unknown): TokenRefused | TokenUncheckable {
  if (error instanceof errors.JWTExpired) return new TokenRefused('its token has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return new TokenRefused(WRONG[error.claim] ?? `its token has no valid ${error.claim}`);
  const isOfKeys = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  const isPlain = error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
  return isPlain && !isOfKeys
    ? new TokenRefused('its token is none that Entra ID signed for this tenant')
    : new TokenUncheckable(error);
}

const WRONG: Readonly<Record<string, string>> = {
  aud: 'its token is for another application',
  iss: 'its token is of another tenant or issuer',
  nbf: 'its token is not valid yet',
};
