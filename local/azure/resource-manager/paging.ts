import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { invalidRequest } from './errors.ts';

/** How many items a page looks at. UNCONFIRMED; up to five were recorded. */
const PAGE_SIZE = 25;

/**
 * One page of a list of Key Vault's provider. Each page that holds an item has a link behind it, so the last is empty, and
 * an empty one may have a link too. The token is base64 of the last item looked at, in base64 (recorded).
 */
export function linkedPage<T>(
  call: Call,
  items: readonly T[],
  { nameOf, shown }: { readonly nameOf: (item: T) => string; readonly shown: (item: T) => unknown },
): Answer {
  const { url, world, path, apiVersion } = call;
  const asked = Number(url.searchParams.get('$top') ?? PAGE_SIZE);
  if (!Number.isInteger(asked) || asked < 1) return invalidRequest("The value of '$top' is invalid.");
  const token = url.searchParams.get('$skiptoken');
  const [after = '', isAfterEmpty] = token === null ? [] : Buffer.from(token, 'base64').toString('utf8').split('\n');
  const sorted = items.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const rest = sorted.filter((item) => token === null || nameOf(item) > after);
  const link = (last: string): string => {
    const skip = Buffer.from(last).toString('base64');
    return `https://${url.host}${path}?api-version=${apiVersion}${url.searchParams.has('$top') ? `&$top=${asked}` : ''}&$skiptoken=${skip}`;
  };
  const isEmpty =
    rest.length > 0 && isAfterEmpty === undefined && world.chance.random.next() < world.behaviours.emptyPages;
  if (isEmpty) return { status: 200, body: { value: [], nextLink: link(`${after}\nempty`) } };
  const page = rest.slice(0, Math.min(asked, PAGE_SIZE));
  const last = page.at(-1);
  return {
    status: 200,
    body: { value: page.map(shown), ...(last === undefined ? {} : { nextLink: link(nameOf(last)) }) },
  };
}
