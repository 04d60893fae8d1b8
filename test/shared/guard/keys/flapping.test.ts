import { describe, expect, test } from 'vitest';
import type { KeyRecord } from '../../../../shared/domain/register.ts';
import { isThird, sinceLastUndoingMs } from '../../../../shared/guard/undone.ts';
import { inMs, NOW, V1, V2 } from './situations.ts';

type Undone = KeyRecord['undone'][number];
const HOUR_MS = 3_600_000;
/** An act of so many seconds ago that was undone at once. */
const undone = (version: string | undefined, agoSeconds: number): Undone => ({
  version,
  since: inMs(-agoSeconds * 1000),
  at: inMs(-agoSeconds * 1000),
});
const act = (version: string | undefined, agoSeconds = 0) => ({ version, since: inMs(-agoSeconds * 1000) });

describe('an act is the third within the hour', () => {
  test.each<readonly [says: string, before: readonly Undone[], one: ReturnType<typeof act>]>([
    ['on one version', [undone(V1, 20), undone(V1, 10)], act(V1)],
    ['on the key as a whole', [undone(undefined, 20), undone(undefined, 10)], act(undefined)],
    ['on a version, of which the key as a whole was one', [undone(undefined, 20), undone(V1, 10)], act(V1)],
    ['on the key as a whole, of which one version had two', [undone(V1, 20), undone(V1, 10)], act(undefined)],
    ['on a version, where it is counted already', [undone(V1, 20), undone(V1, 10), undone(V1, 5)], act(V1, 5)],
    [
      'where the first of them was undone a moment less than an hour ago',
      [{ ...undone(V1, 4000), at: inMs(1 - HOUR_MS) }, undone(V1, 10)],
      act(V1),
    ],
  ])('%s', (_says, before, one) => {
    expect(isThird(one, { record: { undone: [...before] }, now: NOW })).toBe(true);
  });
});

describe('an act is not the third within the hour', () => {
  test.each<readonly [says: string, before: readonly Undone[], one: ReturnType<typeof act>]>([
    ['the second on one version', [undone(V1, 10)], act(V1)],
    ['where another version had the others', [undone(V2, 20), undone(V2, 10)], act(V1)],
    ['where three versions had one each', [undone(V1, 20), undone('v3', 10)], act(V2)],
    ['on the key as a whole, where two versions had one each', [undone(V1, 20), undone(V2, 10)], act(undefined)],
    ['where it is counted twice', [undone(V1, 20), undone(V1, 10)], act(V1, 10)],
    [
      'where the first of them was undone an hour ago',
      [{ ...undone(V1, 4000), at: inMs(-HOUR_MS) }, undone(V1, 10)],
      act(V1),
    ],
  ])('%s', (_says, before, one) => {
    expect(isThird(one, { record: { undone: [...before] }, now: NOW })).toBe(false);
  });

  test('in whatever order a key and two of its versions are undone', () => {
    const all = [undone(undefined, 30), undone(V1, 20), undone(V2, 10)];
    for (const last of all)
      expect(isThird(last, { record: { undone: all.filter((one) => one !== last) }, now: NOW })).toBe(false);
  });
});

describe('how long ago another act was undone', () => {
  const lookBeganAt = inMs(-1_000);
  test.each<readonly [says: string, before: readonly Undone[], one: ReturnType<typeof act>, ms: number]>([
    ['on the same version, the last', [undone(V1, 20), undone(V1, 10)], act(V1), 10_000],
    ['on the key as a whole, for the key', [undone(undefined, 10)], act(undefined), 10_000],
    ['on the key as a whole does not count for its versions', [undone(undefined, 10)], act(V1), Infinity],
    ['on a version does not count for the key', [undone(V1, 10)], act(undefined), Infinity],
    ['on another version does not count', [undone(V2, 10)], act(V1), Infinity],
    ['does not count where it is the same act', [undone(V1, 10)], act(V1, 10), Infinity],
    ['does not count where this look undid it', [undone(V1, 1)], act(V1), Infinity],
  ])('%s', (_says, before, one, ms) => {
    expect(sinceLastUndoingMs(one, { record: { undone: [...before] }, now: NOW, lookBeganAt })).toBe(ms);
  });
});
