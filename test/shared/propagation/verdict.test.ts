import { describe, expect, test } from 'vitest';
import type { Unwraps } from '../../../shared/domain/arrivals.ts';
import type { Progress, Rotation, Verdict } from '../../../shared/domain/propagation.ts';
import type {
  DiskEncryptionSet,
  ManagementAnswer,
  ManagementRefusal,
} from '../../../shared/domain/resource-manager.ts';
import { later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { firstReadAt, nextReadAt, type SetRead, verdictOf, type Watch } from '../../../shared/propagation/verdict.ts';

const [OLD, NEW, NEWER] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)] as const;
const CREATED = new Date('2026-03-01T12:00:00.000Z');
const ROTATION: Rotation = { vault: 'prod-disks', key: 'disk-a', version: NEW, created: CREATED };
const MADE = new Map([
  [OLD, later(CREATED, -90 * 24 * 60 * MINUTE_MS)],
  [NEW, CREATED],
  [NEWER, later(CREATED, 10 * MINUTE_MS)],
]);
const url = (version: string | undefined, host = 'prod-disks.vault.azure.net', key = 'disk-a'): string =>
  `https://${host}/keys/${key}${version === undefined ? '' : `/${version}`}`;
const minute = (minutes: number): Date => later(CREATED, minutes * MINUTE_MS);
const stamp = (minutes: number): string => minute(minutes).toISOString().replace('Z', '872+00:00');

/** A set that follows since minute 20. */
const FOLLOWS: DiskEncryptionSet = {
  id: '/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/des-a',
  name: 'des-a',
  location: 'westeurope',
  subscriptionId: 's',
  encryptionType: 'EncryptionAtRestWithCustomerKey',
  keyUrl: url(NEW),
  previousKeys: undefined,
  autoRotation: true,
  rotatedAt: stamp(20),
  errorCode: undefined,
  errorMessage: undefined,
  identity: { type: 'SystemAssigned' },
  federatedClientId: undefined,
  provisioningState: 'Succeeded',
};
const OLDER: Partial<DiskEncryptionSet> = { keyUrl: url(OLD), rotatedAt: stamp(-90 * 24 * 60) };
const FIRST_SHOWN: Progress = { showedOther: true, showedVersion: true, followsSince: minute(26) };
const WAITS: Progress = { showedOther: true };

interface Given {
  /** Minute of the read. Default 40. */
  readonly at?: number;
  readonly set?: Partial<DiskEncryptionSet>;
  readonly answer?: ManagementAnswer<DiskEncryptionSet>;
  readonly progress?: Progress;
  readonly before?: Verdict;
  readonly unwraps?: Partial<Unwraps>;
  readonly isEmpty?: boolean;
  readonly rotation?: Partial<Rotation>;
  /** The version that the guardian pointed the set at. */
  readonly updatedTo?: string;
}

const read = ({ at = 40, set = {}, answer, isEmpty }: Given): SetRead => ({
  answer: answer ?? { kind: 'ok', value: { ...FOLLOWS, ...set } },
  at: minute(at),
  isEmpty,
});
const watch = ({ progress = WAITS, before = { kind: 'waiting' }, rotation, updatedTo }: Given): Watch => ({
  ...(updatedTo === undefined ? {} : { updated: { version: updatedTo, at: minute(2) } }),
  rotation: { ...ROTATION, ...rotation },
  from: CREATED,
  progress,
  verdict: before,
});
const judged = (given: Given) =>
  verdictOf(watch(given), read(given), {
    createdOf: (version) => MADE.get(version),
    isGuarded: (vault, key) => vault === 'prod-disks' && key !== 'scratch',
    unwraps:
      given.unwraps === undefined
        ? undefined
        : { first: undefined, last: undefined, lastOther: undefined, knownUntil: undefined, ...given.unwraps },
  });
const refused = (kind: ManagementRefusal['kind']): ManagementRefusal => ({ kind, error: new Error(kind) });

