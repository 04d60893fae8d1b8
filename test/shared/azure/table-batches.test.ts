import { describe, expect, it } from 'vitest';
import { batches } from '../../../shared/azure/table-batches.ts';

const rows = (count: number, json: string) => Array.from({ length: count }, () => ({ json }));
const sizes = (entities: Parameters<typeof batches>[0]): readonly number[] =>
  [...batches(entities)].map(({ length }) => length);

describe('a transaction takes', () => {
  it.each([
    ['none of no rows', [], []],
    ['one row', rows(1, '{}'), [1]],
    ['a hundred rows', rows(100, '{}'), [100]],
    ['a hundred rows, and the next one the rest', rows(101, '{}'), [100, 1]],
    ['a million bytes', rows(2, 'x'.repeat(500_000)), [2]],
    ['no byte more than a million', [...rows(1, 'x'.repeat(500_001)), ...rows(1, 'x'.repeat(500_000))], [1, 1]],
    ['text for its bytes in UTF-8, not for its characters', rows(4, 'ø'.repeat(200_000)), [2, 2]],
    ['a character of two halves for four bytes', rows(2, '🔑'.repeat(125_001)), [1, 1]],
    ['packed data for its bytes', rows(3, '').map(() => ({ gzip1: new Uint8Array(400_000) })), [2, 1]],
    ['all columns of a row together', rows(2, '').map(() => ({ rowKey: 'x', json: 'x'.repeat(500_000) })), [1, 1]],
    [
      'a row that is longer by itself, alone',
      [...rows(1, ''), ...rows(1, 'x'.repeat(1_000_001)), ...rows(1, '')],
      [1, 1, 1],
    ],
  ])('%s', (_, entities, expected) => {
    expect(sizes(entities)).toEqual(expected);
  });

  it('every row once, in order', () => {
    const numbered = Array.from({ length: 250 }, (_, at) => ({ json: String(at) }));
    expect([...batches(numbered)].flat()).toEqual(numbered);
  });
});
