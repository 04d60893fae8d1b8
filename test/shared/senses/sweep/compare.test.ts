import { describe, expect, test } from 'vitest';
import type { ListedVersion } from '../../../../shared/domain/key.ts';
import { policy } from '../../../../shared/domain/policy.ts';
import type { KeyRecord, LastObserved, Standing } from '../../../../shared/domain/register.ts';
import type { DeletedKey } from '../../../../shared/domain/vault.ts';
import {
  ACTED,
  DETAIL,
  inDays,
  inMs,
  known,
  NOW,
  OPERATIONS,
  type Parts,
  V1,
  V2,
  V3,
} from '../../guard/keys/situations.ts';
import {
  compared,
  fresh,
  HOUR,
  listedKey,
  listedVersion,
  observedAgo,
  older,
  readVersion,
  registeredAgo,
  retired,
  rowOf,
  type Shown,
  TURN,
} from './lists.ts';

const deletedOf = (key: string): DeletedKey => ({
  key,
  managed: false,
  deletedOn: ACTED,
  scheduledPurgeOn: undefined,
});
const oneWith = (more: Parts) => ({ 'disk-a': rowOf({ [V1]: fresh }, more) });
/** Its deletion was approved, and Azure purges it then. */
const leftDeleted = (scheduledPurgeOn?: Date): Pick<KeyRecord['approved'], 'standing'> => ({
  standing: { kind: 'deletion-approved', approval: 'a', deletedOn: ACTED, scheduledPurgeOn } satisfies Standing,
});
const abandoned = { standing: { kind: 'abandoned', at: ACTED, by: 'owner', because: 'it was purged' } } as const;
const undone = (agoMs: number, since = inMs(-agoMs)) => ({ version: V1, since, at: inMs(-agoMs) });

