import { describe, expect, test } from 'vitest';
import type { RotationSchedule } from '../../../shared/domain/policy.ts';
import type { RotationPolicy } from '../../../shared/domain/rotation-policy.ts';
import {
  type Dated,
  dueOf,
  firesAt,
  isByPolicy,
  isToRotate,
  otherExpiry,
  policyFault,
  wantedFor,
} from '../../../shared/rotation/schedule.ts';

const schedule: RotationSchedule = { every: 'P90D', notifyBefore: 'P30D', setsExpiry: false };
const at = (text: string): Date => new Date(text);
const CREATED = at('2026-01-01T00:00:00Z');
const made = (expiresOn = 'never'): Dated => ({
  created: CREATED,
  expiresOn: expiresOn === 'never' ? undefined : at(expiresOn),
});

describe('a key by its schedule', () => {
  test.each<readonly [now: string, expiresOn: string, state: string, since: string]>([
    ['2026-03-31T23:59:59Z', 'never', 'in-time', '2026-01-01T00:00:00Z'],
    ['2026-04-01T00:00:00Z', 'never', 'due', '2026-04-01T00:00:00Z'],
    ['2026-04-01T23:59:59Z', 'never', 'due', '2026-04-01T00:00:00Z'],
    ['2026-04-02T00:00:00Z', 'never', 'overdue', '2026-04-02T00:00:00Z'],
    ['2027-04-02T00:00:00Z', 'never', 'overdue', '2026-04-02T00:00:00Z'],
    ['2026-01-29T23:59:59Z', '2026-03-01T00:00:00Z', 'in-time', '2026-01-01T00:00:00Z'],
    ['2026-01-30T00:00:00Z', '2026-03-01T00:00:00Z', 'near-expiry', '2026-01-30T00:00:00Z'],
    ['2026-02-28T23:59:59Z', '2026-03-01T00:00:00Z', 'near-expiry', '2026-01-30T00:00:00Z'],
    ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z', 'expired', '2026-01-30T00:00:00Z'],
    // Overdue first, near expiry later: it is to be rotated since it was overdue.
    ['2026-05-05T00:00:00Z', '2026-05-20T00:00:00Z', 'near-expiry', '2026-04-02T00:00:00Z'],
  ])('at %s, expiring on %s, is %s since %s', (now, expiresOn, state, since) => {
    const due = dueOf(schedule, made(expiresOn), at(now));
    expect(due).toEqual({ state, since: at(since), dueAt: at('2026-04-01T00:00:00Z') });
    expect(isToRotate(due)).toBe(['overdue', 'near-expiry', 'expired'].includes(state));
  });
});

const afterCreation = (period: string, expiresIn?: string): RotationPolicy => ({
  rotate: { when: 'after-creation', period },
  expiresIn,
});
const beforeExpiry = (period: string, expiresIn?: string): RotationPolicy => ({
  rotate: { when: 'before-expiry', period },
  expiresIn,
});
const NONE: RotationPolicy = { rotate: undefined, expiresIn: undefined };

describe('a rotation policy', () => {
  test.each<readonly [says: string, policy: RotationPolicy, newest: Dated, at: string | undefined]>([
    ['that makes no version', NONE, made('2026-12-31T00:00:00Z'), undefined],
    ['after creation', afterCreation('P90D'), made(), '2026-04-01T00:00:00Z'],
    ['before expiry', beforeExpiry('P30D', 'P1Y'), made('2026-12-31T00:00:00Z'), '2026-12-01T00:00:00Z'],
    ['before the expiry that there is not', beforeExpiry('P30D', 'P1Y'), made(), undefined],
    ['after what is no period', afterCreation('PT9H'), made(), undefined],
  ])('%s makes the next version at the time it says', (_says, policy, newest, then) => {
    expect(firesAt(policy, newest)).toEqual(then === undefined ? undefined : at(then));
  });

  test.each<readonly [says: string, policy: RotationPolicy, newest: Dated, more: Partial<RotationSchedule>]>([
    ['exactly as often as the schedule', afterCreation('P90D'), made(), {}],
    ['more often', afterCreation('P30D', 'P60D'), made(), {}],
    ['before an expiry that is early enough', beforeExpiry('P30D', 'P120D'), made('2026-05-01T00:00:00Z'), {}],
    ['with an expiry that is near after a week', afterCreation('P28D', 'P37D'), made(), {}],
    ['with an expiry where it names the key', afterCreation('P90D', 'P120D'), made(), { setsExpiry: true }],
  ])('keeps a schedule that rotates %s', (_says, policy, newest, more) => {
    expect(policyFault({ ...schedule, ...more }, policy, newest)).toBeUndefined();
  });

  test.each<
    readonly [says: string, kind: string, policy: RotationPolicy, newest: Dated, more: Partial<RotationSchedule>]
  >([
    ['it makes no version', 'missing', NONE, made(), {}],
    ['it comes a day late', 'weaker', afterCreation('P91D'), made(), {}],
    ['it comes by months, two days late', 'weaker', afterCreation('P3M2D'), made(), {}],
    ['its period is not understood', 'weaker', afterCreation('PT2160H'), made(), {}],
    ['the newest version has no expiry', 'never-fires', beforeExpiry('P30D', 'P120D'), made(), {}],
    ['it gives new versions no expiry', 'never-fires', beforeExpiry('P30D'), made('2026-05-01T00:00:00Z'), {}],
    ['the newest version expires late', 'weaker', beforeExpiry('P30D', 'P120D'), made('2036-01-01T00:00:00Z'), {}],
    ['later versions expire late', 'weaker', beforeExpiry('P30D', 'P121D'), made('2026-05-01T00:00:00Z'), {}],
    ['new versions are near their expiry within a week', 'weaker', afterCreation('P28D', 'P36D'), made(), {}],
    ['it sets no expiry and the key is named', 'weaker', afterCreation('P90D'), made(), { setsExpiry: true }],
    [
      'it sets no expiry and the newest version has one',
      'weaker',
      afterCreation('P90D'),
      made('2026-05-01T00:00:00Z'),
      {},
    ],
  ])('does not keep the schedule where %s: %s', (_says, kind, policy, newest, more) => {
    expect(policyFault({ ...schedule, ...more }, policy, newest)).toMatchObject({
      kind,
      says: expect.stringMatching(/^[A-Z].+\.$/),
    });
  });
});

