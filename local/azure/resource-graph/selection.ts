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

/**
 * Of these resources the ones in scope that the caller may read. Others are left out without a word; `no-right` where there is
 * no subscription in scope of which the caller may read anything.
 *
 * @see https://learn.microsoft.com/azure/governance/resource-graph/overview#permissions-in-azure-resource-graph
 */
export function readable(
  resources: Iterable<Resource>,
  { subscriptions, filter }: Scope,
  caller: Identity,
  directory: Directory,
): readonly Resource[] | 'no-right' {
  const mayRead = rememberedReads((action, scope) => directory.isAllowed(caller, action, scope));
  const inScope: Resource[] = [];
  const above: Resource[] = [];
  const read = new Set<string>();
  for (const resource of resources) {
    const subscription = subscriptionOf(resource.id);
    if (subscription === '') above.push(resource);
    else if (subscriptions?.has(subscription) !== false && mayRead(resource)) {
      read.add(`/subscriptions/${subscription}`);
      if (isWithin(resource, filter)) inScope.push(resource);
    }
  }
  if (read.size === 0) return 'no-right';
  if (filter === 'AtScopeAndBelow' || filter === 'AtScopeExact') return inScope;
  const readers = [...read].filter((one) => directory.isAllowed(caller, ASSIGNMENTS, one));
  return [
    ...inScope,
    ...above.filter(({ properties }) =>
      readers.some((one) => properties.scope === undefined || directory.covers(String(properties.scope), one)),
    ),
  ];
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
export function ordered(rows: Resource[], { order }: Program<Resource>): readonly Resource[] {
  if (order === undefined) return rows;
  const { keyOf, direction } = order;
  const keyed = rows.map((row) => [keyOf(row), row] as const);
  const sign = direction === 'asc' ? 1 : -1;
  keyed.sort(([one], [other]) => (one === other ? 0 : one < other ? -sign : sign));
  return keyed.map(([, row]) => row);
}
