import { describe, expect, test } from 'vitest';
import { DEFAULT_HOLD_MS, type Hold, holdOn } from '../../../shared/domain/hold.ts';
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

test('without any hold nothing is stopped', () => {
  expect(holdOn([], id, NOW)).toBeUndefined();
});

test('a hold ends after four hours where nobody says', () => {
  expect(DEFAULT_HOLD_MS).toBe(4 * 3_600_000);
});