describe('the wanted rotation policy', () => {
  test.each<
    readonly [
      says: string,
      expiresIn: string | undefined,
      policy: RotationPolicy,
      newest: Dated,
      more: Partial<RotationSchedule>,
    ]
  >([
    ['gives no expiry to a key that has none', undefined, NONE, made(), {}],
    ['gives an expiry to a key that the policy names', 'P120D', NONE, made(), { setsExpiry: true }],
    ['gives an expiry where the newest version has one', 'P120D', NONE, made('2027-01-01T00:00:00Z'), {}],
    ['leaves a longer expiry as it is', 'P2Y', afterCreation('P1Y', 'P2Y'), made(), {}],
    ['leaves an expiry of just the length that it needs', 'P4M', afterCreation('P1Y', 'P4M'), made(), {}],
    ['replaces an expiry that comes before the next rotation', 'P120D', afterCreation('P30D', 'P60D'), made(), {}],
    [
      'keeps that there is an expiry in a policy that never makes a version',
      'P120D',
      beforeExpiry('P7D', 'P60D'),
      made(),
      {},
    ],
    [
      'adds calendar periods by their units',
      'P1Y1M',
      NONE,
      made(),
      { setsExpiry: true, every: 'P1Y', notifyBefore: 'P1M' },
    ],
  ])('%s', (_says, expiresIn, policy, newest, more) => {
    const asked = { ...schedule, ...more };
    const wanted = wantedFor(asked, policy, newest);
    expect(wanted).toEqual({
      rotate: { when: 'after-creation', period: asked.every },
      expiresIn,
      notifyBefore: asked.notifyBefore,
    });
    expect(policyFault(asked, wanted, newest)).toBeUndefined();
  });
});

test('the expiry of a new version is said where the newest has another one', () => {
  const expiring = { expiresOn: at('2027-01-01T00:00:00Z') };
  const never = { expiresOn: undefined };
  const setting = { expiresIn: 'P120D' };
  expect([otherExpiry({}, never), otherExpiry(setting, expiring)]).toEqual([undefined, undefined]);
  expect(otherExpiry({}, expiring)).toBe('The new version will have no expiry: its rotation policy sets none.');
  expect(otherExpiry(setting, never)).toBe('The new version will expire after P120D, by its rotation policy.');
});

describe('the expiry of a version', () => {
  test.each<readonly [expiresOn: string, expiresIn: string, is: boolean]>([
    ['2026-05-01T00:00:00Z', 'P120D', true],
    ['2026-05-02T00:00:00Z', 'P120D', true],
    ['2026-05-02T00:00:01Z', 'P120D', false],
    ['2026-04-30T00:00:00Z', 'P120D', true],
    ['2026-04-29T23:59:59Z', 'P120D', false],
    ['2026-05-01T00:00:00Z', 'none', false],
    ['never', 'P120D', false],
    ['never', 'none', false],
  ])('%s is by a policy that lets versions expire in %s: %s', (expiresOn, expiresIn, is) => {
    expect(
      isByPolicy(made(expiresOn), { rotate: undefined, expiresIn: expiresIn === 'none' ? undefined : expiresIn }),
    ).toBe(is);
  });
});
