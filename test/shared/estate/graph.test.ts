import { describe, expect, test } from 'vitest';
import { graphOf } from '../../../shared/estate/graph.ts';
import { queryTexts } from '../../../shared/estate/query-texts.ts';

const asked: unknown[] = [];
const graphWith = (...pages: readonly (readonly unknown[])[]) =>
  graphOf({
    async *pages(query, subscriptions) {
      asked.push([query, subscriptions]);
      yield* pages;
    },
  });

describe('the rows of a query to Resource Graph', () => {
  test('are read by their schema, page by page, from the text of the query', async () => {
    const pages: unknown[] = [];
    const graph = graphWith([{ id: '/a', osDiskSetId: '', dataDisks: null }], []);
    for await (const rows of graph.rows('images', ['s'])) pages.push(rows);
    expect(pages).toEqual([[{ id: '/a', osDiskSetId: undefined, dataDisks: null }], []]);
    expect(asked.at(-1)).toEqual([queryTexts.images, ['s']]);
  });

  test('that have another form are named after the last page, and cost no other row', async () => {
    const bad = Array.from({ length: 12 }, (_, at) => ({ id: `/bad-${at}`, dataDisks: 7 }));
    const graph = graphWith([{ id: '/a' }, ...bad], ['none'], [{ id: '/b' }]);
    const read: string[] = [];
    const reading = (async () => {
      for await (const rows of graph.rows('images')) read.push(...rows.map(({ id }) => id));
    })();
    await expect(reading).rejects.toMatchObject({
      name: 'GraphRowsUnreadable',
      query: 'images',
      count: 13,
      ids: bad.slice(0, 10).map(({ id }) => id),
      message: expect.stringMatching(/^13 rows of the query images cannot be read: dataDisks: /),
    });
    expect(read).toEqual(['/a', '/b']);
  });
});
