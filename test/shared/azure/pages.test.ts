import { expect, it } from 'vitest';
import { onePage } from '../../../shared/azure/pages.ts';

/** A list of these pages, whose tokens are their places, that notes which it was asked for. */
function listOf(...pages: readonly string[]) {
  const asked: number[] = [];
  async function* byPage({ continuationToken = '0' }: { continuationToken?: string }) {
    for (let place = Number(continuationToken); place < pages.length; place += 1) {
      asked.push(place);
      yield pages[place];
    }
  }
  return { byPage, asked };
}

it.each([
  ['the first', undefined, 'a', [0]],
  ['the one that a token names', '1', 'b', [1]],
  ['the last', '2', 'c', [2]],
  ['none after the last', '3', undefined, []],
])('asks for one page and no other: %s', async (_, from, page, asked) => {
  const list = listOf('a', 'b', 'c');
  expect(await onePage(list, from)).toBe(page);
  expect(list.asked).toEqual(asked);
});

it('gives no page where there is none', async () => {
  expect(await onePage(listOf(), undefined)).toBeUndefined();
});

it('throws what the list throws', async () => {
  const list = {
    byPage: (): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('refused')) }),
    }),
  };
  await expect(onePage(list, undefined)).rejects.toThrow('refused');
});
