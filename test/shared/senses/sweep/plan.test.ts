import { describe, expect, test } from 'vitest';
import { policy as policySchema } from '../../../../shared/domain/policy.ts';
import type { ApprovedVersion, KeyRecord, LastObserved } from '../../../../shared/domain/register.ts';
import type { ListedKey } from '../../../../shared/domain/vault.ts';
import { keysToList, policiesToRead, versionsToRead } from '../../../../shared/senses/sweep/plan.ts';
import { ACTED, BORN, inDays, inMs, known, V1, V2 } from '../../guard/keys/situations.ts';
import {
  fresh,
  HOUR,
  listedKey,
  listedVersion,
  listing,
  lists,
  observedAgo,
  older,
  registeredAgo,
  retired,
  rowOf,
  TURN,
} from './lists.ts';

describe('the versions of a key are listed', () => {
  const asks = (record: KeyRecord | undefined, key = listedKey('disk-a')) =>
    keysToList(listing({ lists: lists(key), register: new Map(record === undefined ? [] : [[key.key, record]]) }));

  test.each<readonly [says: string, record: KeyRecord | undefined, key: ListedKey]>([
    ['when the register does not know the key', undefined, listedKey('disk-a')],
    [
      'when no version was ever current',
      rowOf({ [V1]: fresh }, { observed: { current: undefined } }),
      listedKey('disk-a'),
    ],
    [
      'when the current version was made at another time than the one that is known',
      rowOf({ [V1]: fresh }),
      listedKey('disk-a', { created: ACTED }),
    ],
    [
      'when an older version is approved as enabled: each minute',
      rowOf({ [V1]: fresh, [V2]: older }),
      listedKey('disk-a'),
    ],
    [
      'each hour where the policy says so, when two thirds of it are over',
      rowOf({ [V1]: fresh, [V2]: { ...older, last: observedAgo(TURN) } }),
      listedKey('hourly'),
    ],
    [
      'from two thirds of the hour on, so that all have their turn within it',
      rowOf({ [V1]: fresh, [V2]: { ...older, last: observedAgo((2 * HOUR) / 3) } }),
      listedKey('hourly'),
    ],
    [
      'when an older one was last observed by a clock that was far ahead',
      rowOf({ [V1]: fresh, [V2]: { ...older, last: observedAgo(-TURN) } }),
      listedKey('hourly'),
    ],
    [
      'when an older version was never observed',
      rowOf({ [V1]: fresh, [V2]: { ...older, last: undefined } }),
      listedKey('hourly'),
    ],
    [
      'each hour when the only older version is retired: it might be enabled',
      rowOf({ [V1]: fresh, [V2]: { ...retired, last: observedAgo(TURN) } }),
      listedKey('disk-a'),
    ],
  ])('%s', (_says, record, key) => {
    expect(asks(record, key)).toEqual([key.key]);
  });

  test.each<readonly [says: string, record: KeyRecord, key: ListedKey]>([
    [
      'when its only version is the current one, which the list of keys shows',
      rowOf({ [V1]: fresh }),
      listedKey('disk-a'),
    ],
    [
      'when its older versions are retired and were observed within the hour',
      rowOf({ [V1]: fresh, [V2]: retired }),
      listedKey('disk-a'),
    ],
    [
      'a moment before two thirds of the hour are over, where the policy says hourly',
      rowOf({ [V1]: fresh, [V2]: { ...older, last: observedAgo(TURN - 1) } }),
      listedKey('hourly'),
    ],
    ['when the policy leaves the key out', rowOf({}), listedKey('canary')],
  ])('not %s', (_says, record, key) => {
    expect(asks(record, key)).toEqual([]);
  });
});

