import { describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../local/azure/azure.ts';
import { largeEstate } from '../../local/large-estate.ts';
import { resourceGraph } from '../../shared/azure/resource-graph.ts';
import { graphOf } from '../../shared/estate/graph.ts';
import type { GraphQuery, GraphRow } from '../../shared/estate/rows.ts';

const size = { subscriptions: 3, vaults: 7, keys: 50, sets: 20, disks: 2_300, machines: 600 };

describe('a large estate', () => {
  const { vaults, resources, subscriptionIds } = largeEstate(size);
  const azure = createLocalAzure({
    vaults,
    resources,
    identities: [{ name: 'reader', kind: 'user', roles: [{ role: 'Reader', scope: '/' }], grants: [] }],
    seed: 7,
  });
  const graph = graphOf(
    resourceGraph({ credential: azure.credential('reader'), identity: 'reader', httpClient: azure.httpClient }),
  );
  const rowsOf = async <Query extends GraphQuery>(query: Query): Promise<readonly GraphRow<Query>[]> => {
    const all: GraphRow<Query>[] = [];
    for await (const rows of graph.rows(query, subscriptionIds)) all.push(...rows);
    return all;
  };

  test('has as much of each as was asked for, and every row by its schema', async () => {
    expect((await rowsOf('subscriptions')).length).toBe(size.subscriptions);
    expect((await rowsOf('vaults')).length).toBe(size.vaults);
    expect((await rowsOf('sets')).length).toBe(size.sets);
    expect((await rowsOf('machines')).length).toBe(size.machines);
    expect(new Set((await rowsOf('disks')).map(({ id }) => id)).size).toBe(size.disks);
    expect(vaults.flatMap(({ keys = [] }) => keys)).toHaveLength(size.keys);
  });

  test('has disks under sets and machines that are there, and sets on versions that are there', async () => {
    const sets = await rowsOf('sets');
    const setIds = new Set(sets.map(({ id }) => id.toLowerCase()));
    const machines = new Set((await rowsOf('machines')).map(({ id }) => id.toLowerCase()));
    for (const { setId = '', managedBy = '' } of await rowsOf('disks')) {
      expect(setIds).toContain(setId.toLowerCase());
      expect(machines).toContain(managedBy.toLowerCase());
    }
    for (const { keyUrl = '' } of sets) {
      const [, vault = '', key = '', version] = /^https:\/\/([^.]+)\.[^/]+\/keys\/([^/]+)\/(\w+)$/.exec(keyUrl) ?? [];
      const state = azure.state(vault, key);
      expect(state.kind === 'present' && state.versions[0]?.version).toBe(version);
    }
  });
});
