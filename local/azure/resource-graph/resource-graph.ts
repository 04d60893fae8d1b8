import { z } from 'zod';
import type { Vault } from '../key-vault/store.ts';
import type { Random } from '../random.ts';
import type { Resource, ResourceStore } from '../resource-manager/store.ts';
import type { Behaviours, Identity, WireRequest, WireResponse } from '../types.ts';
import {
  accessDenied,
  badRequest,
  noValidSubscriptions,
  pageResponse,
  parserFailure,
  type Refusal,
  rateLimiting,
  refusalResponse,
  semanticFailure,
} from './answers.ts';
import { noteChanges } from './changes.ts';
import { createQuotas } from './quota.ts';
import { type Program, programOf, QueryUnknown } from './run.ts';
import { type MayDo, ordered, readable, type Scope } from './selection.ts';
import { type PageAsked, readSkipToken, skipTokenOf } from './skip-token.ts';
import { parseQuery, QueryFault } from './syntax.ts';
import { type GraphTable, graphTables, subscriptionOf } from './tables.ts';
import { type AccessPolicy, vaultId, vaultResource } from './vault-resource.ts';

/** What Resource Graph reads, and by whose rights. */
export interface GraphContext {
  /** All resources but vaults. What changes in it from now on is seen `behaviours.graphLagMs` later. */
  readonly resources: ResourceStore;
  /** By host name. What is added from now on is seen so much later. */
  readonly vaults: Map<string, Vault>;
  readonly accessPolicies: (vault: Vault) => readonly AccessPolicy[];
  readonly behaviours: Readonly<Behaviours>;
  readonly tenantId: string;
  /** Whether the caller may do this there: `Microsoft.Compute/disks/read` on an id of Resource Manager. */
  readonly mayDo: MayDo;
  /** For the ids of requests. */
  readonly ids: Random;
}

/** The path of a query, under `management.azure.com`. */
export const GRAPH_PATH = '/providers/microsoft.resourcegraph/resources';

/** The api-versions that are published and not a preview. @see https://learn.microsoft.com/rest/api/azureresourcegraph/ */
export const graphApiVersions = ['2019-04-01', '2021-03-01', '2022-10-01', '2024-04-01'] as const;

/** The largest page, which is also what a request gets that names none. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results */
const LARGEST_PAGE = 1_000;

const requestSchema = z.object({
  subscriptions: z.array(z.string()).nullish(),
  query: z.string(),
  options: z
    .object({
      $skipToken: z.string().nullish(),
      $top: z.int().min(1).max(LARGEST_PAGE).nullish(),
      $skip: z.int().min(0).nullish(),
      resultFormat: z.enum(['table', 'objectArray']).nullish(),
      authorizationScopeFilter: z
        .enum(['AtScopeAndBelow', 'AtScopeAndAbove', 'AtScopeExact', 'AtScopeAboveAndBelow'])
        .nullish(),
    })
    .nullish(),
});
type GraphRequest = z.infer<typeof requestSchema>;

/** Answers queries of callers whose token and api-version are good. */
export type ResourceGraph = (request: WireRequest, caller: Identity) => WireResponse;

/**
 * A Resource Graph over what the local Azure holds. It runs the query itself, in the part of Kusto that the project's queries
 * use, so that what is answered follows from their text; any other query is refused as invalid. Pages go by row offset: rows
 * shift between them when resources come and go.
 *
 * @see https://learn.microsoft.com/azure/governance/resource-graph/overview
 */
export function createResourceGraph(context: GraphContext): ResourceGraph {
  const tables = graphTables(context);
  const spend = createQuotas();
  const selections = createSelections(context);
  return (request, caller) => {
    const nowMs = Date.now();
    const quota = spend(caller.oid, nowMs);
    const frame = { quota, requestId: context.ids.uuid(), nowMs };
    if (!quota.isWithin) return refusalResponse(rateLimiting(Math.ceil(quota.resetsAfterMs / 1_000)), frame);
    const apiVersion = new URL(request.url).searchParams.get('api-version') ?? '';
    const answer = pageOf(request.body, apiVersion, { caller, nowMs, tables, selections });
    return 'code' in answer ? refusalResponse(answer, frame) : pageResponse(answer.page, frame);
  };

  function pageOf(body: string, apiVersion: string, by: Asking): { readonly page: Page } | Refusal {
    const asked = requestOf(body);
    if ('code' in asked) return asked;
    const program = readQuery(asked.query, by.tables);
    if ('code' in program) return program;
    const place = placeOf(asked.options ?? {});
    if ('code' in place) return place;
    const found = by.selections(program, scopeOf(asked, apiVersion), by);
    if (found === 'no-right')
      return context.behaviours.graphWithoutRights === 403 ? accessDenied : noValidSubscriptions;
    return { page: pageFrom(found, program.program, place, isTable(asked, apiVersion)) };
  }
}

type Page = Readonly<Record<string, unknown>>;

interface Asking {
  readonly caller: Identity;
  readonly nowMs: number;
  readonly tables: Readonly<Record<string, GraphTable>>;
  readonly selections: ReturnType<typeof createSelections>;
}

/** A query that is ready to run, with the table that it reads. */
interface ReadQuery {
  readonly text: string;
  readonly table: GraphTable;
  readonly program: Program<Resource>;
}

