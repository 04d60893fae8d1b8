import type { ListedVersion } from '../domain/key.ts';
import { afterPeriod, beforePeriod, together } from '../domain/period.ts';
import type { RotationSchedule } from '../domain/policy.ts';
import type { RotationPolicy, WantedPolicy } from '../domain/rotation-policy.ts';
import { DAY_MS, later } from '../domain/time.ts';

/** Of the newest version of a key, the dates that count for its rotation. */
export type Dated = Pick<ListedVersion, 'created' | 'expiresOn'>;

/** How far a key is from its rotation: the worst that is so. */
export const dueStates = ['in-time', 'due', 'overdue', 'near-expiry', 'expired'] as const;

/** How far a key is from its rotation, and when it is due by its schedule. */
export interface Due {
  readonly state: (typeof dueStates)[number];
  /** Since when it is to be rotated, where it is; otherwise when it was due or made. */
  readonly since: Date;
  readonly dueAt: Date;
}

/** A key is overdue once it has been due for so long, in ms: its own rotation policy may take hours. */
const OVERDUE_AFTER_MS = DAY_MS;

/** The moment after a period; the moment itself for what is no period. The policy file is checked for that when it is read. */
const after = (from: Date, period: string): Date => afterPeriod(from, period) ?? from;

/** How far a key is from its rotation, by its newest version. */
export function dueOf({ every, notifyBefore }: RotationSchedule, { created, expiresOn }: Dated, now: Date): Due {
  const dueAt = after(created, every);
  const overdueAt = later(dueAt, OVERDUE_AFTER_MS);
  const nearAt = expiresOn && (beforePeriod(expiresOn, notifyBefore) ?? expiresOn);
  // The worst last.
  const passed = [
    ['overdue', overdueAt] as const,
    ['near-expiry', nearAt] as const,
    ['expired', expiresOn] as const,
  ].flatMap(([state, at]) => (at !== undefined && at <= now ? [{ state, at }] : []));
  const worst = passed.at(-1);
  if (worst !== undefined) {
    const since = new Date(Math.min(...passed.map(({ at }) => at.getTime())));
    return { state: worst.state, since, dueAt };
  }
  return dueAt <= now ? { state: 'due', since: dueAt, dueAt } : { state: 'in-time', since: created, dueAt };
}

/** Whether a key is to be rotated now, and not only by its own rotation policy. */
export const isToRotate = ({ state }: Due): boolean => state !== 'in-time' && state !== 'due';

/** When a rotation policy makes the next version by itself; `undefined` where it never does. */
export function firesAt({ rotate }: RotationPolicy, { created, expiresOn }: Dated): Date | undefined {
  if (rotate === undefined) return undefined;
  if (rotate.when === 'after-creation') return afterPeriod(created, rotate.period);
  return expiresOn && beforePeriod(expiresOn, rotate.period);
}

/** Whether new versions of a key are to have an expiry: the newest has one, or the schedule names the key. */
export const hasExpiry = ({ setsExpiry }: RotationSchedule, { expiresOn }: Dated): boolean =>
  setsExpiry || expiresOn !== undefined;

/** A key is rotated once in so long at most, in ms. */
export const APART_MS = 7 * DAY_MS;

/** What is wrong with the expiry that a rotation policy gives new versions; `undefined` where nothing is: they have none and need none, or one that is not near before they can be rotated again. */
export function expiryFault(
  schedule: RotationSchedule,
  { expiresIn }: RotationPolicy,
  newest: Dated,
): 'none' | 'too-near' | undefined {
  if (expiresIn === undefined) return hasExpiry(schedule, newest) ? 'none' : undefined;
  const { created } = newest;
  const nearAt = beforePeriod(after(created, expiresIn), schedule.notifyBefore) ?? created;
  return nearAt < later(created, APART_MS) ? 'too-near' : undefined;
}

