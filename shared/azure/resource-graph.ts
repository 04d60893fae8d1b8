import { setTimeout as sleepFor } from 'node:timers/promises';
import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  isRestError,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { GraphPages, GraphRefusal } from '../domain/graph.ts';
import { SECOND_MS } from '../domain/time.ts';
import { GraphRefused, NoAnswerInTime, NoToken } from '../errors.ts';
import { HELD_RETRY_AFTER, inTime, noRetryAfter } from './deadline.ts';
import { tokensInTime } from './tokens.ts';

/** How Resource Graph is asked. */
export interface GraphConnection {
  readonly credential: TokenCredential;
  /** Whose credential it is, for the error `NoToken`: `the guardian's identity surveyor`. */
  readonly identity: string;
  /** The HTTP client; the SDK's own where left out. */
  readonly httpClient?: HttpClient | undefined;
  /** Default: the process's clock. */
  readonly now?: () => Date;
  /** Waits so many ms. Default: as long as it takes. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** The first version that tells of role assignments above a subscription is 2022-10-01; this is the newest. */
const ADDRESS = 'https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
const SCOPE = 'https://management.azure.com/.default';
/** The largest page that there is. */
const PAGE_ROWS = 1_000;
/** Subscriptions of one request: fewer than 300 are recommended. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests#grouping-queries */
const GROUP_SUBSCRIPTIONS = 299;
/** A page that takes longer counts as not answered, in ms. */
const PAGE_TIMEOUT_MS = 30_000;
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
    const from = read;
    let page = await ask({ query, subscriptions, $skipToken });
    const lost = Math.min(total - page.totalRecords, from);
    if (lost > PAGE_ROWS) throw new GraphRefused('unreadable', new Error(`${lost} rows went away between two pages`));
    if (lost > 0) page = await ask({ query, subscriptions, $skip: from - lost });
    const ids = page.data.map(idOf);
    yield page.data.filter((_, at) => !before.has(ids[at] ?? ''));
    before = new Set([...(lost > 0 ? before : []), ...ids.flatMap((id) => id ?? [])]);
    total = page.totalRecords;
    read = from - Math.max(lost, 0) + page.data.length;
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

function asking({ credential, identity, httpClient, now = () => new Date(), sleep = sleepFor }: GraphConnection): Ask {
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 4 * SECOND_MS },
  });
  pipeline.addPolicy(inTime(PAGE_TIMEOUT_MS));
  pipeline.addPolicy(noRetryAfter, { afterPhase: 'Sign' });
  const tokens = tokensInTime(credential, identity);
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: tokens, scopes: SCOPE }), { phase: 'Sign' });
  const client = httpClient ?? createDefaultHttpClient();
  let resumeAtMs = 0;

  async function send(body: string): Promise<PipelineResponse> {
    const waitMs = Math.min(resumeAtMs - now().getTime(), LONGEST_WAIT_MS);
    if (waitMs > 0) await sleep(waitMs);
    const headers = createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json' });
    const response = await pipeline
      .sendRequest(client, createPipelineRequest({ url: ADDRESS, method: 'POST', headers, body }))
      .catch((error: unknown) => Promise.reject(withoutAnswer(error)));
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
    const body = JSON.stringify({ query, options, ...(subscriptions === undefined ? {} : { subscriptions }) });
    let response = await send(body);
    for (let tries = 1; response.status === 429 && tries < THROTTLED_TRIES; tries += 1) response = await send(body);
    if (response.status !== 200) throw refusalOf(response);
    const { data, error } = pageSchema.safeParse(parsed(response.bodyAsText));
    if (data === undefined) throw new GraphRefused('unreadable', error, { status: 200, code: undefined });
    return data;
  };
}

/** How long to wait before the next query, in ms: what the answer asks for, or the time until the quota is new. */
function waitOf({ headers }: PipelineResponse): number | undefined {
  const retryAfter = Number(headers.get(HELD_RETRY_AFTER) ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return retryAfter * SECOND_MS;
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
