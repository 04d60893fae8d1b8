import { describe, expect, test } from 'vitest';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import { collectHeld, comparing } from '../../../shared/trail/held.ts';

const ASKED = new Date('2031-03-02T12:00:00.000Z');
const SINCE = new Date('2031-03-01T00:00:00.000Z');
const STREAM = 'audit/2031-03-01/payments';
const hashOf = (number: number): string => number.toString(16).padStart(64, '0');

/** A workspace that holds records of these numbers. */
function heldWith(numbers: readonly number[]) {
  const { add, held } = collectHeld();
  for (const sequence of numbers) add({ stream: STREAM, sequence, hash: hashOf(sequence), root: '' });
  return held({ askedAt: ASKED, since: SINCE, until: ASKED });
}

/** What comes of comparing storage with it: records of these numbers, each at a moment. */
function compared(held: readonly number[], stored: readonly (readonly [number, Date])[], isWhole = true) {
  const comparison = comparing(heldWith(held));
  const { note, differences } = comparison.stream(STREAM);
  for (const [sequence, appendedAt] of stored)
    note({ sequence, hash: hashOf(sequence), previousHash: '', appendedAt, record: undefined });
  return { ...comparison.counted(), differences: differences(isWhole) };
}

test('what a workspace holds is given by stream, as often as it was added, in any number', () => {
  const numbers = Array.from({ length: 100 }, (_, at) => at + 1);
  const hashes = heldWith([...numbers, ...numbers]).hashesOf(STREAM);
  expect([...hashes].map(([number, all]) => [number, [...all]])).toEqual(numbers.map((one) => [one, [hashOf(one)]]));
  expect(heldWith(numbers).hashesOf('register/payments').size).toBe(0);
});

describe('a record that the workspace lacks', () => {
  test.each([
    ['is missing once it is an hour old', later(ASKED, -HOUR_MS), { alike: 0, notYet: 0, older: 0 }, 1],
    ['is awaited until then', later(ASKED, -HOUR_MS + 1), { alike: 0, notYet: 1, older: 0 }, 0],
    ['is missing from the time on since which all are expected', SINCE, { alike: 0, notYet: 0, older: 0 }, 1],
    ['may be gone from before that', later(SINCE, -1), { alike: 0, notYet: 0, older: 1 }, 0],
  ])('%s', (_, appendedAt, counted, faults) => {
    const said = compared([], [[1, appendedAt]]);
    expect(said).toMatchObject(counted);
    expect(said.differences).toHaveLength(faults);
  });
});

describe('differences', () => {
  const at = later(ASKED, -2 * HOUR_MS);
  const stored = (...numbers: readonly number[]) => numbers.map((number) => [number, at] as const);

  test('are told in ranges of records that follow one another', () => {
    expect(compared([3, 7, 9, 10], stored(1, 2, 3, 4, 5, 6, 7, 8)).differences).toEqual([
      { first: 1, last: 2, because: 'not-in-workspace' },
      { first: 4, last: 6, because: 'not-in-workspace' },
      { first: 8, last: 8, because: 'not-in-workspace' },
      { first: 9, last: 10, because: 'only-in-workspace' },
    ]);
  });

  test('behind the record at which reading a stream ended are not told', () => {
    expect(compared([1, 2, 3], stored(1), false)).toMatchObject({ alike: 1, differences: [] });
  });
});
