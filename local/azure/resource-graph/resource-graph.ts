import { z } from 'zod';
import type { Vault } from '../key-vault/store.ts';
import { QueryFault } from '../kusto-tokens.ts';
import type { Answer } from '../resource-manager/answer.ts';
import type { World } from '../resource-manager/call.ts';
import type { Resource } from '../resource-manager/store.ts';
import { vaultResource } from '../resource-manager/vaults.ts';
import type { Identity } from '../types.ts';
import {
  accessDenied,
  badRequest,
  noValidSubscriptions,
  pageAnswer,
  parserFailure,
  type Refusal,
  rateLimiting,
  refusalAnswer,
  semanticFailure,
} from './answers.ts';
import { createHistory } from './history.ts';
import { createQuotas } from './quota.ts';
import { type Program, programOf, QueryUnknown } from './run.ts';
import { type Everything, ordered, readable, type Scope } from './selection.ts';
import { type PageAsked, readSkipToken, skipTokenOf } from './skip-token.ts';
import { parseQuery } from './syntax.ts';
import { type GraphTable, graphTables } from './tables.ts';

/** What Resource Graph reads, and by whose rights. */
export type GraphWorld = Pick<
  World,
  'resources' | 'directory' | 'behaviours' | 'chance' | 'tenantId' | 'vaults' | 'granted' | 'subscriptions'
> & {
  /** How often vaults were written, deleted or recovered. */
  vaultRevision(): number;
};

/** A query whose caller and api-version are good. */
export interface GraphCall {
  readonly body: string;
  readonly apiVersion: string;
  readonly caller: Identity;
  readonly nowMs: number;
}

/** The local Resource Graph. */
export interface ResourceGraph {
  answer(call: GraphCall): Answer;
  /** Shows what there is now, however new it is: what a run begins with. */
  showAll(): void;
}

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

/**
 * A Resource Graph over what the local Azure holds. It runs the query itself, in the part of Kusto that the project's queries
 * use, so that what is answered follows from their text; any other query is refused as invalid. Pages go by row offset: rows
 * shift between them when resources come and go.
 *
 * @see https://learn.microsoft.com/azure/governance/resource-graph/overview
 */
export function createResourceGraph(world: GraphWorld): ResourceGraph {
  const tables = graphTables(world);
  const spend = createQuotas();
  const { select, showAll } = createSelections(world);

  function pageOf({ body, apiVersion, caller, nowMs }: GraphCall): { readonly page: Page } | Refusal {
    const asked = requestOf(body);
    if ('code' in asked) return asked;
    const query = readQuery(asked.query, tables);
    if ('code' in query) return query;
    const place = placeOf(asked.options ?? {});
    if ('code' in place) return place;
    const selected = select(query, scopeOf(asked, apiVersion), caller, nowMs);
    if (selected === 'no-right')
      return world.behaviours.graphWithoutRights === 403 ? accessDenied : noValidSubscriptions;
    return { page: pageFrom(selected, query.program, place, isTable(asked, apiVersion)) };
  }

  return {
    showAll,
    answer(call) {
      const quota = spend(call.caller.oid, call.nowMs);
      const frame = { quota, requestId: world.chance.ids.uuid(), nowMs: call.nowMs };
      if (!quota.isWithin && world.behaviours.throttling)
        return refusalAnswer(rateLimiting(Math.ceil(quota.resetsAfterMs / 1_000)), frame);
      const answer = pageOf(call);
      return 'code' in answer ? refusalAnswer(answer, frame) : pageAnswer(answer.page, frame);
    },
  };
}

type Page = Readonly<Record<string, unknown>>;
type Tables = Readonly<Record<string, GraphTable>>;

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

function readQuery(text: string, tables: Tables): ReadQuery | Refusal {
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
function createSelections(world: GraphWorld) {
  const { resources, behaviours, directory } = world;
  const history = createHistory<Resource>();
  resources.onChange(history.note);
  let shownVaults: ReadonlySet<Vault> = new Set();
  const kept = new Map<string, readonly Resource[]>();
  let keptAt = '';

  const vaultsAt = (atMs: number): readonly Vault[] =>
    [...world.vaults()].filter((vault) => shownVaults.has(vault) || vault.madeMs <= atMs);

  function select({ text, table, program }: ReadQuery, scope: Scope, caller: Identity, nowMs: number): Selected {
    const seen = history.asOf(resources.store, nowMs, behaviours.graphLagMs);
    const vaults = vaultsAt(nowMs - behaviours.graphLagMs);
    const at = `${history.revision()} ${world.vaultRevision()} ${vaults.length}`;
    if (at !== keptAt) kept.clear();
    keptAt = at;
    const id = JSON.stringify([text, scope.filter, caller.oid, [...(scope.subscriptions ?? ['*'])]]);
    const known = kept.get(id);
    if (seen === resources.store && known !== undefined) return known;
    const matches = (resource: Resource): boolean => program.keeps(resource) && table.has(resource);
    const found = readable(everything(seen, vaults, world), matches, scope, caller, directory);
    if (found === 'no-right') return found;
    const selected = ordered(found, program);
    if (seen === resources.store) kept.set(id, selected);
    return selected;
  }

  return {
    select,
    showAll() {
      history.forget();
      shownVaults = new Set(world.vaults());
    },
  };
}

type Selected = readonly Resource[] | 'no-right';

const everything = (
  resources: ReadonlyMap<string, Resource>,
  vaults: readonly Vault[],
  world: GraphWorld,
): Everything => {
  const granted = world.granted();
  const subscriptions = world.subscriptions();
  return {
    subscriptions: subscriptions.map(({ subscriptionId }) => subscriptionId.toLowerCase()),
    *resources() {
      yield* resources.values();
      for (const vault of vaults) yield vaultResource(vault, granted);
      for (const { subscriptionId, displayName } of subscriptions)
        yield {
          id: `/subscriptions/${subscriptionId}`,
          name: displayName,
          type: 'Microsoft.Resources/subscriptions',
          properties: { state: 'Enabled' },
        };
    },
  };
};
