import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { NoAnswerInTime, NoToken } from '../errors.ts';
import { within } from './deadline.ts';

/** How long a call waits for a token, in ms: shorter than any deadline of a call, so that the reason is known. */
const TOKEN_TIMEOUT_MS = 4_000;
/** How long before its end a token is renewed at the latest, in ms. Until its end it is used all the same. */
const RENEWED_BEFORE_MS = 5 * MINUTE_MS;
/** How long after a renewal began the next one may begin, in ms. */
const RENEWED_AGAIN_MS = 30 * SECOND_MS;

/** How long a failure counts for further calls, in ms: a client may send the next request at once, as recovering a key does. */
const FAILURE_COUNTS_MS = 500;

/** By scope and tenant: the tokens of a credential, each with the time of its renewal, and the requests under way. */
interface Tokens {
  readonly held: Map<string, { readonly token: AccessToken; readonly renewAtMs: number }>;
  readonly requests: Map<string, Promise<AccessToken>>;
}
const tokens = new WeakMap<TokenCredential, Tokens>();

/** A credential that has a token or throws. */
interface SureCredential extends TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
}

/**
 * The credential, whose tokens come within 4 s or not at all: a managed identity's can take minutes, and no signal ends that.
 * A token is renewed while calls still use it, so that they wait only where there is none. Throws `NoToken`.
 *
 * @param identity whose it is: `the guardian's identity watcher`
 * @see https://github.com/Azure/azure-sdk-for-net/issues/47156
 */
export function tokensInTime(credential: TokenCredential, identity: string): SureCredential {
  const { held, requests } = tokens.get(credential) ?? { held: new Map(), requests: new Map() };
  tokens.set(credential, { held, requests });

  async function fetched(id: string, scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> {
    const token = await within(TOKEN_TIMEOUT_MS, () => credential.getToken(scopes, options));
    if (token === null) throw new Error('there is none for it');
    const renewAtMs = Math.min(token.refreshAfterTimestamp ?? Infinity, token.expiresOnTimestamp - RENEWED_BEFORE_MS);
    held.set(id, { token, renewAtMs });
    return token;
  }

  /** One request for all that wait for the same token. */
  function requested(id: string, scopes: string | string[], options: GetTokenOptions): Promise<AccessToken> {
    const underWay = requests.get(id);
    if (underWay !== undefined) return underWay;
    const request = fetched(id, scopes, options);
    requests.set(id, request);
    const forget = (): boolean => requests.delete(id);
    request.then(forget, () => setTimeout(forget, FAILURE_COUNTS_MS).unref());
    return request;
  }

  return {
    // The signal of one call must not end a request for which others wait.
    async getToken(scopes, { abortSignal: _, ...options } = {}) {
      const { claims, tenantId, enableCae } = options;
      const id = JSON.stringify([scopes, tenantId, enableCae]);
      const known = claims === undefined ? held.get(id) : undefined;
      const nowMs = Date.now();
      if (known === undefined || known.token.expiresOnTimestamp - nowMs < SECOND_MS)
        return spent(
          await requested(id, scopes, options).catch((error: unknown) => Promise.reject(noToken(identity, error))),
        );
      if (known.renewAtMs <= nowMs) {
        held.set(id, { token: known.token, renewAtMs: nowMs + RENEWED_AGAIN_MS });
        // Nobody waits for it. Where it fails, it is tried again, and a call fails once the token has ended.
        requested(id, scopes, options).catch(() => undefined);
      }
      return spent(known.token);
    },
  };
}

/** The text of a token of a credential for a scope, for a request that no client of Azure sends. Comes as `tokensInTime` says, and throws as it does. */
export const tokenOf = (credential: TokenCredential, identity: string): ((scope: string) => Promise<string>) => {
  const inTime = tokensInTime(credential, identity);
  return async (scope) => (await inTime.getToken(scope)).token;
};

/** As the clients get it: they would renew it themselves, where nobody waits, and a failure there would end the process. */
const spent = ({ token }: AccessToken): AccessToken => ({ token, expiresOnTimestamp: 0 });

/** The message of a failure is left to the cause: it repeats what the identity service sent. */
function noToken(identity: string, error: unknown): NoToken {
  const name = error instanceof Error ? error.name : 'an unknown error';
  return new NoToken(identity, error instanceof NoAnswerInTime ? error.message : `it failed with ${name}`, error);
}
