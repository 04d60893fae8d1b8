import { describe, expect, test } from 'vitest';
import type { ObservedVersion } from '../../../../shared/domain/key.ts';
import type { RotationSchedule } from '../../../../shared/domain/policy.ts';
import type { KeyRecord } from '../../../../shared/domain/register.ts';
import { DAY_MS } from '../../../../shared/domain/time.ts';
import { newVersionChanges, newVersions } from '../../../../shared/guard/keys/new-versions.ts';
import {
  ACTED,
  approved,
  DETAIL,
  inDays,
  inMs,
  known,
  OPERATIONS,
  POLICY,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
  V3,
} from './situations.ts';

const made = (version: string, more: Partial<ObservedVersion> = {}): ObservedVersion =>
  shown({ version, created: ACTED, updated: ACTED, detail: { ...DETAIL, fingerprint: version }, ...more });
const like = { keyType: 'RSA', keySizeBits: 2048 };
const bySize = (keySizeBits: number) => ({ detail: { ...DETAIL, keySizeBits } });

const SCHEDULE: RotationSchedule = { every: 'P21D', notifyBefore: 'P7D', setsExpiry: false };
const V1_APPROVED = recordOf({ [V1]: known() });
const key = (record: KeyRecord, ...versions: readonly ObservedVersion[]) =>
  situation({ observed: present(...versions), record });
const faults = (of: ReturnType<typeof key>) =>
  newVersions(of).map(({ version, faults: each }) => [version.version, each]);

describe('a version that is not approved', () => {
  test('is none of those that are', () => {
    expect(newVersions(situation())).toEqual([]);
  });

  test('is none of a key that does not show', () => {
    expect(newVersions(situation({ observed: { kind: 'absent' } }))).toEqual([]);
  });

  test('is held against the newest approved version, retired or not', () => {
    const record = recordOf({
      [V1]: known({ created: inDays(-90) }),
      [V2]: known({ created: inDays(-10), keySizeBits: 4096, attributes: approved({ enabled: false }) }),
    });
    const two = [shown(), shown({ version: V2, enabled: false })];
    expect(faults(key(record, made(V3, bySize(4096)), ...two))).toEqual([[V3, []]]);
    expect(faults(key(record, made(V3, bySize(2048)), ...two))).toEqual([[V3, ['its size is 2048 bits, not 4096']]]);
  });

  test('may be made in the very second of the approved one', () => {
    const record = recordOf({ [V1]: known({ created: ACTED }) });
    expect(faults(key(record, made(V2), shown({ created: ACTED })))).toEqual([[V2, []]]);
    expect(faults(key(record, made(V2, { created: inMs(-31_000) }), shown({ created: ACTED })))).toEqual([
      [V2, ['it is older than the approved version and was not known']],
    ]);
  });

  test.each<readonly [says: string, rotation: RotationSchedule | undefined, expiresIn: string, isGood: boolean]>([
    ['may have the short expiry that its rotation policy sets', SCHEDULE, 'P28D', true],
    ['has a fault with an expiry that its rotation policy does not set', SCHEDULE, 'P1Y', false],
    ['has a fault with a short expiry where no schedule rotates the key before that', undefined, 'P28D', false],
  ])('%s', (_says, rotation, expiresIn, isGood) => {
    const record = recordOf(
      { [V1]: known() },
      { observed: { rotation: { policy: { readAt: ACTED, is: { expiresIn } } } } },
    );
    const expiresOn = inMs(28 * DAY_MS - 30_000);
    const of = key(record, made(V2, { expiresOn }), shown());
    const found = faults({ ...of, policy: { ...POLICY, ...(rotation === undefined ? {} : { rotation }) } });
    expect(found).toEqual([[V2, isGood ? [] : [expect.stringMatching(/^it expires on /)]]]);
  });

  test('may hold the operations in another order', () => {
    const detail = { ...DETAIL, operations: OPERATIONS.toReversed() };
    expect(faults(key(V1_APPROVED, made(V2, { detail }), shown()))).toEqual([[V2, []]]);
  });

  test('has a fault where the version before it is gone: it may be another key', () => {
    expect(faults(key(V1_APPROVED, made(V2)))).toEqual([[V2, ['the version before it is gone']]]);
  });

  test('has a fault where an audit event says that it was imported before it was observed', () => {
    const event = { id: 'a', operation: 'KeyImport', version: V2, at: ACTED, by: { oid: 'mallory' } };
    const record = recordOf({ [V1]: known() }, { audit: { events: [event] } });
    expect(faults(key(record, made(V2), shown()))).toEqual([[V2, ['it was imported']]]);
    expect(
      faults(key(recordOf({ [V1]: known() }, { audit: { events: [{ ...event, version: V3 }] } }), made(V2), shown())),
    ).toEqual([[V2, []]]);
  });
});

describe('of two new versions', () => {
  const older = { created: inDays(-2) };

  test('the older comes first, and the second is held against it', () => {
    const of = key(recordOf({}), made(V3, bySize(1024)), made(V2, { ...older, ...bySize(4096) }));
    expect(faults(of)).toEqual([
      [V2, []],
      [V3, ['its size is 1024 bits, not 4096']],
    ]);
  });

  test('the second is held against the approved one where the first has a fault', () => {
    const of = key(V1_APPROVED, made(V3), made(V2, { ...older, ...bySize(4096) }), shown());
    expect(faults(of)).toEqual([
      [V2, ['its size is 4096 bits, not 2048']],
      [V3, []],
    ]);
  });

  test('the second is held against the approved one where the first was not approved at an earlier inspection', () => {
    const record = recordOf({ [V1]: known(), [V2]: known({ attributes: undefined, keySizeBits: 4096 }) });
    expect(faults(key(record, made(V3), made(V2, { ...older, ...bySize(4096) }), shown()))).toMatchObject([
      [V2, ['its size is 4096 bits, not 2048']],
      [V3, []],
    ]);
  });
});

describe('the register learns', () => {
  test('a sound new version as it is', () => {
    const expiresOn = inDays(365);
    expect(newVersionChanges(key(V1_APPROVED, made(V2, { expiresOn }), shown()))).toEqual([
      {
        kind: 'approve-version',
        version: V2,
        created: ACTED,
        ...like,
        fingerprint: V2,
        attributes: { enabled: true, notBefore: undefined, expiresOn, operations: [...OPERATIONS] },
        because: 'as good as the version before it',
      },
    ]);
  });

  test('a new version with faults as known, with all its faults, and not as approved', () => {
    expect(newVersionChanges(key(V1_APPROVED, made(V2, { enabled: false, ...bySize(4096) }), shown()))).toEqual([
      {
        kind: 'know-version',
        version: V2,
        created: ACTED,
        ...like,
        keySizeBits: 4096,
        fingerprint: 'f1',
        because: 'it is disabled; its size is 4096 bits, not 2048',
      },
    ]);
  });

  test('a disabled version that cannot be read in full as known', () => {
    expect(newVersionChanges(key(V1_APPROVED, made(V2, { enabled: false, detail: undefined }), shown()))).toMatchObject(
      [{ kind: 'know-version', version: V2, because: 'it is disabled' }],
    );
  });

  test('nothing of a version that was not read in full yet', () => {
    expect(newVersionChanges(key(V1_APPROVED, made(V2, { detail: undefined }), shown()))).toEqual([]);
  });

  test('nothing more of a version that is known: a person has the word', () => {
    const record = recordOf({ [V1]: known(), [V2]: known({ attributes: undefined }) });
    expect(newVersionChanges(key(record, made(V2), shown()))).toEqual([]);
  });
});