function requestOf(body: string): GraphRequest | Refusal {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return badRequest('The request is no JSON.');
  }
  const { data, error } = requestSchema.safeParse(content);
  return data ?? badRequest(`The request has another form: ${error?.issues[0]?.path.join('.') ?? ''}.`);
}

function readQuery(text: string, tables: Asking['tables']): ReadQuery | Refusal {
  try {
    const query = parseQuery(text);
    const table = tables[query.table];
    if (table === undefined) throw new QueryUnknown(`There is no table ${query.table}.`);
    return { text, table, program: programOf(query, table.table) };
  } catch (error) {
    if (error instanceof QueryFault) return parserFailure(error.line, error.column, error.token);
    if (error instanceof QueryUnknown) return semanticFailure(error.message);
    throw error;
  }
}

/** The filter came with 2021-06-01-preview. */
const scopeOf = ({ subscriptions, options }: GraphRequest, apiVersion: string): Scope => ({
  subscriptions: subscriptions == null ? undefined : new Set(subscriptions.map((id) => id.toLowerCase())),
  filter: (apiVersion >= '2021-06' ? options?.authorizationScopeFilter : undefined) ?? 'AtScopeAndBelow',
});

/** `$top` and `$skip` win over what the token says. */
function placeOf({ $skipToken, $top, $skip }: NonNullable<GraphRequest['options']>): PageAsked | Refusal {
  const from = $skipToken == null ? undefined : readSkipToken($skipToken);
  if ($skipToken != null && from === undefined) return badRequest('The skip token is none.');
  return { maxRows: $top ?? from?.maxRows ?? LARGEST_PAGE, rowsToSkip: $skip ?? from?.rowsToSkip ?? 0 };
}

/** Columns and rows were the default of the first version. */
const isTable = ({ options }: GraphRequest, apiVersion: string): boolean =>
  (options?.resultFormat ?? (apiVersion === '2019-04-01' ? 'table' : 'objectArray')) === 'table';

function pageFrom(
  selected: readonly Resource[],
  { rowOf, columns, most }: Program<Resource>,
  { maxRows, rowsToSkip }: PageAsked,
  inColumns: boolean,
): Page {
  const total = Math.min(selected.length, most);
  const end = Math.min(rowsToSkip + maxRows, total);
  const rows = selected.slice(rowsToSkip, end).map(rowOf);
  const names = Object.keys(columns);
  const data = inColumns
    ? {
        columns: names.map((name) => ({ name, type: columns[name] })),
        rows: rows.map((row) => names.map((name) => row[name])),
      }
    : rows;
  return {
    totalRecords: total,
    count: rows.length,
    data,
    facets: [],
    // As recorded: a text, and "false" although more pages follow. The token alone tells of them.
    resultTruncated: 'false',
    ...(end < total ? { $skipToken: skipTokenOf({ maxRows, rowsToSkip: end }) } : {}),
  };
}

/** Selects and orders the rows of queries, and keeps what was selected until something changes. */
function createSelections({ resources, vaults, behaviours, accessPolicies, mayDo }: GraphContext) {
  const [ofResources, ofVaults] = [noteChanges(resources), noteChanges(vaults)];
  let keptAt = '';
  const kept = new Map<string, readonly Resource[]>();

  return ({ text, table, program }: ReadQuery, scope: Scope, { caller, nowMs }: Asking): Selected => {
    const earlier = ofResources.asOf(nowMs, behaviours.graphLagMs);
    const earlierVaults = ofVaults.asOf(nowMs, behaviours.graphLagMs);
    const isNow = earlier === undefined && earlierVaults === undefined;
    const at = `${ofResources.revision()} ${ofVaults.revision()}`;
    if (at !== keptAt) kept.clear();
    keptAt = at;
    const id = JSON.stringify([text, scope.filter, caller.oid, [...(scope.subscriptions ?? ['*'])]]);
    const known = kept.get(id);
    if (isNow && known !== undefined) return known;
    const all = everything(earlier ?? resources, earlierVaults ?? vaults, accessPolicies);
    const found = readable(all, scope, caller, mayDo);
    if (found === 'no-right') return found;
    const rows = found.filter((resource) => table.has(resource) && program.keeps(resource));
    const selected = ordered(rows, program);
    if (isNow) kept.set(id, selected);
    return selected;
  };
}

type Selected = readonly Resource[] | 'no-right';

function* everything(
  resources: ReadonlyMap<string, Resource>,
  vaults: ReadonlyMap<string, Vault>,
  accessPolicies: GraphContext['accessPolicies'],
): Iterable<Resource> {
  yield* resources.values();
  for (const vault of vaults.values()) yield vaultResource(vault, accessPolicies(vault));
  const used = [...resources.keys(), ...[...vaults.values()].map(vaultId)].map(subscriptionOf);
  // A subscription is there as soon as something is in it.
  for (const id of new Set(used)) if (id !== '' && !resources.has(`/subscriptions/${id}`)) yield subscription(id);
}

const subscription = (id: string): Resource => ({
  id: `/subscriptions/${id}`,
  name: id,
  type: 'Microsoft.Resources/subscriptions',
  properties: { state: 'Enabled' },
});
