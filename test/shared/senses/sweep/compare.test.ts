import { describe, expect, test } from 'vitest';
import type { ListedVersion } from '../../../../shared/domain/key.ts';
import {
  ACTED,
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
} from '../../guard/keys/situations.ts';
import { fresh, HOUR, listedKey, listedVersion, older, pass, readVersion, type Seen, seenAgo } from './lists.ts';

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
      'when it stays deleted as approved, and was seen in neither list meanwhile',
      {
        deleted: [{ key: 'disk-a', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }],
        register: {
          'disk-a': recordOf(
            { [V1]: fresh },
            { approvedDeletion: { approval: 'a', deletedOn: ACTED }, absentSince: inMs(-60_000) },
          ),
        },
      },
    ],
    ['when its item of the list does not hold what it should', { unclear: ['disk-a'], register: one }],
    ['when neither its item nor the register tells of it', { unclear: ['disk-a'] }],
    [
      'when it was deleted with approval and is gone before its day',
      {
        register: {
          'disk-a': recordOf(
            { [V1]: fresh },
            { approvedDeletion: { approval: 'a', deletedOn: ACTED, scheduledPurgeOn: inMs(1) } },
          ),
        },
      },
    ],
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
      'when it was deleted with approval and is gone on its day',
      {
        register: {
          'disk-a': recordOf(
            { [V1]: fresh },
            { approvedDeletion: { approval: 'a', deletedOn: ACTED, scheduledPurgeOn: NOW } },
          ),
        },
      },
    ],
    ['when the policy leaves it out, though its item does not hold what it should', { unclear: ['canary'] }],
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
    expect(pass({ keys: [bad('disk-a'), bad('disk-b')], register }).badBefore).toBe(2);
  });

  test('count once, however much is bad of one', () => {
    const keys = [listedKey('disk-a', { enabled: false, notBefore: inDays(1), updated: ACTED })];
    expect(pass({ keys, register: { 'disk-a': recordOf({ [V1]: left }) } }).badBefore).toBe(1);
  });

  test('are all those of a key that was left deleted', () => {
    const record = recordOf({ [V1]: fresh, [V2]: older, [V3]: known({ approved: undefined }) }, { leftDeleted: ACTED });
    const deleted = [{ key: 'disk-a', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined }];
    expect(pass({ deleted, register: { 'disk-a': record } }).badBefore).toBe(2);
  });

  test('do not count when they have become bad since', () => {
    const keys = [bad('disk-a'), listedKey('disk-b', { enabled: false, updated: NOW })];
    expect(
      pass({ keys, register: { 'disk-a': recordOf({ [V1]: fresh }), 'disk-b': recordOf({ [V1]: left }) } }).badBefore,
    ).toBe(0);
  });

  test('do not count where the policy only tells', () => {
    expect(pass({ keys: [bad('told')], register: { told: recordOf({ [V1]: left }) } }).badBefore).toBe(0);
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
