import type * as z from 'zod';
import type { GraphPages } from '../domain/graph.ts';
import { GraphRowsUnreadable } from '../errors.ts';
import { queryTexts } from './query-texts.ts';
import { type GraphQuery, type GraphRow, graphRows } from './rows.ts';

/** The project's own queries to Resource Graph. */
export interface Graph {
  /**
   * The rows of a query, a page at a time; each row once. Throws `GraphRefused`, also after some pages. Throws
   * `GraphRowsUnreadable` after the last page where its schema refuses some of them. What it does not show is unknown: the
   * query `subscriptions` tells which of those that are asked for can be read.
   *
   * @param subscriptions their ids; left out: all that can be read
   */
  rows<Query extends GraphQuery>(
    query: Query,
    subscriptions?: readonly string[],
  ): AsyncIterable<readonly GraphRow<Query>[]>;
}

const schemas: { readonly [Query in GraphQuery]: z.ZodType<GraphRow<Query>> } = graphRows;

/** How many ids of rows that cannot be read are named. */
const NAMED = 10;

/** Reads the answers of Resource Graph by the schema of each query. */
export const graphOf = ({ pages }: GraphPages): Graph => ({
  async *rows<Query extends GraphQuery>(query: Query, subscriptions?: readonly string[]) {
    const schema = schemas[query];
    const ids: string[] = [];
    let unreadable = 0;
    let first: z.ZodError | undefined;
    for await (const page of pages(queryTexts[query], subscriptions)) {
      const rows: GraphRow<Query>[] = [];
      for (const row of page) {
        const { data, error } = schema.safeParse(row);
        if (data !== undefined) rows.push(data);
        else {
          unreadable += 1;
          first ??= error;
          if (ids.length < NAMED) ids.push(idOf(row));
        }
      }
      yield rows;
    }
    if (first !== undefined) throw new GraphRowsUnreadable(query, unreadable, ids, first);
  },
});

const idOf = (row: unknown): string =>
  typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? row.id : 'a row without an id';
