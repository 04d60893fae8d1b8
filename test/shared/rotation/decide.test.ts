import { describe, expect, test } from 'vitest';
import { HELD_BACK, type HeldBack } from '../../../shared/domain/decision.ts';
import type { RotationSchedule } from '../../../shared/domain/policy.ts';
import type { RotationPolicy } from '../../../shared/domain/rotation-policy.ts';
import { later } from '../../../shared/domain/time.ts';
import { decideRotation, type GivenRotation, isOffSchedule, sayHeld } from '../../../shared/rotation/decide.ts';
import { dueOf } from '../../../shared/rotation/schedule.ts';

const NOW = new Date('2026-04-06T12:00:00Z');
const inDays = (days: number): Date => later(NOW, days * 86_400_000);
const schedule: RotationSchedule = { every: 'P90D', notifyBefore: 'P30D', setsExpiry: false };
const KEEPING: RotationPolicy = { rotate: { when: 'after-creation', period: 'P90D' } };
const MISSING: RotationPolicy = {};
const WANTED = { rotate: { when: 'after-creation', period: 'P90D' }, notifyBefore: 'P30D' } as const;

/** A key that was made so many days ago, and that nothing else is wrong with. */
function made(daysAgo: number, more: Partial<GivenRotation> = {}): GivenRotation {
  const newest = { created: inDays(-daysAgo), expiresOn: undefined };
  return {
    ...{ vault: 'prod-disks', key: 'disk-a', current: '1', written: undefined, schedule, newest },
    due: dueOf(schedule, newest, NOW),
    ...{ mode: 'block', managed: false, baselineAccepted: true, blockSince: undefined, isHeld: false },
    ...{ isAsApproved: true, policy: KEEPING, use: { users: [] }, isBelowLimit: true, now: NOW },
    ...more,
  };
}

/** The same, with a newest version that expires. */
function expiring(daysAgo: number, more: Partial<GivenRotation> = {}): GivenRotation {
  const newest = { created: inDays(-daysAgo), expiresOn: inDays(200) };
  return made(daysAgo, { newest, due: dueOf(schedule, newest, NOW), ...more });
}

const ROTATE = 'rotate-key from 1';
const SET = 'set-rotation-policy P90D';
const CERTIFICATE = 'rotation-overdue: withheld managed';

describe('the schedule of a key', () => {
  test.each<readonly [says: string, given: GivenRotation, judged: readonly string[], actions: readonly string[]]>([
    ['in time asks for nothing', made(20), [], []],
    ['overdue asks for a rotation', made(100), ['rotation-overdue: keep-schedule'], [ROTATE]],
    ['due asks for nothing yet', made(90.5), [], []],
    [
      'in time without a rotation policy asks for one',
      made(20, { policy: MISSING }),
      ['rotation-policy-weaker: keep-schedule'],
      [SET],
    ],
    [
      'in time asks for a rotation policy also where only a rotation has to wait',
      made(2, { policy: MISSING }),
      ['rotation-policy-weaker: keep-schedule'],
      [SET],
    ],
    [
      'overdue without a rotation policy asks for the rotation first',
      made(100, { policy: MISSING }),
      ['rotation-overdue: keep-schedule'],
      [ROTATE],
    ],
    [
      'overdue and held back sets no rotation policy, by which Azure would rotate the key',
      made(100, { policy: MISSING, use: undefined }),
      ['rotation-overdue: withheld users-unknown', 'rotation-policy-weaker: withheld users-unknown'],
      [],
    ],
    [
      'due and held back sets none either',
      made(90.5, { policy: MISSING, isHeld: true }),
      ['rotation-policy-weaker: withheld hold'],
      [],
    ],
    [
      'is left to people where the guardian wrote this rotation policy before',
      made(20, { policy: MISSING, written: WANTED }),
      ['rotation-policy-weaker: left-to-people'],
      [],
    ],
    [
      'is written where the guardian wrote another rotation policy before',
      made(20, { policy: MISSING, written: { ...WANTED, rotate: { when: 'after-creation', period: 'P60D' } } }),
      ['rotation-policy-weaker: keep-schedule'],
      [SET],
    ],
    [
      'overdue sets the rotation policy first where it would lose its expiry, by which it is rotated then',
      expiring(100, { policy: KEEPING }),
      ['rotation-overdue: withheld expiry-unfit', 'rotation-policy-weaker: keep-schedule'],
      [SET],
    ],
    [
      'overdue is left to people where it would lose its expiry by a rotation policy that somebody set back',
      expiring(100, { policy: KEEPING, written: { ...WANTED, expiresIn: 'P120D' } }),
      ['rotation-overdue: withheld expiry-unfit', 'rotation-policy-weaker: left-to-people'],
      [],
    ],
    [
      'overdue sets the rotation policy first where the new version would be near its expiry at once',
      expiring(100, { policy: { ...KEEPING, expiresIn: 'P28D' } }),
      ['rotation-overdue: withheld expiry-unfit', 'rotation-policy-weaker: keep-schedule'],
      [SET],
    ],
    [
      'overdue goes on having an expiry',
      expiring(100, { policy: { ...KEEPING, expiresIn: 'P120D' } }),
      ['rotation-overdue: keep-schedule'],
      [ROTATE],
    ],
    [
      'overdue is not rotated where it has no expiry and would get one',
      made(100, { policy: { ...KEEPING, expiresIn: 'P120D' } }),
      ['rotation-overdue: withheld expiry-gained'],
      [],
    ],
    [
      'in time leaves a weaker rotation policy where it has no expiry and would get one earlier',
      made(20, { policy: { rotate: { when: 'after-creation', period: 'P1Y' }, expiresIn: 'P2Y' } }),
      ['rotation-policy-weaker: withheld expiry-gained'],
      [],
    ],
    ['judges no rotation policy that it could not read', made(20, { policy: undefined }), [], []],
    [
      'in alert writes nothing',
      made(100, { policy: MISSING, mode: 'alert' }),
      ['rotation-overdue: withheld alert-only', 'rotation-policy-weaker: withheld alert-only'],
      [],
    ],
    [
      'ordered by a person rotates in any mode and during a hold, and sets no rotation policy',
      made(1, { isOrdered: true, policy: MISSING, mode: 'alert', isHeld: true, use: undefined }),
      ['rotation-overdue: keep-schedule'],
      [ROTATE],
    ],
    ['ordered by a person leaves a certificate', made(100, { isOrdered: true, managed: true }), [CERTIFICATE], []],
    [
      'ordered by a person leaves a key that is not as approved',
      made(100, { isOrdered: true, isAsApproved: false, mode: 'alert' }),
      ['rotation-overdue: withheld not-as-approved'],
      [],
    ],
  ])('%s', (_says, given, judged, actions) => {
    const decision = decideRotation(given);
    const said = decision.judgements.map(({ finding, verdict }) =>
      [`${finding.rule}: ${verdict.kind}`, ...('because' in verdict ? [verdict.because] : [])].join(' '),
    );
    const asked = decision.actions.map((action) =>
      action.kind === 'rotate-key'
        ? `${action.kind} from ${action.from}`
        : `${action.kind} ${action.kind === 'set-rotation-policy' ? action.policy.rotate.period : ''}`,
    );
    expect([said, asked]).toEqual([judged, actions]);
  });
});