/** Says where a version that is made now would not expire as the newest does; `undefined` where it would: it gets the expiry of the rotation policy. */
export function otherExpiry(
  { expiresIn }: RotationPolicy,
  { expiresOn }: Pick<Dated, 'expiresOn'>,
): string | undefined {
  if (expiresIn === undefined)
    return expiresOn && 'The new version will have no expiry: its rotation policy sets none.';
  return expiresOn ? undefined : `The new version will expire after ${expiresIn}, by its rotation policy.`;
}

/** What a rotation policy lacks of its schedule. */
export interface PolicyFault {
  readonly kind: 'missing' | 'weaker' | 'never-fires';
  /** In a whole sentence. */
  readonly says: string;
}

/**
 * What a rotation policy lacks of its schedule; `undefined` where it lacks nothing. It may rotate more often, and in its own
 * way, as by a time before the expiry, where every version has one.
 */
export function policyFault(
  schedule: RotationSchedule,
  policy: RotationPolicy,
  newest: Dated,
): PolicyFault | undefined {
  const { every, setsExpiry } = schedule;
  const { rotate, expiresIn } = policy;
  if (rotate === undefined)
    return { kind: 'missing', says: `No rotation policy makes a new version; it is to make one every ${every}.` };
  const { when, period } = rotate;
  if (when === 'before-expiry' && (newest.expiresOn === undefined || expiresIn === undefined)) {
    const why = expiresIn === undefined ? 'the policy sets no expiry' : 'the newest version has no expiry';
    return {
      kind: 'never-fires',
      says: `It is to be rotated ${period} before it expires, which never happens: ${why}.`,
    };
  }
  // The next version counts as well: it gets the expiry of the policy, which the newest need not have.
  const next = { created: newest.created, expiresOn: expiresIn && afterPeriod(newest.created, expiresIn) };
  const dueAt = after(newest.created, every);
  const isTooLate = [newest, next].some((version) => {
    const at = firesAt(policy, { ...version, expiresOn: version.expiresOn || undefined });
    return at === undefined || at > dueAt;
  });
  const said = `The rotation policy makes a new version ${period} ${when === 'after-creation' ? 'after the one before it' : 'before that expires'}`;
  if (isTooLate) return { kind: 'weaker', says: `${said}; it is to make one every ${every}.` };
  const wrong = expiryFault(schedule, policy, newest);
  if (wrong === undefined) return undefined;
  if (wrong === 'too-near') {
    const near = `${schedule.notifyBefore} before that they are to be rotated`;
    return { kind: 'weaker', says: `The rotation policy makes versions that expire after ${expiresIn}; ${near}.` };
  }
  const because = setsExpiry ? 'the policy of the guardian names this key' : 'the newest version has one';
  return { kind: 'weaker', says: `The rotation policy sets no expiry, and ${because}.` };
}

/**
 * The rotation policy by which a schedule is kept. It sets an expiry only where the policy before it does, where the newest
 * version has one, or where the schedule names the key: who keeps the key by Terraform would otherwise have it replaced.
 */
export function wantedFor(schedule: RotationSchedule, { expiresIn }: RotationPolicy, newest: Dated): WantedPolicy {
  const { every, notifyBefore } = schedule;
  const leastExpiry = together(every, notifyBefore);
  const isLongEnough =
    expiresIn !== undefined &&
    (afterPeriod(newest.created, expiresIn) ?? newest.created) >= after(newest.created, leastExpiry);
  return {
    rotate: { when: 'after-creation', period: every },
    notifyBefore,
    ...(expiresIn !== undefined || hasExpiry(schedule, newest)
      ? { expiresIn: isLongEnough ? expiresIn : leastExpiry }
      : {}),
  };
}

/** How far the expiry of a version may be from the one that its rotation policy gives it, in ms. */
const ABOUT_MS = DAY_MS;

/** Whether a version has the expiry that its rotation policy gives each new version. */
export function isByPolicy({ created, expiresOn }: Dated, { expiresIn }: RotationPolicy): boolean {
  const given = expiresIn === undefined ? undefined : afterPeriod(created, expiresIn);
  return given !== undefined && expiresOn !== undefined && Math.abs(expiresOn.getTime() - given.getTime()) <= ABOUT_MS;
}
