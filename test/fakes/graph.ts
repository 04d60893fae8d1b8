import type { Graph } from '../../shared/estate/graph.ts';
import type { GraphQuery, GraphRow } from '../../shared/estate/rows.ts';

/** The rows of each query; none where a query is left out. */
export type FakeRows = { readonly [Query in GraphQuery]?: readonly GraphRow<Query>[] };

const PAGE = 1_000;

/** Resource Graph in memory. @param rows read anew for each query */
export const fakeGraph = (rows: () => FakeRows): Graph => ({
  async *rows(query) {
    const all = rows()[query] ?? [];
    for (let at = 0; at === 0 || at < all.length; at += PAGE) yield all.slice(at, at + PAGE);
  },
});

/** The row of a subscription. */
export const subscriptionRow = (subscriptionId: string): GraphRow<'subscriptions'> => ({
  id: `/subscriptions/${subscriptionId}`,
  name: 'contoso',
  subscriptionId,
  state: 'Enabled',
});