const LATE = (shows: string): Verdict => ({ kind: 'late', shows });
const AWAITED: Verdict = { kind: 'followed', records: 'awaited' };
const NONE: Verdict = { kind: 'followed', records: 'none' };
const STUCK = { errorCode: 'ManagedServiceIdentityNotFound', errorMessage: 'Auto-key rotation was disabled.' };
const LESS_THAN_FIVE = 'it has shown for less than five minutes that it follows';

const rows: readonly (readonly [what: string, given: Given, verdict: Verdict])[] = [
  ['shows the older version', { set: OLDER }, { kind: 'waiting' }],
  ['shows the older version at minute 57', { at: 57, set: OLDER }, { kind: 'waiting' }],
  ['shows the older version at minute 58', { at: 58, set: OLDER }, LATE(`its active version is ${OLD}`)],
  ['shows the older version at minute 60', { at: 60, set: OLDER }, LATE(`its active version is ${OLD}`)],
  [
    'shows the version, and its previous key as well',
    { set: { previousKeys: [{ keyUrl: url(OLD) }], provisioningState: 'Updating' } },
    { kind: 're-wrapping' },
  ],
  [
    'shows the version and its previous key at minute 58',
    { at: 58, set: { previousKeys: [{ keyUrl: url(OLD) }] } },
    LATE(`disks are still wrapped anew from ${OLD}`),
  ],
  [
    'shows the version without previous keys, and is changing',
    { set: { provisioningState: 'Updating' } },
    { kind: 're-wrapping' },
  ],
  [
    'shows the version with an empty list of previous keys for the first time',
    { set: { previousKeys: [] } },
    { kind: 're-wrapping' },
  ],
  ['follows since just under five minutes', { at: 30.99, progress: FIRST_SHOWN }, { kind: 're-wrapping' }],
  ['follows since five minutes', { at: 31, progress: FIRST_SHOWN }, NONE],
  ['follows for the first time at minute 58', { at: 58 }, LATE(LESS_THAN_FIVE)],
  ['follows for the first time just before its hour is over', { at: 59.99 }, LATE(LESS_THAN_FIVE)],
  [
    'follows at minute 60, and was not read since it did not',
    { at: 60 },
    { kind: 'unreachable', because: 'it was not read in the last minutes of its hour' },
  ],
  [
    'follows at minute 60, and was first read so less than five minutes before',
    { at: 60, progress: { ...FIRST_SHOWN, followsSince: minute(58) } },
    LATE(LESS_THAN_FIVE),
  ],
  [
    'follows for the first time at minute 75, and could not be read in its hour',
    { at: 75, before: { kind: 'unreachable', because: 'x' } },
    { kind: 'unreachable', because: 'x' },
  ],
  [
    'follows since five minutes, and could not be read in its hour',
    {
      at: 66,
      before: { kind: 'unreachable', because: 'it was not read in the last minutes of its hour' },
      progress: { ...FIRST_SHOWN, followsSince: minute(61) },
    },
    NONE,
  ],
  ['follows for the first time at minute 75, and was late', { at: 75, before: LATE('x') }, LATE(LESS_THAN_FIVE)],
  ['follows since five minutes at minute 63', { at: 63, progress: { ...FIRST_SHOWN, followsSince: minute(58) } }, NONE],
  [
    'follows, and had an error in between',
    { at: 40, progress: { showedOther: true, showedVersion: true } },
    { kind: 're-wrapping' },
  ],
  [
    'follows, and its last rotation was before the version was made',
    { set: { rotatedAt: stamp(-1) }, progress: FIRST_SHOWN },
    { kind: 're-wrapping' },
  ],
  [
    'follows, and its last rotation was as the version was made',
    { set: { rotatedAt: stamp(0) }, progress: FIRST_SHOWN },
    NONE,
  ],
  [
    'follows, was on another version, and shows no last rotation',
    { set: { rotatedAt: undefined }, progress: FIRST_SHOWN },
    { kind: 're-wrapping' },
  ],
  [
    'was made on the version, so that it has no last rotation',
    { set: { rotatedAt: undefined }, progress: { followsSince: minute(26) } },
    NONE,
  ],
  ['names no version, and was rotated since', { set: { keyUrl: url(undefined) }, progress: FIRST_SHOWN }, NONE],
  [
    'names no version, and was not rotated since',
    { set: { keyUrl: url(undefined), rotatedAt: stamp(-9) } },
    { kind: 'waiting' },
  ],
  [
    'names no version, and was not rotated since, at minute 58',
    { at: 58, set: { keyUrl: url(undefined), rotatedAt: stamp(-9) } },
    LATE('it names no version, and its key has not changed since'),
  ],
  ['names the port 443', { set: { keyUrl: url(NEW, 'prod-disks.vault.azure.net:443') }, progress: FIRST_SHOWN }, NONE],
  [
    'names vault, key and version in mixed case',
    {
      set: { keyUrl: url('2'.repeat(32).toUpperCase(), 'Prod-Disks.Vault.Azure.Net', 'Disk-A') },
      progress: FIRST_SHOWN,
    },
    NONE,
  ],
  [
    'lies in another subscription than the vault',
    { set: { id: '/subscriptions/other/des', subscriptionId: 'other' }, progress: FIRST_SHOWN },
    NONE,
  ],
  [
    'calls from another tenant',
    { set: { federatedClientId: '0a0a0a0a-0000-4000-8000-000000000001' }, progress: FIRST_SHOWN },
    NONE,
  ],
  [
    'follows a rotation that names vault and key in mixed case',
    { rotation: { vault: 'Prod-Disks', key: 'Disk-A' }, progress: FIRST_SHOWN },
    NONE,
  ],
  ['follows, and nothing is under it', { progress: FIRST_SHOWN, isEmpty: true }, { kind: 'nothing-to-re-wrap' }],
  ['shows the older version, and nothing is under it', { set: OLDER, isEmpty: true }, { kind: 'waiting' }],
  ['follows, and its records have not arrived', { progress: FIRST_SHOWN, unwraps: {} }, AWAITED],
  [
    'follows, and its records of an hour show the version alone',
    { at: 120, progress: FIRST_SHOWN, unwraps: { last: minute(80), knownUntil: minute(86) } },
    { kind: 'proven' },
  ],
  [
    'follows, and its records are not whole for an hour by a minute',
    { at: 120, progress: FIRST_SHOWN, unwraps: { last: minute(80), knownUntil: minute(85) } },
    AWAITED,
  ],
  [
    'follows, and a record shows an older version since',
    {
      at: 120,
      progress: FIRST_SHOWN,
      unwraps: { last: minute(80), lastOther: minute(27), knownUntil: minute(86) },
    },
    AWAITED,
  ],
  [
    'follows, and records of an hour show no older version any more',
    {
      at: 120,
      progress: FIRST_SHOWN,
      unwraps: { last: minute(80), lastOther: minute(27), knownUntil: minute(87) },
    },
    { kind: 'proven' },
  ],
  [
    'follows, and its records show no unwrap at all',
    { at: 120, progress: FIRST_SHOWN, unwraps: { knownUntil: minute(110) } },
    AWAITED,
  ],
  [
    'does not follow, whatever its records show',
    { set: OLDER, unwraps: { last: minute(30), knownUntil: minute(119) } },
    { kind: 'waiting' },
  ],
  [
    'has an error and its flag on',
    { set: { ...OLDER, ...STUCK } },
    { kind: 'stuck', code: STUCK.errorCode, message: STUCK.errorMessage },
  ],
  [
    'shows the version and has an error',
    { set: STUCK, progress: FIRST_SHOWN },
    { kind: 'stuck', code: STUCK.errorCode, message: STUCK.errorMessage },
  ],
  [
    'has an error without a message',
    { set: { ...OLDER, errorCode: 'X' } },
    { kind: 'stuck', code: 'X', message: 'no message' },
  ],
  ['has its flag off', { set: { ...OLDER, autoRotation: false } }, { kind: 'not-rotating', isConfidential: false }],
  [
    'has its flag off, and was pointed at the version',
    { set: { ...OLDER, autoRotation: false }, updatedTo: NEW },
    { kind: 'waiting' },
  ],
  [
    'has its flag off, and was pointed at the version, which it does not show at minute 58',
    { at: 58, set: { ...OLDER, autoRotation: false }, updatedTo: NEW },
    LATE(`its active version is ${OLD}`),
  ],
  [
    'has its flag off, and was pointed at the version before',
    { set: { ...OLDER, autoRotation: false }, updatedTo: OLD },
    { kind: 'not-rotating', isConfidential: false },
  ],
  ['shows no flag', { set: { ...OLDER, autoRotation: undefined } }, { kind: 'not-rotating', isConfidential: false }],
  [
    'has its flag off and was pointed at the version by a person',
    { set: { autoRotation: false }, progress: FIRST_SHOWN },
    NONE,
  ],
  [
    'is for confidential machines, with its flag on',
    { set: { ...OLDER, encryptionType: 'ConfidentialVmEncryptedWithCustomerKey' } },
    { kind: 'not-rotating', isConfidential: true },
  ],
  [
    'shows the older version again',
    { set: { ...OLDER, autoRotation: false }, progress: FIRST_SHOWN },
    { kind: 'reverted', to: OLD },
  ],
  [
    'was pointed at the older version between two reads',
    { set: { ...OLDER, rotatedAt: stamp(22) } },
    { kind: 'reverted', to: OLD },
  ],
  [
    'shows a newer version, whose rotation is not known yet',
    { set: { keyUrl: url(NEWER) }, progress: FIRST_SHOWN },
    { kind: 'waiting' },
  ],
  [
    'shows a version that nobody knows, with its flag on',
    { set: { keyUrl: url('9'.repeat(32)) }, progress: FIRST_SHOWN },
    { kind: 'waiting' },
  ],
  [
    'has another guarded key',
    { set: { keyUrl: url(OLD, undefined, 'disk-b') } },
    { kind: 'moved', to: 'prod-disks/disk-b', isGuarded: true },
  ],
  [
    'has a key of a guarded vault that is left out',
    { set: { keyUrl: url(OLD, undefined, 'scratch') } },
    { kind: 'moved', to: 'prod-disks/scratch', isGuarded: false },
  ],
  [
    'has a key of a vault that is not guarded',
    { set: { keyUrl: url(OLD, 'evil.vault.azure.net') } },
    { kind: 'moved', to: 'evil/disk-a', isGuarded: false },
  ],
  [
    'has a key of the same name in a Managed HSM',
    { set: { keyUrl: url(OLD, 'prod-disks.managedhsm.azure.net') } },
    { kind: 'moved', to: 'prod-disks/disk-a of a Managed HSM', isGuarded: false },
  ],
  [
    'has a key of another tenant',
    { set: { keyUrl: url(OLD, 'theirs.vault.azure.net'), federatedClientId: '0a0a0a0a-0000-4000-8000-000000000001' } },
    { kind: 'moved', to: 'theirs/disk-a', isGuarded: false },
  ],
  ['shows no key, at minute 58', { at: 58, set: { keyUrl: undefined } }, LATE('it shows no key of a vault')],
  ['is not there', { answer: { kind: 'missing' } }, { kind: 'gone' }],
  ['cannot be read', { answer: refused('forbidden') }, { kind: 'waiting' }],
  [
    'cannot be read at minute 58',
    { at: 58, answer: refused('forbidden') },
    { kind: 'unreachable', because: 'the permission to read there is missing' },
  ],
  [
    'cannot be read at minute 58, and was wrapping disks anew',
    { at: 58, answer: refused('throttled'), before: { kind: 're-wrapping' } },
    { kind: 'unreachable', because: 'Azure Resource Manager is throttled' },
  ],
  [
    'cannot be read at minute 58, and had an error',
    { at: 58, answer: refused('unreachable'), before: { kind: 'stuck', code: 'X', message: 'x' } },
    { kind: 'stuck', code: 'X', message: 'x' },
  ],
  ['cannot be read after it followed', { at: 120, answer: refused('unreachable'), before: AWAITED }, AWAITED],
  [
    'has followed, and its tags are changed at minute 120',
    { at: 120, set: { provisioningState: 'Updating' }, before: AWAITED, progress: FIRST_SHOWN },
    { kind: 're-wrapping' },
  ],
];

