import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { badParameter } from './errors.ts';

const PAGE_SIZE = 25;

/** Where a page begins: after this row. A page that follows an empty one is never empty, so that every list ends. */
interface Marker {
  readonly after: string;
  readonly afterEmptyPage: boolean;
}

/** A row as a caller finds it now: one that is passed over is not shown but takes up room on its page. */
type Row = { readonly kind: 'item'; readonly item: unknown } | { readonly kind: 'passed-over' | 'none' };

/** Rows in the order of their markers. */
export interface List<T> {
  readonly path: string;
  readonly rows: readonly T[];
  readonly markerOf: (row: T) => string;
  readonly seen: (row: T) => Row;
}

const tokenSchema = z.object({ NextMarker: z.string().regex(/^[01]!/), TargetLocation: z.literal(0) });

/**
 * One page of a list: the items of up to 25 rows, or `maxresults`, and the link to the next, null at the end. The link carries the
 * port by which the request came, 443 where it named none (recorded), and `maxresults` where the request had it.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys
 */
export function pageOf<T>(call: Call, list: List<T>): Answer {
  const { path, rows, markerOf, seen } = list;
  const asked = call.url.searchParams.get('maxresults');
  const limit = asked === null ? PAGE_SIZE : Number(asked);
  // UNCONFIRMED: both sentences. The limits are documented.
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE)
    return badParameter('Property maxresults has invalid value\r\n');
  const marker = decodeToken(call.url.searchParams.get('$skiptoken'));
  if (marker === undefined) return badParameter('Property $skiptoken has invalid value\r\n');

  const link = (next: Marker): string => {
    const origin = `https://${call.url.hostname}:${call.url.port === '' ? '443' : call.url.port}`;
    const sizes = asked === null ? '' : `&maxresults=${limit}`;
    return `${origin}${path}?api-version=${call.apiVersion}&$skiptoken=${tokenOf(next)}${sizes}`;
  };
  if (!marker.afterEmptyPage && call.random.next() < call.behaviours.emptyPages) {
    return { status: 200, body: { value: [], nextLink: link({ after: marker.after, afterEmptyPage: true }) } };
  }
  const value: unknown[] = [];
  let last = marker.after;
  let room = limit;
  for (const row of rows.slice(firstAfter(list, marker.after))) {
    const found = seen(row);
    if (found.kind === 'none') continue;
    if (room === 0) return { status: 200, body: { value, nextLink: link({ after: last, afterEmptyPage: false }) } };
    if (found.kind === 'item') value.push(found.item);
    room -= 1;
    last = markerOf(row);
  }
  return { status: 200, body: { value, nextLink: null } };
}

/** By halves: a key may have thousands of versions. */
function firstAfter<T>({ rows, markerOf }: List<T>, after: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && markerOf(row) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tokenOf({ after, afterEmptyPage }: Marker): string {
  const token = { NextMarker: `${afterEmptyPage ? 1 : 0}!${after}`, TargetLocation: 0 };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeToken(token: string | null): Marker | undefined {
  if (token === null) return { after: '', afterEmptyPage: false };
  try {
    const { NextMarker } = tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    return { after: NextMarker.slice(2), afterEmptyPage: NextMarker.startsWith('1') };
  } catch {
    // Not a token that this vault gave: answered with 400 by the caller.
    return undefined;
  }
}
