import { describe, expect, test } from 'vitest';
import { HELD_BACK, type HeldBack } from '../../../shared/domain/decision.ts';
import type { KeyUser } from '../../../shared/domain/key-use.ts';
import type { RotationSchedule } from '../../../shared/domain/policy.ts';
import { later, SECOND_MS } from '../../../shared/domain/time.ts';
import { heldBack, passesByItself, type Rotating } from '../../../shared/rotation/may-rotate.ts';
import { type Dated, dueOf } from '../../../shared/rotation/schedule.ts';

// A Monday.
const NOW = new Date('2026-04-06T12:00:00Z');
const inDays = (days: number): Date => later(NOW, days * 86_400_000);
const inSeconds = (seconds: number): Date => later(NOW, seconds * SECOND_MS);

const schedule: RotationSchedule = { every: 'P90D', notifyBefore: 'P30D', setsExpiry: false };
const set = (more: Partial<KeyUser> = {}): KeyUser => ({
  kind: 'disk-encryption-set',
  id: '/subscriptions/s/des',
  name: 'des',
  versions: ['1'],
  follows: true,
  objectIds: [],
  disks: 3,
  snapshots: 0,
  images: 0,
  ...more,
});

/** A key that has been overdue for nine days and may be rotated. */
function rotating(more: Partial<Rotating> = {}, newest: Partial<Dated> = {}): Rotating {
  const dated = { created: inDays(-100), expiresOn: undefined, ...newest };
  return {
    schedule,
    newest: dated,
    due: dueOf(schedule, dated, NOW),
    mode: 'block',
    managed: false,
    baselineAccepted: true,
    blockSince: inDays(-50),
    isHeld: false,
    isAsApproved: true,
    policy: { rotate: undefined, expiresIn: dated.expiresOn && 'P120D' },
    use: { users: [set()] },
    isBelowLimit: true,
    now: NOW,
    ...more,
  };
}

const window = (more: object) => ({
  ...schedule,
  window: { days: ['monday', 'tuesday'] as ('monday' | 'tuesday' | 'sunday')[], from: 8, until: 16, ...more },
});
const EXPIRING = { rotate: undefined, expiresIn: 'P120D' };
const afterDays = (days: number) => ({
  rotate: { when: 'after-creation', period: `P${days}D` } as const,
  expiresIn: undefined,
});

describe('a key that is to be rotated is rotated', () => {
  test.each<readonly [says: string, of: Rotating]>([
    ['where nothing is against it', rotating()],
    ['where nothing uses it', rotating({ use: { users: [] } })],
    ['where it was in block from the very moment at which it was overdue', rotating({ blockSince: inDays(-9) })],
    ['where nobody knows of a time before block', rotating({ blockSince: undefined })],
    ['just 7 days after it was rotated, near its expiry', rotating({}, { created: inDays(-7), expiresOn: inDays(8) })],
    ['24 hours after its own policy was to', rotating({ policy: afterDays(99) })],
    ['24 hours before its own policy is to', rotating({ policy: afterDays(101) })],
    [
      'where a set that stays at its version is pointed at the new one',
      rotating({ schedule: { ...schedule, sets: 'update' }, use: { users: [set({ follows: false })] } }),
    ],
    ['with an expiry, which it goes on having', rotating({}, { expiresOn: inDays(40) })],
    [
      'to get an expiry where the policy names it',
      rotating({ schedule: { ...schedule, setsExpiry: true }, policy: EXPIRING }),
    ],
    ['in the first hour of the window', rotating({ schedule: window({ from: 12 }) })],
    ['in the last hour of the window', rotating({ schedule: window({ until: 13 }) })],
  ])('%s', (_says, of) => {
    expect(heldBack(of)).toBeUndefined();
  });
});