test.each(rows)('a set that %s', (_, given, verdict) => {
  expect(judged(given).verdict).toEqual(verdict);
});

describe('what is remembered of a set', () => {
  test('is the first of the reads since which all showed that it follows', () => {
    expect(judged({ at: 26 }).progress.followsSince).toEqual(minute(26));
    expect(judged({ at: 31, progress: FIRST_SHOWN }).progress.followsSince).toEqual(minute(26));
    expect(judged({ at: 31, progress: FIRST_SHOWN, set: STUCK }).progress.followsSince).toBeUndefined();
  });

  test('stays as it was where it cannot be read', () => {
    expect(judged({ at: 31, progress: FIRST_SHOWN, answer: refused('throttled') }).progress).toEqual(FIRST_SHOWN);
  });
});

const nextMinute = (given: Given): number | undefined => {
  const next = nextReadAt(CREATED, judged(given), read(given));
  return next && (next.getTime() - CREATED.getTime()) / MINUTE_MS;
};

describe('a set is read next', () => {
  test('at growing intervals, twice near the end of its hour, and until a day is over', () => {
    const minutes: number[] = [];
    for (let at: number | undefined = 2; at !== undefined; at = nextMinute({ at, set: OLDER })) minutes.push(at);
    expect(minutes).toEqual([2, 8, 16, 26, 40, 53, 58, 75, 120, 240, 480, 960, 1440]);
  });

  test.each([
    ['that was read between two of its times, at the next of them', { at: 17, set: OLDER }, 26],
    ['five minutes after a first read that shows that it follows', { at: 26.5 }, 31.5],
    ['five minutes after that, where this is a minute before its hour is over', { at: 54 }, 59],
    ['at minute 58, where five minutes after that are too late', { at: 54.1 }, 58],
    ['five minutes after a first such read at minute 61', { at: 61 }, 66],
    ['five minutes after a first such read at minute 58', { at: 58 }, 63],
    ['a minute after a refusal', { at: 26, answer: refused('throttled') }, 27],
    ['at minute 58 after a refusal less than a minute before', { at: 57.5, answer: refused('throttled') }, 58],
    ['at minute 75 after a refusal at minute 58', { at: 58, answer: refused('throttled') }, 75],
    [
      'a minute after a refusal where the second read was due',
      { at: 31, answer: refused('throttled'), progress: FIRST_SHOWN },
      32,
    ],
    ['for its records not before minute 120', { at: 31, progress: FIRST_SHOWN, unwraps: {} }, 120],
    ['for its records again at minute 240', { at: 120, progress: FIRST_SHOWN, unwraps: {} }, 240],
    ['for its records for the last time after a day', { at: 1440, progress: FIRST_SHOWN, unwraps: {} }, undefined],
    ['no more where it follows and there are no records to be had', { at: 31, progress: FIRST_SHOWN }, undefined],
    ['no more where nothing is under it', { at: 31, progress: FIRST_SHOWN, isEmpty: true }, undefined],
    [
      'no more where it is proven',
      { at: 120, progress: FIRST_SHOWN, unwraps: { last: minute(80), knownUntil: minute(86) } },
      undefined,
    ],
    ['no more where it is gone', { answer: { kind: 'missing' } }, undefined],
    ['at its next time where it was moved', { at: 26, set: { keyUrl: url(OLD, 'evil.vault.azure.net') } }, 40],
  ] satisfies readonly (readonly [string, Given, number | undefined])[])('%s', (_, given, at) => {
    expect(nextMinute(given)).toBe(at);
  });

  test.each([
    ['two minutes after the version was made', 0, 2],
    ['at once where that is over', 3, 3],
    ['at once where its hour is over', 90, 90],
  ])('for the first time %s', (_, now, at) => {
    expect(firstReadAt(CREATED, minute(now))).toEqual(minute(at));
  });
});