const isReason = (name: string): name is HeldBack => name in HELD_BACK;

test.each(Object.keys(HELD_BACK).filter(isReason))(
  'people read in a sentence why a key is not rotated: %s',
  (reason) => {
    expect(sayHeld(reason)).toMatch(/^ It is not rotated: [a-z][^.]+\.$/);
  },
);

describe('an inspection for its schedule', () => {
  const newest = { created: inDays(-100), expiresOn: undefined };
  const inTime = { created: inDays(-20), expiresOn: undefined };
  const AGAIN_DAYS = 30 / (24 * 60);
  const policy = { readAt: NOW, is: KEEPING };
  test.each<readonly [says: string, given: Parameters<typeof isOffSchedule>, is: boolean]>([
    ['is made of a key that is overdue', [schedule, newest, { policy }, false, NOW], true],
    [
      'is made of one whose rotation policy is missing',
      [schedule, inTime, { policy: { readAt: NOW, is: MISSING } }, false, NOW],
      true,
    ],
    [
      'is made of one whose rotation policy may not be read',
      [schedule, inTime, { policy: { readAt: NOW } }, false, NOW],
      true,
    ],
    ['is made of none whose rotation policy was not read yet', [schedule, inTime, {}, false, NOW], false],
    ['is made of none that keeps it', [schedule, inTime, { policy }, false, NOW], false],
    [
      'is made of one that differs: no sweep reads its rotation policy',
      [schedule, inTime, { policy }, true, NOW],
      true,
    ],
    [
      'is made once more after something was found',
      [schedule, inTime, { policy, foundSomething: true }, false, NOW],
      true,
    ],
    [
      'is made once more after the schedule was taken away',
      [undefined, newest, { foundSomething: true }, false, NOW],
      true,
    ],
    ['is made of none without a schedule', [undefined, newest, { policy }, false, NOW], false],
    [
      'is repeated after 30 minutes, within the shortest window and soon after the hour of a limit',
      [schedule, newest, { inspectedAt: inDays(-AGAIN_DAYS) }, false, NOW],
      true,
    ],
    ['is made of none that differs and has no schedule', [undefined, newest, {}, true, NOW], false],
    ['is not repeated earlier', [schedule, newest, { inspectedAt: later(inDays(-AGAIN_DAYS), 1) }, false, NOW], false],
  ])('%s', (_says, given, is) => {
    expect(isOffSchedule(...given)).toBe(is);
  });
});
