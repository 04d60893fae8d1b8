import { describe, expect, test } from 'vitest';
import type { ListedVersion } from '../../../shared/domain/key.ts';
import { policy } from '../../../shared/domain/policy.ts';
import type { KeyRecord, VersionRecord } from '../../../shared/domain/register.ts';
import type { DeletedKey, ListedKey, ReadVersion } from '../../../shared/domain/vault.ts';
import { compare } from '../../../shared/senses/compare.ts';
import { keysToList, versionsToRead } from '../../../shared/senses/pass-plan.ts';
import {
  ACTED,
  approved,
  BORN,
  DETAIL,
  inDays,
  inMs,
  known,
  NOW,
  OPERATIONS,
  recordOf,
  V1,
  V2,
  V3,
} from '../guard/situations.ts';

const VAULT = 'prod-disks';
const HOUR = 3_600_000;
/** From when on a version may have its turn, in ms since it was last seen. */
const TURN = (2 * HOUR) / 3;
const block = policy.parse({
  vaults: [
    {
      name: VAULT,
      mode: 'block',
      keys: [
        { pattern: 'canary', guard: false },
        { pattern: 'hourly', olderVersions: 'hourly' },
        { pattern: 'told', mode: 'alert' },
      ],
    },
  ],
});

const listedKey = (key: string, more: Partial<ListedKey> = {}): ListedKey => ({
  key,
  managed: false,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
const listedVersion = (version: string, more: Partial<ListedVersion> = {}): ListedVersion => ({
  version,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
const readVersion = (version: string, more: Partial<ReadVersion> = {}): ReadVersion => ({
  ...listedVersion(version),
  managed: false,
  detail: DETAIL,
  ...more,
});
/** What was last seen, so many milliseconds ago. */
const seenAgo = (ms: number, more: Partial<NonNullable<VersionRecord['seen']>> = {}): VersionRecord['seen'] => ({
  at: inMs(-ms),
  updated: BORN,
  enabled: true,
  operations: [...OPERATIONS],
  inFullAt: inMs(-ms),
  verdict: 'good',
  ...more,
});
const fresh = known({ seen: seenAgo(60_000) });
const older = known({ created: inDays(-100), seen: seenAgo(60_000) });
const retired = known({
  created: inDays(-100),
  approved: approved({ enabled: false }),
  seen: seenAgo(60_000, { enabled: false }),
});

interface Seen {
  readonly keys?: readonly ListedKey[];
  readonly deleted?: readonly DeletedKey[];
  readonly listed?: Readonly<Record<string, readonly ListedVersion[]>>;
  readonly read?: Readonly<Record<string, ReadVersion>>;
  readonly register?: Readonly<Record<string, KeyRecord>>;
}
const pass = ({ keys = [], deleted = [], listed = {}, read = {}, register = {} }: Seen) =>
  compare(
    block,
    VAULT,
    { keys, deleted },
    new Map(Object.entries(listed)),
    new Map(Object.entries(read)),
    new Map(Object.entries(register)),
    NOW,
  );
const lists = (...keys: readonly ListedKey[]) => ({ keys, deleted: [] });

describe('the versions of a key are listed', () => {
  const asks = (record: KeyRecord | undefined, key = listedKey('disk-a')) =>
    keysToList(block, VAULT, lists(key), new Map(record === undefined ? [] : [[key.key, record]]), NOW);

  test.each<readonly [says: string, record: KeyRecord | undefined, key: ListedKey]>([
    ['when the register does not know the key', undefined, listedKey('disk-a')],
    ['when no version was ever current', recordOf({ [V1]: fresh }, { current: undefined }), listedKey('disk-a')],
    [
      'when the current version was born at another time than the one that is known',
      recordOf({ [V1]: fresh }),
      listedKey('disk-a', { created: ACTED }),
    ],
    [
      'when an older version is approved as enabled: each minute',
      recordOf({ [V1]: fresh, [V2]: older }),
      listedKey('disk-a'),
    ],
    [
      'each hour where the policy says so, when two thirds of it are over',
      recordOf({ [V1]: fresh, [V2]: { ...older, seen: seenAgo(TURN) } }),
      listedKey('hourly'),
    ],
    [
      'from two thirds of the hour on, so that all have their turn within it',
      recordOf({ [V1]: fresh, [V2]: { ...older, seen: seenAgo((2 * HOUR) / 3) } }),
      listedKey('hourly'),
    ],
    [
      'when an older version was never looked at',
      recordOf({ [V1]: fresh, [V2]: { ...older, seen: undefined } }),
      listedKey('hourly'),
    ],
    [
      'each hour when the only older version is retired: it might be enabled',
      recordOf({ [V1]: fresh, [V2]: { ...retired, seen: seenAgo(TURN) } }),
      listedKey('disk-a'),
    ],
  ])('%s', (_says, record, key) => {
    expect(asks(record, key)).toEqual([key.key]);
  });

  test.each<readonly [says: string, record: KeyRecord, key: ListedKey]>([
    [
      'when its only version is the current one, which the list of keys shows',
      recordOf({ [V1]: fresh }),
      listedKey('disk-a'),
    ],
    [
      'when its older versions are retired and were looked at within the hour',
      recordOf({ [V1]: fresh, [V2]: retired }),
      listedKey('disk-a'),
    ],
    [
      'a moment before two thirds of the hour are over, where the policy says hourly',
      recordOf({ [V1]: fresh, [V2]: { ...older, seen: seenAgo(TURN - 1) } }),
      listedKey('hourly'),
    ],
    ['when the policy leaves the key out', recordOf({}), listedKey('canary')],
  ])('not %s', (_says, record, key) => {
    expect(asks(record, key)).toEqual([]);
  });
});

describe('a version is read in full', () => {
  const asks = (seen: VersionRecord['seen'], updated = BORN, of: Partial<VersionRecord> = {}) =>
    versionsToRead(
      block,
      VAULT,
      lists(listedKey('disk-a', { updated })),
      new Map(),
      new Map([['disk-a', recordOf({ [V1]: known({ seen, ...of }) })]]),
      NOW,
    );
  const v1 = [{ key: 'disk-a', version: V1 }];

  test.each<readonly [says: string, seen: VersionRecord['seen'], updated: Date]>([
    ['when its `updated` is new', seenAgo(60_000), ACTED],
    ['when its `updated` has gone back', seenAgo(60_000, { updated: ACTED }), BORN],
    ['when it was never read', undefined, BORN],
    [
      'when it was read a moment less than 2 s after its `updated`: not settled',
      seenAgo(28_001, { updated: ACTED }),
      ACTED,
    ],
    ['when two thirds of an hour are over since it was last read', seenAgo(TURN), BORN],
  ])('%s', (_says, seen, updated) => {
    expect(asks(seen, updated)).toEqual(v1);
  });

  test.each<readonly [says: string, seen: VersionRecord['seen'], updated: Date]>([
    ['when it was read 2 s after its `updated`', seenAgo(28_000, { updated: ACTED }), ACTED],
    ['a moment before two thirds of the hour are over', seenAgo(TURN - 1), BORN],
  ])('not %s', (_says, seen, updated) => {
    expect(asks(seen, updated)).toEqual([]);
  });

  test('not when it is not approved', () => {
    expect(asks(undefined, ACTED, { approved: undefined })).toEqual([]);
  });

  const names = Array.from({ length: 100 }, (_, place) => `disk-${String(place).padStart(2, '0')}`);
  const acceptedAgo = (ms: (place: number) => number) =>
    new Map(names.map((key, place) => [key, recordOf({ [V1]: known({ seen: seenAgo(ms(place)) }) })] as const));

  test.each([
    [60, 5],
    [61, 6],
    [300, 25],
  ])(
    'in turns: with passes each %i s, %i of a hundred a pass, the longest unread first',
    (sweepEverySeconds, turns) => {
      const keys = names.map((key) => listedKey(key));
      const register = acceptedAgo((place) => HOUR + place * 1_000);
      const asked = versionsToRead(block, VAULT, lists(...keys), new Map(), register, NOW, sweepEverySeconds);
      expect(asked.map(({ key }) => key)).toEqual(names.toReversed().slice(0, turns));
    },
  );

  test('in turns, beside those that changed, which wait for nothing', () => {
    const keys = names.map((key, place) => listedKey(key, place < 50 ? { updated: ACTED } : {}));
    const register = acceptedAgo(() => HOUR);
    const asked = versionsToRead(block, VAULT, lists(...keys), new Map(), register, NOW, 60).map(({ key }) => key);
    expect(asked).toEqual([...names.slice(0, 50), ...names.slice(50, 55)]);
  });

  test('in turns, so that each has had its own within the hour, though all were accepted in one moment', () => {
    const register = acceptedAgo(() => 0);
    const keys = names.map((key) => listedKey(key));
    let most = 0;
    for (let minute = 1; minute <= 180; minute += 1) {
      const now = inMs(minute * 60_000);
      const asked = versionsToRead(block, VAULT, lists(...keys), new Map(), register, now, 60);
      most = Math.max(most, asked.length);
      for (const { key } of asked) register.set(key, recordOf({ [V1]: known({ seen: seenAgo(-minute * 60_000) }) }));
      const oldest = Math.min(
        ...[...register.values()].map(({ versions }) => versions[V1]?.seen?.inFullAt.getTime() ?? 0),
      );
      expect(now.getTime() - oldest).toBeLessThanOrEqual(HOUR);
    }
    expect(most).toBe(5);
  });

  test('older ones as well, where they were listed', () => {
    const register = new Map([['disk-a', recordOf({ [V1]: fresh, [V2]: older })]]);
    const listed = new Map([
      ['disk-a', [listedVersion(V1), listedVersion(V2, { created: inDays(-100), updated: ACTED })]],
    ]);
    expect(versionsToRead(block, VAULT, lists(listedKey('disk-a')), listed, register, NOW)).toEqual([
      { key: 'disk-a', version: V2 },
    ]);
  });
});

describe('a key differs', () => {
  const one = { 'disk-a': recordOf({ [V1]: fresh }) };
  const two = { 'disk-a': recordOf({ [V1]: fresh, [V2]: older }) };
  const listedTwo = (more: Partial<ListedVersion>) => ({
    'disk-a': [listedVersion(V1), listedVersion(V2, { created: inDays(-100), ...more })],
  });

  test.each<readonly [says: string, seen: Seen]>([
    [
      'when its current version is disabled',
      { keys: [listedKey('disk-a', { enabled: false, updated: ACTED })], register: one },
    ],
    [
      'when an older version is disabled',
      { keys: [listedKey('disk-a')], listed: listedTwo({ enabled: false }), register: two },
    ],
    [
      'when it is among the deleted keys',
      { deleted: [{ key: 'disk-a', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }], register: one },
    ],
    ['when it is in neither list', { register: one }],
    ['when the register does not know it', { keys: [listedKey('disk-a')] }],
    [
      'when it has a version that is not known',
      { keys: [listedKey('disk-a')], listed: { 'disk-a': [listedVersion(V1), listedVersion(V3)] }, register: one },
    ],
    [
      'when an approved version does not list',
      { keys: [listedKey('disk-a')], listed: { 'disk-a': [listedVersion(V1)] }, register: two },
    ],
    [
      'when a version that was read has lost an operation',
      {
        keys: [listedKey('disk-a', { updated: ACTED })],
        read: { [`disk-a/${V1}`]: readVersion(V1, { updated: ACTED, detail: { ...DETAIL, operations: ['wrapKey'] } }) },
        register: one,
      },
    ],
    [
      'when it is back and its deletion had been approved',
      {
        keys: [listedKey('disk-a')],
        register: { 'disk-a': recordOf({ [V1]: fresh }, { approvedDeletion: { approval: 'a', deletedOn: ACTED } }) },
      },
    ],
    [
      'when it was absent at the last look',
      { keys: [listedKey('disk-a')], register: { 'disk-a': recordOf({ [V1]: fresh }, { absentSince: ACTED }) } },
    ],
    [
      'when its recovery had not shown at the last look',
      {
        keys: [listedKey('disk-a')],
        register: { 'disk-a': recordOf({ [V1]: fresh }, { recovering: { since: ACTED, deletedOn: ACTED } }) },
      },
    ],
    [
      'when it could not be read at the last look',
      {
        keys: [listedKey('disk-a')],
        register: { 'disk-a': recordOf({ [V1]: fresh }, { failing: { since: ACTED, because: 'throttled' } }) },
      },
    ],
    [
      'when the last look found something',
      { keys: [listedKey('disk-a')], register: { 'disk-a': recordOf({ [V1]: fresh }, { lastLookFound: true }) } },
    ],
  ])('%s', (_says, seen) => {
    expect(pass(seen)).toMatchObject({ differing: ['disk-a'] });
    expect(pass(seen).seen.size).toBe(0);
  });

  test.each<readonly [says: string, seen: Seen]>([
    ['when it is as approved', { keys: [listedKey('disk-a')], register: one }],
    ['when all its versions are as approved', { keys: [listedKey('disk-a')], listed: listedTwo({}), register: two }],
    [
      'when an older version was not listed this time: it stands as it was last seen',
      { keys: [listedKey('disk-a')], register: two },
    ],
    [
      'when it stays deleted as approved',
      {
        deleted: [{ key: 'disk-a', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }],
        register: { 'disk-a': recordOf({ [V1]: fresh }, { approvedDeletion: { approval: 'a', deletedOn: ACTED } }) },
      },
    ],
    [
      'when it was purged after an approved deletion',
      { register: { 'disk-a': recordOf({ [V1]: fresh }, { approvedDeletion: { approval: 'a', deletedOn: ACTED } }) } },
    ],
    [
      'when the policy leaves it out, whatever it is like',
      { keys: [listedKey('canary', { enabled: false })], register: { canary: recordOf({ [V1]: fresh }) } },
    ],
    [
      'when it is deleted and was never approved',
      { deleted: [{ key: 'disk-z', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }] },
    ],
  ])('not %s', (_says, seen) => {
    expect(pass(seen).differing).toEqual([]);
  });

  test('once, however much of it differs, and beside others', () => {
    const keys = [listedKey('disk-b'), listedKey('disk-a', { enabled: false, expiresOn: inDays(-1), updated: ACTED })];
    const register = {
      'disk-a': recordOf({ [V1]: fresh }),
      'disk-b': recordOf({ [V1]: fresh }),
      'disk-c': recordOf({ [V1]: fresh }),
    };
    expect(pass({ keys, register }).differing).toEqual(['disk-a', 'disk-c']);
  });
});

describe('versions that were bad before the last look', () => {
  const left = known({ seen: seenAgo(60_000, { enabled: false, updated: ACTED, verdict: 'left' }) });
  const bad = (key: string) => listedKey(key, { enabled: false, updated: ACTED });

  test('are counted where they would be undone now', () => {
    const register = { 'disk-a': recordOf({ [V1]: left }), 'disk-b': recordOf({ [V1]: left }) };
    expect(pass({ keys: [bad('disk-a'), bad('disk-b')], register }).standing).toBe(2);
  });

  test('count once, however much is bad of one', () => {
    const keys = [listedKey('disk-a', { enabled: false, notBefore: inDays(1), updated: ACTED })];
    expect(pass({ keys, register: { 'disk-a': recordOf({ [V1]: left }) } }).standing).toBe(1);
  });

  test('are all those of a key that was left deleted', () => {
    const record = recordOf({ [V1]: fresh, [V2]: older, [V3]: known({ approved: undefined }) }, { leftDeleted: ACTED });
    const deleted = [{ key: 'disk-a', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }];
    expect(pass({ deleted, register: { 'disk-a': record } }).standing).toBe(2);
  });

  test('do not count when they have become bad since', () => {
    const keys = [bad('disk-a'), listedKey('disk-b', { enabled: false, updated: NOW })];
    expect(
      pass({ keys, register: { 'disk-a': recordOf({ [V1]: fresh }), 'disk-b': recordOf({ [V1]: left }) } }).standing,
    ).toBe(0);
  });

  test('do not count where the policy only tells', () => {
    expect(pass({ keys: [bad('told')], register: { told: recordOf({ [V1]: left }) } }).standing).toBe(0);
  });
});

describe('what a pass saw of a key that is as approved', () => {
  test('is what was read in full, now', () => {
    const record = recordOf({ [V1]: known({ seen: seenAgo(HOUR, { operations: ['wrapKey'] }) }) });
    const { seen } = pass({
      keys: [listedKey('disk-a', { updated: ACTED })],
      read: { [`disk-a/${V1}`]: readVersion(V1, { updated: ACTED }) },
      register: { 'disk-a': record },
    });
    expect(seen.get('disk-a')?.versions[V1]?.seen).toEqual({
      at: NOW,
      updated: ACTED,
      enabled: true,
      notBefore: undefined,
      expiresOn: undefined,
      operations: [...OPERATIONS],
      inFullAt: NOW,
      verdict: 'good',
    });
  });

  test('is the very row that was there where nothing was read: nothing is to be written', () => {
    const record = recordOf({ [V1]: fresh });
    expect(pass({ keys: [listedKey('disk-a')], register: { 'disk-a': record } }).seen.get('disk-a')).toBe(record);
  });
});