describe('a key differs', () => {
  const one = oneWith({});
  const two = { 'disk-a': rowOf({ [V1]: fresh, [V2]: older }) };
  const listedTwo = (more: Partial<ListedVersion>) => ({
    'disk-a': [listedVersion(V1), listedVersion(V2, { created: inDays(-100), ...more })],
  });

  test.each<readonly [says: string, shown: Shown]>([
    [
      'when its current version is disabled',
      { keys: [listedKey('disk-a', { enabled: false, updated: ACTED })], register: one },
    ],
    [
      'when an older version is disabled',
      { keys: [listedKey('disk-a')], listed: listedTwo({ enabled: false }), register: two },
    ],
    ['when it is among the deleted keys', { deleted: [deletedOf('disk-a')], register: one }],
    ['when it is in neither list', { register: one }],
    ['when the register does not know it', { keys: [listedKey('disk-a')] }],
    [
      'when it stays deleted as approved, and was observed in neither list meanwhile',
      {
        deleted: [deletedOf('disk-a')],
        register: oneWith({ approved: leftDeleted(), observed: { absentSince: inMs(-60_000) } }),
      },
    ],
    ['when its item of the list does not hold what it should', { unclear: ['disk-a'], register: one }],
    ['when neither its item nor the register tells of it', { unclear: ['disk-a'] }],
    [
      'when it was deleted with approval and is gone before its day',
      { register: oneWith({ approved: leftDeleted(inMs(5_001)) }) },
    ],
    [
      'when it has a version that is not known',
      { keys: [listedKey('disk-a')], listed: { 'disk-a': [listedVersion(V1), listedVersion(V3)] }, register: one },
    ],
    [
      'when no version of it is approved',
      {
        keys: [listedKey('disk-a')],
        register: { 'disk-a': rowOf({ [V1]: { ...fresh, known: known({ attributes: undefined }) } }) },
      },
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
      { keys: [listedKey('disk-a')], register: oneWith({ approved: leftDeleted() }) },
    ],
    [
      'when it is back and had been abandoned',
      { keys: [listedKey('disk-a')], register: oneWith({ approved: abandoned }) },
    ],
    [
      'when it was absent at the last inspection',
      { keys: [listedKey('disk-a')], register: oneWith({ observed: { absentSince: ACTED } }) },
    ],
    [
      'when its recovery had not shown at the last inspection',
      {
        keys: [listedKey('disk-a')],
        register: oneWith({ inFlight: { recovering: { since: ACTED, deletedOn: ACTED } } }),
      },
    ],
    [
      'when it could not be read at the last inspection',
      {
        keys: [listedKey('disk-a')],
        register: oneWith({ inFlight: { unreadable: { since: ACTED, because: 'throttled' } } }),
      },
    ],
    [
      'when the last inspection found something',
      { keys: [listedKey('disk-a')], register: oneWith({ observed: { foundSomething: true } }) },
    ],
    [
      'when it is flapping: somebody has to see it hold',
      {
        keys: [listedKey('disk-a')],
        register: oneWith({ inFlight: { undone: [undone(180_000), undone(120_000), undone(60_000)] } }),
      },
    ],
    [
      'when what was undone of it has been kept for an hour',
      { keys: [listedKey('disk-a')], register: oneWith({ inFlight: { undone: [undone(HOUR)] } }) },
    ],
  ])('%s', (_says, shown) => {
    expect(compared(shown)).toMatchObject({ differing: ['disk-a'] });
    expect(compared(shown).observed.size).toBe(0);
  });

  test.each<readonly [says: string, shown: Shown]>([
    ['when it is as approved', { keys: [listedKey('disk-a')], register: one }],
    ['when all its versions are as approved', { keys: [listedKey('disk-a')], listed: listedTwo({}), register: two }],
    [
      'when an older version was not listed this time: it stands as it was last observed',
      { keys: [listedKey('disk-a')], register: two },
    ],
    [
      'when it stays deleted as approved',
      { deleted: [deletedOf('disk-a')], register: oneWith({ approved: leftDeleted() }) },
    ],
    ['when it was purged after an approved deletion', { register: oneWith({ approved: leftDeleted() }) }],
    [
      'when it was deleted with approval and is gone on its day, by clocks that may be 5 s apart',
      { register: oneWith({ approved: leftDeleted(inMs(5_000)) }) },
    ],
    ['when it is gone and was abandoned', { register: oneWith({ approved: abandoned }) }],
    ['when the policy leaves it out, though its item does not hold what it should', { unclear: ['canary'] }],
    [
      'when the policy leaves it out, whatever it is like',
      { keys: [listedKey('canary', { enabled: false })], register: { canary: rowOf({ [V1]: fresh }) } },
    ],
    ['when it is deleted and was never approved', { deleted: [deletedOf('disk-z')] }],
    [
      'when it was undone twice within the hour',
      {
        keys: [listedKey('disk-a')],
        register: oneWith({ inFlight: { undone: [undone(HOUR - 1), undone(60_000)] } }),
      },
    ],
  ])('not %s', (_says, shown) => {
    expect(compared(shown).differing).toEqual([]);
  });

  test('once, however much of it differs, and beside others', () => {
    const keys = [listedKey('disk-b'), listedKey('disk-a', { enabled: false, expiresOn: inDays(-1), updated: ACTED })];
    const register = {
      'disk-a': rowOf({ [V1]: fresh }),
      'disk-b': rowOf({ [V1]: fresh }),
      'disk-c': rowOf({ [V1]: fresh }),
    };
    expect(compared({ keys, register }).differing).toEqual(['disk-a', 'disk-c']);
  });

  test('where a rule breaks on what is shown of it, which costs the sight of no other', () => {
    const noDate = new Date(Number.NaN);
    const keys = [listedKey('disk-a', { expiresOn: noDate }), listedKey('disk-b')];
    const register = { 'disk-a': rowOf({ [V1]: fresh }), 'disk-b': rowOf({ [V1]: fresh }) };
    expect(compared({ keys, register }).differing).toEqual(['disk-a']);
  });
});

describe('what a sweep observed of a key that is as approved', () => {
  test('is what was read in full, now', () => {
    const { observed } = compared({
      keys: [listedKey('disk-a', { updated: ACTED })],
      read: { [`disk-a/${V1}`]: readVersion(V1, { updated: ACTED }) },
      register: { 'disk-a': rowOf({ [V1]: registeredAgo(HOUR, { operations: ['wrapKey'] }) }) },
    });
    expect(observed.get('disk-a')?.observed.versions[V1]).toEqual({
      at: NOW,
      updated: ACTED,
      enabled: true,
      notBefore: undefined,
      expiresOn: undefined,
      operations: [...OPERATIONS],
      inFullAt: NOW,
    });
  });

  test('is of a version that was only listed what the list shows, and its operations as they were last read', () => {
    const { observed } = compared({
      keys: [listedKey('disk-a', { updated: ACTED })],
      register: { 'disk-a': rowOf({ [V1]: registeredAgo(HOUR) }) },
    });
    const last = observed.get('disk-a')?.observed.versions[V1];
    expect(last).toMatchObject({ at: NOW, updated: ACTED, operations: [...OPERATIONS], inFullAt: inMs(-HOUR) });
  });

  test.each([
    ['is a retired version as listed, once it is its turn', TURN, NOW],
    ['is not written of a retired version before', TURN - 1, inMs(-(TURN - 1))],
  ])('%s', (_, agoMs, at) => {
    const last = observedAgo(agoMs, { enabled: false });
    const { observed } = compared({
      keys: [listedKey('disk-a')],
      listed: { 'disk-a': [listedVersion(V1), listedVersion(V2, { created: inDays(-100), enabled: false })] },
      register: { 'disk-a': rowOf({ [V1]: fresh, [V2]: { ...retired, last } }) },
    });
    expect(observed.get('disk-a')?.observed.versions[V2]?.at).toEqual(at);
  });

  test('is nothing of a retired version that the sweep did not list, once it is its turn', () => {
    const last = observedAgo(TURN, { enabled: false });
    const { observed } = compared({
      keys: [listedKey('disk-a')],
      register: { 'disk-a': rowOf({ [V1]: fresh, [V2]: { ...retired, last } }) },
    });
    expect(observed.get('disk-a')?.observed.versions[V2]?.at).toEqual(inMs(-TURN));
  });

  test('is the very row that was there where nothing was read: nothing is to be written', () => {
    const record = rowOf({ [V1]: fresh });
    expect(compared({ keys: [listedKey('disk-a')], register: { 'disk-a': record } }).observed.get('disk-a')).toBe(
      record,
    );
  });
});

