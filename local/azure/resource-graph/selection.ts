import type { Directory } from '../resource-manager/authorization.ts';
import type { Resource } from '../resource-manager/store.ts';
import type { Identity } from '../types.ts';
import type { Program } from './run.ts';
import { groupOf, subscriptionOf } from './tables.ts';

/** Where rows are looked for. */
export interface Scope {
  /** In lower case; `undefined` for all that the caller can read. */
  readonly subscriptions: ReadonlySet<string> | undefined;
  /** Which assignments and definitions of roles are rows, from where the subscriptions stand. */
  readonly filter: ScopeFilter;
}

/** The default is `AtScopeAndBelow`, which leaves out what a management group hands down. @see https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources */
export type ScopeFilter = 'AtScopeAndBelow' | 'AtScopeAndAbove' | 'AtScopeExact' | 'AtScopeAboveAndBelow';

/** Everything that Resource Graph can show. */
export interface Everything {
  /** In lower case. */
  readonly subscriptions: readonly string[];
  resources(): Iterable<Resource>;
}

/**
 * Of what matches a query the resources in scope that the caller may read. Others are left out without a word; `no-right` where
 * there is no subscription in scope of which the caller may read anything.
 *
 * @see https://learn.microsoft.com/azure/governance/resource-graph/overview#permissions-in-azure-resource-graph
 */
export function readable(
  everything: Everything,
  matches: (resource: Resource) => boolean,
  { subscriptions, filter }: Scope,
  caller: Identity,
  directory: Directory,
): readonly Resource[] | 'no-right' {
  const mayRead = rememberedReads((action, scope) => directory.isAllowed(caller, action, scope));
  const isInScope = (resource: Resource, subscription: string): boolean =>
    subscription !== '' && subscriptions?.has(subscription) !== false && mayRead(resource);
  const found: Resource[] = [];
  const above: Resource[] = [];
  for (const resource of everything.resources()) {
    if (!matches(resource)) continue;
    const subscription = subscriptionOf(resource.id);
    if (subscription === '') above.push(resource);
    else if (isInScope(resource, subscription)) found.push(resource);
  }
  if (found.length === 0 && !hasAny(everything.resources(), isInScope)) return 'no-right';
  const handsDown = filter === 'AtScopeAndAbove' || filter === 'AtScopeAboveAndBelow';
  const readers = everything.subscriptions
    .filter((id) => subscriptions?.has(id) !== false)
    .map((id) => `/subscriptions/${id}`)
    .filter((path) => handsDown && directory.isAllowed(caller, ASSIGNMENTS, path));
  return [
    ...found.filter((resource) => isWithin(resource, filter)),
    ...above.filter(({ properties }) =>
      readers.some((path) => properties.scope === undefined || directory.covers(String(properties.scope), path)),
    ),
  ];
}

function hasAny(
  resources: Iterable<Resource>,
  isInScope: (resource: Resource, subscription: string) => boolean,
): boolean {
  for (const resource of resources) if (isInScope(resource, subscriptionOf(resource.id))) return true;
  return false;
}

const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments/read';

/** Of what is in a subscription. The filter is about assignments and definitions of roles alone. */
function isWithin({ id, type }: Resource, filter: ScopeFilter): boolean {
  if (filter === 'AtScopeAndBelow' || filter === 'AtScopeAboveAndBelow') return true;
  if (!/^microsoft\.authorization\//i.test(type)) return true;
  return /^\/subscriptions\/[^/]+\/providers\/microsoft\.authorization\//i.test(id);
}

/** Asks once for a type and a group; for a single resource only where the group is not readable as a whole. */
function rememberedReads(mayDo: (action: string, scope: string) => boolean): (resource: Resource) => boolean {
  const known = new Map<string, boolean>();
  return ({ id, type }) => {
    const [subscription, group] = [subscriptionOf(id), groupOf(id)];
    const around = `/subscriptions/${subscription}${group === '' ? '' : `/resourcegroups/${group}`}`;
    const name = `${type} ${around}`;
    const inGroup = known.get(name) ?? mayDo(`${type}/read`, around);
    known.set(name, inGroup);
    return inGroup || mayDo(`${type}/read`, id);
  };
}

/** The rows in the order of the query; in the order of the store where it has none. */
export function ordered(rows: readonly Resource[], { order }: Program<Resource>): readonly Resource[] {
  if (order === undefined) return rows;
  const { keyOf, direction } = order;
  const keyed = rows.map((row) => [keyOf(row), row] as const);
  const sign = direction === 'asc' ? 1 : -1;
  keyed.sort(([one], [other]) => (one === other ? 0 : one < other ? -sign : sign));
  return keyed.map(([, row]) => row);
}
