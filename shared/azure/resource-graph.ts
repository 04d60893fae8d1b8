import { setTimeout as sleepFor } from 'node:timers/promises';
import { isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { GraphPages, GraphRefusal } from '../domain/graph.ts';
import { SECOND_MS } from '../domain/time.ts';
import { GraphRefused, NoAnswerInTime, NoToken } from '../errors.ts';
import { LONG_PAUSE } from './deadline.ts';
import { MANAGEMENT, type ManagementConnection, managementClient } from './management-client.ts';

/** How Resource Graph is asked. */
export interface GraphConnection extends Omit<ManagementConnection, 'longestPauseMs'> {
  /** Default: the process's clock. */
  readonly now?: () => Date;
  /** Waits so many ms. Default: as long as it takes. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** The newest version. Those before 2022-10-01 tell of no role assignments above a subscription. */
const QUERIES = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
/** The largest page that there is. */
const PAGE_ROWS = 1_000;
/** Subscriptions of one request: fewer than 300 are recommended. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests#grouping-queries */
const GROUP_SUBSCRIPTIONS = 299;
/** How often a throttled request is sent again, and how long it waits for that at most, in ms. */
const THROTTLED_TRIES = 6;
const LONGEST_WAIT_MS = 60_000;
/** How long a throttled request waits where the answer does not say, in ms: the time of the quota. */
const QUOTA_MS = 5 * SECOND_MS;

/**
 * Resource Graph, asked under one identity. Waits while the quota of queries is used up. Holds one page at a time.
 * @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results
 */
export function resourceGraph(connection: GraphConnection): GraphPages {
  const ask = asking(connection);
  return {
    async *pages(query, subscriptions) {
      const groups = subscriptions === undefined ? [undefined] : groupsOf(subscriptions);
      const refused: GraphRefused[] = [];
      // Roles and their assignments above the subscriptions are rows of each group.
      const above = new Set<string>();
      for (const group of groups) {
        try {
          for await (const rows of pagesOf(query, group, ask)) yield rows.filter((row) => isNew(row, above));
        } catch (error) {
          // A group of which nothing can be read: as it would be within a larger one, where it is left out without a word.
          if (!(error instanceof GraphRefused) || error.kind !== 'forbidden') throw error;
          refused.push(error);
        }
      }
      if (refused[0] !== undefined && refused.length === groups.length) throw refused[0];
    },
  };
}

const groupsOf = (subscriptions: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(subscriptions.length / GROUP_SUBSCRIPTIONS) }, (_, at) =>
    subscriptions.slice(at * GROUP_SUBSCRIPTIONS, (at + 1) * GROUP_SUBSCRIPTIONS),
  );

const rowSchema = z.object({ id: z.string() });
const idOf = (row: unknown): string | undefined => rowSchema.safeParse(row).data?.id.toLowerCase();

function isNew(row: unknown, above: Set<string>): boolean {
  const id = idOf(row);
  if (id === undefined || id.startsWith('/subscriptions/')) return true;
  if (above.has(id)) return false;
  above.add(id);
  return true;
}

/**
 * The pages of one group of subscriptions. They go by row offset and have no snapshot: a row made meanwhile gives the last rows
 * of a page again in the next one, a row deleted meanwhile keeps as many from both. So rows of the page before are left out, and
 * where the total has fallen, the page is asked for again from so many rows before.
 */
async function* pagesOf(
  query: string,
  subscriptions: readonly string[] | undefined,
  ask: Ask,
): AsyncIterable<readonly unknown[]> {
  let before: ReadonlySet<string> = new Set();
  let total = 0;
  let read = 0;
  let $skipToken: string | undefined;
  do {
    let from = read;
    let page = await ask({ query, subscriptions, $skipToken });
    for (let lost = total - page.totalRecords; lost > 0; lost = total - page.totalRecords) {
      from = Math.max(from - lost, 0);
      // Of the rows before, those of one page are known.
      if (read - from > PAGE_ROWS) throw new GraphRefused('unreadable', new Error('rows went away between two pages'));
      total = page.totalRecords;
      page = await ask({ query, subscriptions, $skip: from });
    }
    const ids = page.data.map(idOf);
    yield page.data.filter((_, at) => !before.has(ids[at] ?? ''));
    before = new Set([...(from < read ? before : []), ...ids.flatMap((id) => id ?? [])]);
    total = page.totalRecords;
    read = from + page.data.length;
    $skipToken = page.$skipToken ?? undefined;
  } while ($skipToken !== undefined);
}

interface Asked {
  readonly query: string;
  readonly subscriptions: readonly string[] | undefined;
  readonly $skipToken?: string | undefined;
  readonly $skip?: number;
}
type Ask = (asked: Asked) => Promise<z.infer<typeof pageSchema>>;

const pageSchema = z.object({
  totalRecords: z.number(),
  // In the format `table` this is an object: its rows have no names.
  data: z.array(z.unknown()),
  // A text. "true": rows are missing and there is no token for them. "false" says nothing: the token alone does.
  resultTruncated: z.union([z.literal('false'), z.literal(false)]),
  $skipToken: z.string().min(1).nullish(),
});

function asking({ now = () => new Date(), sleep = sleepFor, endpoint, ...connection }: GraphConnection): Ask {
  // Every pause is waited for here: the quota's time is the same for all queries.
  const send = managementClient({ ...connection, longestPauseMs: 0 });
  let resumeAtMs = 0;

  async function sendInQuota(body: unknown): Promise<PipelineResponse> {
    const waitMs = Math.min(resumeAtMs - now().getTime(), LONGEST_WAIT_MS);
    if (waitMs > 0) await sleep(waitMs);
    const response = await send('POST', `${endpoint ?? MANAGEMENT}${QUERIES}`, body).catch((error: unknown) =>
      Promise.reject(withoutAnswer(error)),
    );
    const isThrottled = response.status === 429;
    if (isThrottled || response.headers.get('x-ms-user-quota-remaining') === '0')
      resumeAtMs = now().getTime() + (waitOf(response) ?? (isThrottled ? QUOTA_MS : 0));
    return response;
  }

  return async ({ query, subscriptions, $skipToken, $skip }) => {
    const options = {
      resultFormat: 'objectArray',
      authorizationScopeFilter: 'AtScopeAboveAndBelow',
      $top: PAGE_ROWS,
      ...($skipToken === undefined ? {} : { $skipToken }),
      ...($skip === undefined ? {} : { $skip }),
    };
    const body = { query, options, ...(subscriptions === undefined ? {} : { subscriptions }) };
    let response = await sendInQuota(body);
    for (let tries = 1; response.status === 429 && tries < THROTTLED_TRIES; tries += 1)
      response = await sendInQuota(body);
    if (response.status !== 200) throw refusalOf(response);
    const { data, error } = pageSchema.safeParse(parsed(response.bodyAsText));
    if (data === undefined) throw new GraphRefused('unreadable', error, { status: 200, code: undefined });
    return data;
  };
}

/** How long to wait before the next query, in ms: what the answer asks for, or the time until the quota is new. */
function waitOf({ headers }: PipelineResponse): number | undefined {
  const asked = Number(headers.get(LONG_PAUSE) ?? Number.NaN);
  if (Number.isFinite(asked)) return asked * SECOND_MS;
  const [, hours, minutes, seconds] =
    /^(\d+):(\d+):(\d+)/.exec(headers.get('x-ms-user-quota-resets-after') ?? '') ?? [];
  if (seconds === undefined) return undefined;
  return (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * SECOND_MS;
}

/** What a failure that brought no answer stands for. */
function withoutAnswer(error: unknown): GraphRefused {
  if (error instanceof NoToken) return new GraphRefused('no-token', error);
  const code = isRestError(error) ? error.code : error instanceof NoAnswerInTime ? error.message : undefined;
  return new GraphRefused('unreachable', error, { status: undefined, code });
}

const errorBody = z.object({
  error: z.object({ code: z.string(), details: z.array(z.object({ code: z.string() })).nullish() }),
});
/** None of the subscriptions can be read. Documented is a 403, told of is this 400 as well. */
const NO_SUBSCRIPTION = 'NoValidSubscriptionsInQueryRequest';

/** What an answer that is no success stands for. Its message is left out: it repeats what was asked. */
function refusalOf({ status, bodyAsText }: PipelineResponse): GraphRefused {
  const { data } = errorBody.safeParse(parsed(bodyAsText));
  const code = data?.error.details?.[0]?.code ?? data?.error.code;
  const answer = { status, code };
  const kinds: Readonly<Record<number, GraphRefusal>> = {
    400: code === NO_SUBSCRIPTION ? 'forbidden' : 'rejected',
    401: 'unauthenticated',
    403: 'forbidden',
    413: 'rejected',
    429: 'throttled',
  };
  return new GraphRefused(kinds[status] ?? 'unreachable', undefined, answer);
}

function parsed(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    // Not JSON, as from a proxy: no schema takes it, which is what the caller reports.
    return undefined;
  }
}