describe('a key is inspected for its schedule', () => {
  const scheduled = policy.parse({
    vaults: [{ name: 'prod-disks', mode: 'block', rotation: { every: 'P90D', notifyBefore: 'P30D' } }],
  });
  const keeping = { rotate: { when: 'after-creation', period: 'P90D' } } as const;
  const made = inDays(-100);
  const key = (name: string) => listedKey(name, { created: made, updated: made });
  /** A key that is overdue, as it was last inspected for its schedule so long ago. */
  const overdue = (inspectedAt?: Date, more: Partial<LastObserved> = {}) =>
    rowOf(
      { [V1]: { known: known({ created: made }), last: observedAgo(60_000, { updated: made, ...more }) } },
      {
        observed: {
          current: V1,
          rotation: { policy: { readAt: NOW, is: keeping }, ...(inspectedAt === undefined ? {} : { inspectedAt }) },
        },
      },
    );
  const offSchedule = (register: Readonly<Record<string, KeyRecord>>, more: Partial<Shown> = {}) =>
    compared({ keys: Object.keys(register).map(key), register, policy: scheduled, ...more }).offSchedule;

  test('where it is overdue', () => {
    expect(offSchedule({ 'disk-a': overdue() })).toEqual(['disk-a']);
  });

  test('four of a vault in one sweep, those first that were inspected longest ago', () => {
    const ago = [3, 1, 2, 5, 4, 0.5].map((hours, at) => [`disk-${at}`, overdue(inMs(-hours * HOUR))] as const);
    expect(offSchedule(Object.fromEntries([...ago, ['disk-new', overdue()]]))).toEqual([
      'disk-new',
      'disk-3',
      'disk-4',
      'disk-0',
    ]);
  });

  test('also where it is not as approved, which is undone first: what holds its rotation back is alerted', () => {
    const listed = { 'disk-a': [listedVersion(V1, { created: made, enabled: false })] };
    expect(offSchedule({ 'disk-a': overdue() }, { listed })).toEqual(['disk-a']);
  });

  test('also where it differs and was in time: its rotation policy is read again then, not with each sweep', () => {
    const row = (inspectedAt: Date) => rowOf({ [V1]: fresh }, { observed: { current: V1, rotation: { inspectedAt } } });
    const shown = { keys: [listedKey('disk-a')], listed: { 'disk-a': [listedVersion(V1, { enabled: false })] } };
    const asked = [inMs(-HOUR), inMs(-HOUR / 3)].map((at) => offSchedule({ 'disk-a': row(at) }, shown));
    expect(asked).toEqual([['disk-a'], []]);
  });

  test('not where it belongs to a certificate', () => {
    const managed = { ...key('disk-a'), managed: true };
    expect(offSchedule({ 'disk-a': overdue() }, { keys: [managed] })).toEqual([]);
  });

  test('by the rotation policy that the sweep has just read, which it notes', () => {
    const row = rowOf({ [V1]: fresh }, { observed: { current: V1 } });
    const policies = new Map([['disk-a', {}]]);
    const found = compared({ keys: [listedKey('disk-a')], register: { 'disk-a': row }, policy: scheduled, policies });
    expect(found.offSchedule).toEqual(['disk-a']);
    expect(found.observed.get('disk-a')?.observed.rotation).toEqual({ policy: { readAt: NOW, is: {} } });
  });
});
