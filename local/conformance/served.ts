import type { Exchange } from './recordings.ts';
import { patchTold } from './seed.ts';

/** Whether the local Azure can be asked for an exchange, and if not, what it would have to know. */
export type Served = { readonly kind: 'served' } | { readonly kind: 'not-served'; readonly because: string };

const VAULT_HOST = /^[a-z0-9-]+\.vault\.azure\.net$/;

/** Paths of the keys data plane that can be seeded from what they answered. A version in a path may be empty. */
const KEY_PATHS = [/^\/keys\/?$/, /^\/keys\/[0-9A-Za-z-]+\/?$/, /^\/keys\/[0-9A-Za-z-]+\/(versions|[0-9a-f]{32})\/?$/];

/**
 * Tells from the request alone, never from what the local Azure answers: an answer that is missing there must show as a
 * difference, not as something that is not served. A 401 comes before any look at the path, so any path of a vault serves.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export function servedOf(exchange: Exchange): Served {
  const { url, method } = exchange;
  if (!VAULT_HOST.test(url.hostname)) return { kind: 'not-served', because: `host ${url.hostname}` };
  if (exchange.answer.status === 401) return { kind: 'served' };
  if (!KEY_PATHS.some((path) => path.test(url.pathname))) return { kind: 'not-served', because: resourceOf(url) };
  if (method === 'GET') return { kind: 'served' };
  if (method !== 'PATCH') return { kind: 'not-served', because: `${method}: what was there before it is not recorded` };
  return patchTold(exchange) === undefined
    ? { kind: 'not-served', because: 'PATCH: its body is lost and not told' }
    : { kind: 'served' };
}

function resourceOf(url: URL): string {
  const [first, , last] = url.pathname.split('/').filter((segment) => segment !== '');
  return `vault resource ${last ?? first ?? '/'}`;
}
