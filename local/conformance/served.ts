import { z } from 'zod';
import type { Exchange } from './recordings.ts';
import { sentPatch } from './sent.ts';

/** Whether the local Azure can be asked for an exchange, and if not, what it would have to know. */
export type Served = { readonly kind: 'served' } | { readonly kind: 'not-served'; readonly because: string };

const VAULT_HOST = /^[a-z0-9-]+\.vault\.azure\.net$/;

/** Paths of the keys data plane that can be seeded from what they answered, with their methods. A version in a path may be empty. */
const KEY_PATHS: readonly { readonly path: RegExp; readonly methods: readonly string[] }[] = [
  { path: /^\/keys\/?$/, methods: ['GET'] },
  { path: /^\/keys\/[^/]+\/?$/, methods: ['GET', 'PATCH', 'DELETE'] },
  { path: /^\/keys\/[^/]+\/versions\/?$/, methods: ['GET'] },
  { path: /^\/keys\/[^/]+\/rotationpolicy\/?$/, methods: ['GET'] },
  { path: /^\/keys\/[^/]+\/[0-9a-f]{32}\/?$/, methods: ['GET', 'PATCH'] },
  { path: /^\/deletedkeys\/?$/, methods: ['GET'] },
  { path: /^\/deletedkeys\/[^/]+\/?$/, methods: ['GET', 'DELETE'] },
  { path: /^\/deletedkeys\/[^/]+\/recover\/?$/, methods: ['POST'] },
];

/** Statuses that follow from the request and what the vault held. */
const SEEDED = new Set([200, 204, 400, 404]);

/**
 * Tells from the exchange alone, never from what the local Azure answers: an answer that is missing there must show as a
 * difference, not as something that is not served. A 401 comes before any look at the path, so any path of a vault serves.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export function servedOf(exchange: Exchange): Served {
  const because = lackOf(exchange);
  return because === undefined ? { kind: 'served' } : { kind: 'not-served', because };
}

function lackOf(exchange: Exchange): string | undefined {
  const { url, method } = exchange;
  const { status } = exchange.answer;
  if (!VAULT_HOST.test(url.hostname)) return `host ${url.hostname}`;
  if (status === 401) return undefined;
  const methods = KEY_PATHS.find(({ path }) => path.test(url.pathname))?.methods;
  if (methods === undefined) return resourceOf(url);
  if (!methods.includes(method)) return `${method}: what was there before it is not recorded`;
  if (!SEEDED.has(status) && !isPurgeProtected(exchange)) return `status ${status}: what led to it is not recorded`;
  if (method === 'PATCH' && sentPatch(exchange) === undefined) return 'PATCH: its body is lost and not told';
  return isShortPage(exchange) ? 'a short page: the rows that it left out are not recorded' : undefined;
}

/** The one refusal that follows from the vault and not from who asked. */
function isPurgeProtected({ method, url, answer }: Exchange): boolean {
  return method === 'DELETE' && url.pathname.startsWith('/deletedkeys/') && answer.status === 403;
}

const page = z.object({ value: z.array(z.unknown()), nextLink: z.string() });

/** A page that is neither full nor empty and has another behind it. Without `maxresults` 25 are full. Among the keys deleted ones were left out. */
function isShortPage({ url, answer }: Exchange): boolean {
  if (/^\/keys\/?$/.test(url.pathname)) return false;
  const items = page.safeParse(answer.body).data?.value.length ?? 0;
  return items > 0 && items < Number(url.searchParams.get('maxresults') ?? 25);
}

function resourceOf(url: URL): string {
  const [first, , last] = url.pathname.split('/').filter((segment) => segment !== '');
  return `vault resource ${last ?? first ?? '/'}`;
}
