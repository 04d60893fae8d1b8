import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { invalidRequest } from './errors.ts';

/** How many items a page looks at. UNCONFIRMED; up to five were recorded. */
const PAGE_SIZE = 25;

/**
 * One page of a list of Key Vault's provider. Each page that holds an item has a link behind it, so the last is empty, and
 * an empty one may have a link too. The token is base64 of the last item looked at; where the list spans regions Resource
 * Manager merges it, names the parts in a header, and makes a token of its own, deflated, with its name escaped (recorded).
 */
export function linkedPage<T>(call: Call, items: readonly T[], { nameOf, regionOf, shown }: Shown<T>): Answer {
  const { url, world, path, apiVersion } = call;
  const asked = Number(url.searchParams.get('$top') ?? PAGE_SIZE);
  if (!Number.isInteger(asked) || asked < 1) return invalidRequest("The value of '$top' is invalid.");
  const regions = [...new Set(items.map(regionOf))];
  const isMerged = regions.length > 1;
  // What regions answered stands one after the other, each by name without case (recorded).
  const orderOf = (region: string, name: string): string =>
    `${isMerged ? String(regions.indexOf(region)).padStart(3, '0') : ''} ${name.toLowerCase()}`;
  const order = (item: T): string => orderOf(regionOf(item), nameOf(item));
  const from = placeIn(url.searchParams.get('$skiptoken'));
  const after = from.name === '' ? '' : orderOf(from.region, from.name);
  const rest = items
    .toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
    .filter((item) => order(item) > after);
  const link = (place: Place): string => {
    const top = url.searchParams.has('$top') ? `&$top=${asked}` : '';
    return `https://${url.host}${path}?api-version=${apiVersion}${top}&${isMerged ? mergedToken(place) : ownToken(place)}`;
  };
  const isEmpty = rest.length > 0 && !from.isAfterEmpty && world.chance.random.next() < world.behaviours.emptyPages;
  const page = isEmpty ? [] : rest.slice(0, Math.min(asked, PAGE_SIZE));
  const last = page.at(-1);
  const next = isEmpty
    ? { ...from, isAfterEmpty: true }
    : last && { region: regionOf(last), name: nameOf(last), isAfterEmpty: false };
  return {
    status: 200,
    body: { value: page.map(shown), ...(next === undefined ? {} : { nextLink: link(next) }) },
    ...(isMerged
      ? { headers: { 'x-ms-original-request-ids': regions.map(() => world.chance.ids.uuid()).join(', ') } }
      : {}),
  };
}

/** Where a page begins: after that item, the first where its name is empty. */
interface Place {
  readonly region: string;
  readonly name: string;
  readonly isAfterEmpty: boolean;
}

/** How a list is ordered, and what is shown of an item. */
interface Shown<T> {
  readonly nameOf: (item: T) => string;
  readonly regionOf: (item: T) => string;
  readonly shown: (item: T) => unknown;
}

const EMPTY = '\nempty';

const ownToken = ({ name, isAfterEmpty }: Place): string =>
  `$skiptoken=${Buffer.from(`${name}${isAfterEmpty ? EMPTY : ''}`).toString('base64')}`;

const mergedToken = (place: Place): string => {
  const token = deflateRawSync(JSON.stringify(place)).toString('base64');
  return `%24skiptoken=${encodeURIComponent(token).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())}`;
};

const placeSchema = z.object({ region: z.string(), name: z.string(), isAfterEmpty: z.boolean() });

function placeIn(token: string | null): Place {
  const bytes = Buffer.from(token ?? '', 'base64');
  try {
    return placeSchema.parse(JSON.parse(inflateRawSync(bytes).toString('utf8')));
  } catch {
    // No token of a merged list: then it is one of the provider's own, or none.
    const text = bytes.toString('utf8');
    return { region: '', name: text.replace(EMPTY, ''), isAfterEmpty: text.endsWith(EMPTY) };
  }
}