describe('a rotation is held back', () => {
  const rows: readonly (readonly [because: HeldBack, says: string, of: Rotating])[] = [
    ['managed', 'where the key belongs to a certificate', rotating({ managed: true })],
    ['alert-only', 'where the policy only alerts', rotating({ mode: 'alert' })],
    ['no-baseline', 'where nobody accepted the baseline', rotating({ baselineAccepted: false })],
    ['hold', 'during a hold', rotating({ isHeld: true })],
    ['not-as-approved', 'where the key is not as approved', rotating({ isAsApproved: false })],
    [
      'before-block',
      'where it was overdue a second before block began',
      rotating({ blockSince: inSeconds(-9 * 86_400 + 1) }),
    ],
    [
      'before-block',
      'where it was overdue before block began, although near its expiry only since',
      rotating({ blockSince: inDays(-5) }, { expiresOn: inDays(29) }),
    ],
    ['users-unknown', 'where nobody knows who uses it', rotating({ use: undefined })],
    [
      'confidential-set',
      'for a confidential set',
      rotating({ use: { users: [set(), set({ hinders: 'confidential-set' })] } }),
    ],
    [
      'not-following',
      'where one of its users stays at its version',
      rotating({ use: { users: [set(), set({ follows: false })] } }),
    ],
    [
      'not-following',
      'where a storage account stays at its version, and only sets are pointed at the new one',
      rotating({
        schedule: { ...schedule, sets: 'update' },
        use: { users: [set({ follows: false, kind: 'storage-account' })] },
      }),
    ],
    ['expiry-gained', 'where its own policy would give it an expiry, and it has none', rotating({ policy: EXPIRING })],
    ['set-error', 'where a set has an error', rotating({ use: { users: [set({ hinders: 'set-error' })] } })],
    ['previous-keys', 'where a set still rotates', rotating({ use: { users: [set({ hinders: 'previous-keys' })] } })],
    [
      'rotated-lately',
      'a second less than 7 days after it was rotated',
      rotating({}, { created: inSeconds(-7 * 86_400 + 1), expiresOn: inDays(8) }),
    ],
    ['policy-unknown', 'where its own policy could not be read', rotating({ policy: undefined })],
    [
      'own-policy',
      'a second less than 24 hours after its own policy was to',
      rotating({ policy: afterDays(99) }, { created: inSeconds(-100 * 86_400 + 1) }),
    ],
    [
      'own-policy',
      'a second less than 24 hours before its own policy is to',
      rotating({ policy: afterDays(101) }, { created: inSeconds(-100 * 86_400 - 1) }),
    ],
    ['window', 'on a day that the window leaves out', rotating({ schedule: window({ days: ['sunday'] }) })],
    ['window', 'before the first hour of the window', rotating({ schedule: window({ from: 13 }) })],
    ['window', 'from the hour on at which the window ends', rotating({ schedule: window({ until: 12 }) })],
    ['limit', 'where as many as allowed were rotated', rotating({ isBelowLimit: false })],
    [
      'expiry-unfit',
      'where it would lose its expiry by its own policy',
      rotating({ policy: afterDays(98) }, { expiresOn: inDays(40) }),
    ],
    [
      'expiry-unfit',
      'where the policy names it, and its own policy sets no expiry',
      rotating({ schedule: { ...schedule, setsExpiry: true } }),
    ],
  ];

  test.each(rows)('%s: %s', (because, _says, of) => {
    expect(heldBack(of)).toBe(because);
  });

  test.each(Object.keys(HELD_BACK))('for a reason of which a row tells: %s', (reason) => {
    expect(rows.map(([because]) => because)).toContain(reason);
  });

  test('that a person orders only for a certificate and for a key that is not as approved', () => {
    const ordered = rows.map(([because, , of]) => [because, heldBack(of, true)] as const);
    expect(ordered.filter(([, held]) => held !== undefined)).toEqual([
      ['managed', 'managed'],
      ['not-as-approved', 'not-as-approved'],
    ]);
  });

  test('for the reason that a person has to see, where one passes by itself as well', () => {
    expect(heldBack(rotating({ isBelowLimit: false, use: undefined }))).toBe('users-unknown');
  });

  test.each<readonly [held: HeldBack, days: number, is: boolean]>([
    ['window', 8 - 1 / 86_400, true],
    ['window', 8, false],
    ['limit', 1, true],
    ['users-unknown', 1, false],
  ])('by %s since %d days without an alert: %s', (held, days, is) => {
    expect(passesByItself(held, { state: 'overdue', since: inDays(-days), dueAt: NOW }, NOW)).toBe(is);
  });
});