describe('a version is read in full', () => {
  const asks = (last: LastObserved | undefined, updated = BORN, of: Partial<ApprovedVersion> = {}) =>
    versionsToRead(
      listing({
        lists: lists(listedKey('disk-a', { updated })),
        register: new Map([['disk-a', rowOf({ [V1]: { known: known(of), last } })]]),
      }),
      new Map(),
    );
  const v1 = [{ key: 'disk-a', version: V1 }];

  test.each<readonly [says: string, last: LastObserved | undefined, updated: Date]>([
    ['when its `updated` is new', observedAgo(60_000), ACTED],
    ['when its `updated` has gone back', observedAgo(60_000, { updated: ACTED }), BORN],
    ['when it was never read', undefined, BORN],
    [
      'when it was read a moment less than 7 s after its `updated`: not settled, by clocks that may be 5 s apart',
      observedAgo(23_001, { updated: ACTED }),
      ACTED,
    ],
    ['when two thirds of an hour are over since it was last read', observedAgo(TURN), BORN],
    ['when it was last read by a clock that was far ahead', observedAgo(-TURN), BORN],
  ])('%s', (_says, last, updated) => {
    expect(asks(last, updated)).toEqual(v1);
  });

  test.each<readonly [says: string, last: LastObserved | undefined, updated: Date]>([
    ['when it was read 7 s after its `updated`', observedAgo(23_000, { updated: ACTED }), ACTED],
    ['a moment before two thirds of the hour are over', observedAgo(TURN - 1), BORN],
  ])('not %s', (_says, last, updated) => {
    expect(asks(last, updated)).toEqual([]);
  });

  test('not when it is not approved', () => {
    expect(asks(undefined, ACTED, { attributes: undefined })).toEqual([]);
  });

  const names = Array.from({ length: 100 }, (_, place) => `disk-${String(place).padStart(2, '0')}`);
  const acceptedAgo = (ms: (place: number) => number) =>
    new Map(names.map((key, place) => [key, rowOf({ [V1]: registeredAgo(ms(place)) })] as const));

  test.each([
    [60, 5],
    [61, 6],
    [300, 25],
  ])(
    'in turns: with sweeps each %i s, %i of a hundred a sweep, the longest unread first',
    (sweepEverySeconds, turns) => {
      const keys = names.map((key) => listedKey(key));
      const register = acceptedAgo((place) => HOUR + place * 1_000);
      const asked = versionsToRead(listing({ lists: lists(...keys), register, sweepEverySeconds }), new Map());
      expect(asked.map(({ key }) => key)).toEqual(names.toReversed().slice(0, turns));
    },
  );

  test('in turns, beside those that changed, which wait for nothing', () => {
    const keys = names.map((key, place) => listedKey(key, place < 50 ? { updated: ACTED } : {}));
    const register = acceptedAgo(() => HOUR);
    const asked = versionsToRead(listing({ lists: lists(...keys), register }), new Map()).map(({ key }) => key);
    expect(asked).toEqual([...names.slice(0, 50), ...names.slice(50, 55)]);
  });

  test('in turns, so that each has had its own within the hour, though all were accepted in one moment', () => {
    const register = acceptedAgo(() => 0);
    const keys = names.map((key) => listedKey(key));
    let most = 0;
    for (let minute = 1; minute <= 180; minute += 1) {
      const now = inMs(minute * 60_000);
      const asked = versionsToRead(listing({ lists: lists(...keys), register, beganAt: now }), new Map());
      most = Math.max(most, asked.length);
      for (const { key } of asked) register.set(key, rowOf({ [V1]: registeredAgo(-minute * 60_000) }));
      const oldest = Math.min(
        ...[...register.values()].map(({ observed }) => observed.versions[V1]?.inFullAt.getTime() ?? 0),
      );
      expect(now.getTime() - oldest).toBeLessThanOrEqual(HOUR);
    }
    expect(most).toBe(5);
  });

  test('older ones as well, where they were listed', () => {
    const register = new Map([['disk-a', rowOf({ [V1]: fresh, [V2]: older })]]);
    const listed = new Map([
      ['disk-a', [listedVersion(V1), listedVersion(V2, { created: inDays(-100), updated: ACTED })]],
    ]);
    expect(versionsToRead(listing({ lists: lists(listedKey('disk-a')), register }), listed)).toEqual([
      { key: 'disk-a', version: V2 },
    ]);
  });
});

describe('a rotation policy is read', () => {
  const policy = policySchema.parse({
    vaults: [{ name: 'prod-disks', keys: [{ pattern: 'disk-*', rotation: { every: 'P90D', notifyBefore: 'P30D' } }] }],
  });
  const readAgo = (ms: number): KeyRecord =>
    rowOf({ [V1]: fresh }, { observed: { rotation: { policy: { readAt: inMs(-ms), is: {} } } } });
  const asks = (records: Readonly<Record<string, KeyRecord>>, more: Partial<ListedKey> = {}) =>
    policiesToRead(
      listing({
        lists: lists(...Object.keys(records).map((key) => ({ ...listedKey(key), ...more }))),
        register: new Map(Object.entries(records)),
        policy,
      }),
    );

  test('of a key with a schedule, once it was never read or it is its turn', () => {
    const never = rowOf({ [V1]: fresh });
    expect([asks({ 'disk-a': never }), asks({ 'disk-a': readAgo(TURN) })]).toEqual([['disk-a'], ['disk-a']]);
    expect([asks({ 'disk-a': readAgo(TURN - 1) }), asks({ sql: never })]).toEqual([[], []]);
  });

  test('of no key that belongs to a certificate', () => {
    expect(asks({ 'disk-a': rowOf({ [V1]: fresh }) }, { managed: true })).toEqual([]);
  });

  test('of a few keys in each sweep, the oldest first', () => {
    const records = Array.from({ length: 60 }, (_, at) => [`disk-${at}`, readAgo(HOUR + at * 1_000)] as const);
    expect(asks(Object.fromEntries(records))).toEqual(['disk-59', 'disk-58', 'disk-57']);
  });
});
