import { describe, expect, test } from 'vitest';
import type { AuditEvent, KeyRecord } from '../../../../shared/domain/register.ts';
import { actorOf } from '../../../../shared/guard/keys/actors.ts';
import {
  flappingSince,
  isFlapping,
  isHolding,
  namedFlapper,
  undoneLately,
} from '../../../../shared/guard/keys/flapping.ts';
import { by, inMs, known, NOW, recordOf, V1, V2, V3 } from './situations.ts';

type Undone = KeyRecord['inFlight']['undone'][number];
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** An act of so many seconds ago that was undone at once. */
const undone = (version: string | undefined, agoSeconds: number): Undone => ({
  version,
  since: inMs(-agoSeconds * 1000),
  at: inMs(-agoSeconds * 1000),
});
const recordWith = (all: readonly Undone[], events: readonly AuditEvent[] = []) =>
  recordOf({ [V1]: known(), [V2]: known() }, { inFlight: { undone: [...all] }, audit: { events: [...events] } });

describe('a key flaps where three acts on it were undone within the hour', () => {
  test.each<readonly [says: string, all: readonly Undone[]]>([
    ['on one version', [undone(V1, 20), undone(V1, 10), undone(V1, 0)]],
    ['on the key as a whole', [undone(undefined, 20), undone(undefined, 10), undone(undefined, 0)]],
    ['on a version, of which the key as a whole was one', [undone(undefined, 20), undone(V1, 10), undone(V1, 0)]],
    ['on the key as a whole, of which one version had two', [undone(V1, 20), undone(V1, 10), undone(undefined, 0)]],
    [
      'the third after a worker stopped',
      [undone(undefined, 30), { ...undone(V1, 20), at: inMs(-15_000), unanswered: true }, undone(V1, 10)],
    ],
    [
      'the first of them a moment less than an hour ago',
      [{ ...undone(V1, 4_000), at: inMs(1 - HOUR_MS) }, undone(V1, 10), undone(V1, 0)],
    ],
  ])('%s', (_says, all) => {
    expect(isFlapping(recordWith(all), NOW)).toBe(true);
    expect(isFlapping(recordWith(all.toReversed()), NOW)).toBe(true);
  });
});

describe('a key does not flap', () => {
  test.each<readonly [says: string, all: readonly Undone[]]>([
    ['where nothing was undone', []],
    ['at the second act on one version', [undone(V1, 10), undone(V1, 0)]],
    ['where another version had the others', [undone(V2, 20), undone(V2, 10), undone(V1, 0)]],
    ['where three versions had one each', [undone(V1, 20), undone(V3, 10), undone(V2, 0)]],
    ['where two versions and the key as a whole had one each', [undone(undefined, 30), undone(V1, 20), undone(V2, 10)]],
    [
      'where the third is the write of a worker that stopped before it noted it',
      [undone(undefined, 30), { ...undone(V1, 20), at: inMs(-5_000), unanswered: true }, undone(V1, 10)],
    ],
    ['where one act is counted twice', [undone(V1, 20), undone(V1, 10), { ...undone(V1, 10), at: NOW }]],
    [
      'where the first of three was undone an hour ago',
      [{ ...undone(V1, 4_000), at: inMs(-HOUR_MS) }, undone(V1, 10), undone(V1, 0)],
    ],
  ])('%s', (_says, all) => {
    expect(isFlapping(recordWith(all), NOW)).toBe(false);
    expect(isFlapping(recordWith(all.toReversed()), NOW)).toBe(false);
  });
});

test('what was undone counts for an hour', () => {
  const all = [-HOUR_MS, 1 - HOUR_MS, 0].map((ms) => ({ ...undone(V1, 4_000), at: inMs(ms) }));
  expect(undoneLately(recordWith(all), NOW)).toEqual(all.slice(1));
});

describe('a streak of acts began', () => {
  const act = (sinceMs: number, atMs: number): Undone => ({ version: V1, since: inMs(sinceMs), at: inMs(atMs) });
  test.each<readonly [says: string, all: readonly Undone[], sinceMs: number | undefined]>([
    ['never, where nothing was undone', [], undefined],
    ['with the first act', [act(-60_000, -50_000), act(-40_000, -30_000)], -60_000],
    [
      'with the first act after the key stayed usable for ten minutes',
      [act(-20 * MINUTE_MS, -19 * MINUTE_MS), act(-9 * MINUTE_MS, -8 * MINUTE_MS), act(-60_000, -50_000)],
      -9 * MINUTE_MS,
    ],
    [
      'with the first act where it stayed usable for a moment less than ten minutes',
      [act(-20 * MINUTE_MS, -19 * MINUTE_MS), act(-9 * MINUTE_MS - 1, -8 * MINUTE_MS)],
      -20 * MINUTE_MS,
    ],
    ['with no act that was undone an hour ago', [act(-61 * MINUTE_MS, -HOUR_MS), act(-60_000, -50_000)], -60_000],
  ])('%s', (_says, all, sinceMs) => {
    expect(flappingSince(recordWith(all), NOW)).toEqual(sinceMs === undefined ? undefined : inMs(sinceMs));
  });
});

describe('a key holds', () => {
  test.each([
    ['where nothing was undone', [], true],
    ['ten minutes after it was last undone', [undone(V1, 3_000), undone(V1, 600)], true],
    ['not a second before', [undone(V1, 3_000), undone(V1, 599)], false],
  ] as const)('%s', (_says, all, isSo) => {
    expect(isHolding(recordWith(all), NOW)).toBe(isSo);
  });
});

describe('who makes a key flap', () => {
  const acts = [undone(V1, 30), undone(undefined, 20), undone(V1, 10)];
  const [first, deletion, last] = [
    by('KeyUpdate', 'anna', inMs(-30_000)),
    { id: 'd', operation: 'KeyDelete', at: inMs(-20_000), by: { oid: 'carl' } },
    by('KeyUpdate', 'mallory', inMs(-10_000)),
  ];

  test.each<readonly [says: string, events: readonly AuditEvent[], oid: string | undefined]>([
    ['is who did the last act', [first, deletion, last], 'mallory'],
    ['is who did the last act of which a record has come', [first, deletion], 'carl'],
    ['is nobody before a record has come', [], undefined],
  ])('%s', (_says, events, oid) => {
    expect(actorOf(namedFlapper(recordWith(acts, events)))?.oid).toBe(oid);
  });
});
