import { describe, expect, test } from 'vitest';
import {
  DEFAULT_HOLD_MS,
  endOfHold,
  endsSoonFrom,
  type Hold,
  holdDuring,
  holdOn,
  hold as holdSchema,
  spellHold,
  subjectOfHold,
} from '../../../shared/domain/hold.ts';
import { GUARDIAN, keyOf, vaultSubject } from '../../../shared/domain/subject.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { hold, inMs, NOW } from '../guard/keys/situations.ts';

const id = { vault: 'prod-disks', key: 'disk-a' };
const wide = ({ key: _, ...rest }: Hold): Hold => rest;
const widest = ({ vault: _, ...rest }: Hold): Hold => wide(rest);

describe('a hold stops writes to a key', () => {
  test.each<readonly [says: string, hold: Hold]>([
    ['when it is on that key', hold()],
    ['when it is on the whole vault', wide(hold())],
    ['when it is on everything', widest(hold())],
    ['until a moment before it ends', hold({ until: inMs(1) })],
    ['at once, though the clock that set it is a minute ahead', hold({ from: inMs(60_000) })],
  ])('%s', (_says, set) => {
    expect(holdOn([set], id, NOW)).toEqual(set);
  });
});

describe('a hold does not stop writes to a key', () => {
  test.each<readonly [says: string, hold: Hold]>([
    ['of another vault', hold({ vault: 'test-disks' })],
    ['beside the one that it is on', hold({ key: 'disk-b' })],
    ['when the whole of another vault is held', wide(hold({ vault: 'test-disks' }))],
    ['when it has ended by itself this very moment', hold({ until: NOW })],
    ['when it was released', hold({ released: { by: { oid: 'responder' }, at: inMs(-1) } })],
  ])('%s', (_says, set) => {
    expect(holdOn([set], id, NOW)).toBeUndefined();
  });
});

test('one hold among several that are over stops writes', () => {
  const standing = hold({ id: 'standing' });
  expect(holdOn([hold({ until: NOW }), standing, hold({ key: 'disk-b' })], id, NOW)).toEqual(standing);
});

describe('a hold is about to end', () => {
  const lasting = (minutes: number) => hold({ from: NOW, until: inMs(minutes * MINUTE_MS) });
  test.each<readonly [says: string, hold: Hold, minutes: number]>([
    ['30 minutes before, where it lasts longer than that', lasting(31), 1],
    ['5 minutes before, where it lasts 30 minutes', lasting(30), 25],
    ['at once, where it lasts 5 minutes', lasting(5), 0],
    [
      '30 minutes before its new end, where it was extended for longer than that',
      hold({
        from: NOW,
        until: inMs(150 * MINUTE_MS),
        extended: [{ by: { oid: 'other' }, at: inMs(29 * MINUTE_MS), until: inMs(150 * MINUTE_MS) }],
      }),
      120,
    ],
    [
      '5 minutes before its new end, where it was extended for a short time',
      hold({
        from: NOW,
        until: inMs(40 * MINUTE_MS),
        extended: [{ by: { oid: 'other' }, at: inMs(29 * MINUTE_MS), until: inMs(40 * MINUTE_MS) }],
      }),
      35,
    ],
  ])('%s', (_says, set, minutes) => {
    expect(endsSoonFrom(set)).toEqual(inMs(minutes * MINUTE_MS));
  });
});

test('without any hold nothing is stopped', () => {
  expect(holdOn([], id, NOW)).toBeUndefined();
});

test('a hold ends when it was released, or by itself where it was released after that', () => {
  const released = (ms: number) => hold({ until: NOW, released: { by: { oid: 'responder' }, at: inMs(ms) } });
  expect([endOfHold(released(-1)), endOfHold(released(1)), endOfHold(hold({ until: NOW }))]).toEqual([
    inMs(-1),
    NOW,
    NOW,
  ]);
});

describe('a hold may have been the one under which a key was changed between two moments', () => {
  const [from, until] = [inMs(-60_000), inMs(-30_000)];
  const at = (begin: number, end: number, more: Partial<Hold> = {}) =>
    hold({ from: inMs(begin), until: inMs(end), ...more });

  test.each<readonly [says: string, holds: readonly Hold[], id: string | undefined]>([
    ['where it lasted through both', [at(-90_000, 90_000)], 'hold-1'],
    ['where it was over in between', [at(-90_000, -45_000)], 'hold-1'],
    ['where it began in between', [at(-45_000, 90_000)], 'hold-1'],
    ['where it was over at the first of them', [at(-90_000, -60_000)], 'hold-1'],
    ['where it began at the last of them', [at(-30_000, 90_000)], 'hold-1'],
    ['where it was on the whole vault', [wide(at(-90_000, 0))], 'hold-1'],
    ['where it was on everything', [widest(at(-90_000, 0))], 'hold-1'],
    ['and of several it is the last to end', [at(-90_000, -50_000), at(-90_000, -40_000, { id: 'hold-2' })], 'hold-2'],
    ['where it was over just before: clocks may be apart', [at(-90_000, -65_000)], 'hold-1'],
    ['not where it was over before', [at(-90_000, -65_001)], undefined],
    [
      'not where it was released before, whenever it was to end',
      [at(-90_000, 90_000, { released: { by: { oid: 'responder' }, at: inMs(-65_001) } })],
      undefined,
    ],
    ['not where it began after', [at(-24_999, 90_000)], undefined],
    ['not where it was on another key', [at(-90_000, 90_000, { key: 'disk-b' })], undefined],
    ['not where there was none', [], undefined],
  ])('%s', (_says, holds, expected) => {
    expect(holdDuring(holds, id, from, until)?.id).toBe(expected);
  });
});

test.each([
  ['a key', hold(), 'prod-disks/disk-a', keyOf(id)],
  ['a vault', wide(hold()), 'prod-disks', vaultSubject('prod-disks')],
  ['everything', widest(hold()), 'everything', GUARDIAN],
] as const)('a hold on %s says what it stops', (_what, on, spelt, of) => {
  expect(spellHold(on)).toBe(spelt);
  expect(subjectOfHold(on)).toEqual(of);
});

test('a hold comes back from storage as it went in', () => {
  const whole = hold({
    released: { by: { oid: 'responder', name: 'Rita' }, at: NOW },
    settled: { by: { oid: 'responder' }, at: NOW, as: 'undo' },
    endAlerted: true,
  });
  expect(holdSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

test('a hold ends after four hours where nobody says', () => {
  expect(DEFAULT_HOLD_MS).toBe(4 * 3_600_000);
});
