import type { HeldBack } from '../domain/decision.ts';
import type { KeyUse } from '../domain/key-use.ts';
import { isInWindow, type Mode, type RotationSchedule } from '../domain/policy.ts';
import type { RotationPolicy } from '../domain/rotation-policy.ts';
import { agoMs, DAY_MS } from '../domain/time.ts';
import { APART_MS, type Dated, type Due, expiryFault, firesAt, hasExpiry, isToRotate } from './schedule.ts';

/** What is to be known of a key before it is rotated. */
export interface Rotating {
  readonly schedule: RotationSchedule;
  readonly newest: Dated;
  readonly due: Due;
  readonly mode: Mode;
  readonly managed: boolean;
  readonly baselineAccepted: boolean;
  /** Since when the key is in `block`. */
  readonly blockSince: Date | undefined;
  readonly isHeld: boolean;
  readonly isAsApproved: boolean;
  /** Its own rotation policy; `undefined` where it could not be read. */
  readonly policy: RotationPolicy | undefined;
  /** What hangs on it; `undefined` where nobody knows that. */
  readonly use: Pick<KeyUse, 'users'> | undefined;
  /** Whether fewer keys of its subscription than the policy allows were rotated within the hour. */
  readonly isBelowLimit: boolean;
  readonly now: Date;
}

/** A key that its own rotation policy rotates within so long is left to it, in ms; after it was to, as well. */
const OWN_POLICY_MS = DAY_MS;

/** Each reason to hold a rotation back. The first that holds is named: what a person decides comes before what passes by itself. */
const REASONS: Readonly<Record<HeldBack, (of: Rotating) => boolean>> = {
  managed: ({ managed }) => managed,
  'alert-only': ({ mode }) => mode === 'alert',
  'no-baseline': ({ baselineAccepted }) => !baselineAccepted,
  hold: ({ isHeld }) => isHeld,
  'not-as-approved': ({ isAsApproved }) => !isAsApproved,
  'before-block': ({ blockSince, due }) => isToRotate(due) && blockSince !== undefined && due.since < blockSince,
  'users-unknown': ({ use }) => use === undefined,
  'confidential-set': (of) => isHindered(of, 'confidential-set'),
  'not-following': ({ use, schedule }) =>
    use?.users.some(
      ({ follows, kind }) => !follows && !(schedule.sets === 'update' && kind === 'disk-encryption-set'),
    ) === true,
  'expiry-gained': ({ schedule, policy, newest }) => policy?.expiresIn !== undefined && !hasExpiry(schedule, newest),
  'set-error': (of) => isHindered(of, 'set-error'),
  'previous-keys': (of) => isHindered(of, 'previous-keys'),
  'rotated-lately': ({ newest, now }) => now.getTime() - newest.created.getTime() < APART_MS,
  'policy-unknown': ({ policy }) => policy === undefined,
  'own-policy': ({ policy, newest, now }) => {
    const at = policy && firesAt(policy, newest);
    return at !== undefined && Math.abs(at.getTime() - now.getTime()) < OWN_POLICY_MS;
  },
  window: ({ schedule, now }) => !isInWindow(schedule, now),
  limit: ({ isBelowLimit }) => !isBelowLimit,
  // The last: where it alone holds, setting the rotation policy ends it.
  'expiry-unfit': ({ schedule, policy, newest }) =>
    policy !== undefined && expiryFault(schedule, policy, newest) !== undefined,
};

const isHindered = ({ use }: Rotating, by: HeldBack): boolean =>
  use?.users.some(({ hinders }) => hinders === by) === true;

const isReason = (name: string): name is HeldBack => name in REASONS;
const reasons = Object.keys(REASONS).filter(isReason);

/** The reasons that keep back also a rotation which a person orders. */
const ALSO_FOR_PEOPLE: ReadonlySet<HeldBack> = new Set(['managed', 'not-as-approved']);

/**
 * Why a key that is to be rotated is not rotated now; `undefined` where it is.
 *
 * @param isOrdered whether a person orders it: then fewer reasons count. Default false
 */
export const heldBack = (of: Rotating, isOrdered = false): HeldBack | undefined =>
  reasons.find((reason) => (!isOrdered || ALSO_FOR_PEOPLE.has(reason)) && REASONS[reason](of));

/** The reasons that keep a rotation back for a while, and not the rotation policy of a key that is not due. */
export const ONLY_TO_ROTATE: ReadonlySet<HeldBack> = new Set([
  'set-error',
  'previous-keys',
  'rotated-lately',
  'policy-unknown',
  'own-policy',
  'window',
  'limit',
]);

/** Reasons that pass by themselves. */
const PASSING: ReadonlySet<HeldBack> = new Set(['own-policy', 'window', 'limit']);
/** A reason that passes by itself has passed after so long, in ms: a window opens once a week. */
const PASSED_MS = 8 * DAY_MS;

/** Whether nobody is alerted of a key that is to be rotated: what holds it back passes by itself, and has not lasted long. */
export const passesByItself = (held: HeldBack, { since }: Due, now: Date): boolean =>
  PASSING.has(held) && agoMs(since, now) < PASSED_MS;
