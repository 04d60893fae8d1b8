import type { Action } from '../domain/actions/registry.ts';
import { type Decision, HELD_BACK, type HeldBack, type Judgement } from '../domain/decision.ts';
import { type KeyId, spell } from '../domain/key.ts';
import type { RotationState } from '../domain/register.ts';
import { isAsWanted, type WantedPolicy } from '../domain/rotation-policy.ts';
import { agoMs, MINUTE_MS, utc } from '../domain/time.ts';
import { heldBack, ONLY_TO_ROTATE, type Rotating } from './may-rotate.ts';
import { type Dated, dueOf, isToRotate, type PolicyFault, policyFault, wantedFor } from './schedule.ts';

/** Everything that a decision about a key's rotation uses. */
export interface GivenRotation extends Rotating, KeyId {
  /** The newest version. */
  readonly current: string;
  /** The rotation policy that the guardian wrote last. */
  readonly written: WantedPolicy | undefined;
  /** Set where a person orders the rotation: then it is not held back, but for a certificate's key and one not as approved. */
  readonly isOrdered?: true;
}

/** What a rotation policy lacks of the schedule, and what is done about it. */
export interface PolicyJudgement {
  readonly fault: PolicyFault;
  readonly wanted: WantedPolicy;
  /** `elsewhere`: the guardian wrote just that once, and somebody else wrote another one since. */
  readonly verdict: 'set' | 'elsewhere' | HeldBack;
}

/** What is to be done about a key's own rotation policy; `undefined` where it is as it should be, is not known, or has to wait for the rotation. */
export function judgePolicy(of: GivenRotation): PolicyJudgement | undefined {
  const { schedule, policy, newest, written, due } = of;
  const fault = policy && policyFault(schedule, policy, newest);
  if (policy === undefined || fault === undefined) return undefined;
  const wanted = wantedFor(schedule, policy, newest);
  const held = heldBack(of);
  if (isToRotate(due) && held === undefined) return undefined;
  // A policy that is set on a key that is due makes Azure rotate it: it waits for the same reasons, but for the one that it ends.
  if (held !== undefined && held !== 'expiry-unfit' && (due.state !== 'in-time' || !ONLY_TO_ROTATE.has(held)))
    return { fault, wanted, verdict: held };
  const isWritten = written !== undefined && isAsWanted(written, wanted);
  return { fault, wanted, verdict: isWritten ? 'elsewhere' : 'set' };
}

/** Whether the inspection rotates the key, at once or after it has set the rotation policy. */
export function isAboutToRotate(of: GivenRotation): boolean {
  const held = heldBack(of);
  const isAbout = held === undefined || (held === 'expiry-unfit' && judgePolicy(of)?.verdict === 'set');
  return isToRotate(of.due) && isAbout;
}

/** Decides what is done so that a key keeps its schedule. Pure: everything it uses is an argument, the time included. */
export function decideRotation(of: GivenRotation): Decision {
  const { vault, key, current: from, due, now, isOrdered } = of;
  const finding = (rule: string, since: Date, summary: string): Judgement['finding'] => ({
    ...{ rule, severity: 'warning', since, firstObservedAt: now, stopsDisks: false, summary },
  });
  const withheld = (because: HeldBack): Judgement['verdict'] => ({ kind: 'withheld', because });
  const judgements: Judgement[] = [];
  const actions: Action[] = [];
  if (isOrdered === true || isToRotate(due)) {
    const held = heldBack(of, isOrdered);
    const verdict = held === undefined ? ({ kind: 'keep-schedule' } as const) : withheld(held);
    judgements.push({ finding: finding('rotation-overdue', due.since, sayDue(of)), verdict });
    if (held === undefined) actions.push({ kind: 'rotate-key', vault, key, from });
  }
  const policy = isOrdered === true ? undefined : judgePolicy(of);
  if (policy !== undefined) {
    const { fault, wanted, verdict } = policy;
    const found = finding('rotation-policy-weaker', of.newest.created, fault.says);
    if (verdict === 'set') {
      judgements.push({ finding: found, verdict: { kind: 'keep-schedule' } });
      actions.push({ kind: 'set-rotation-policy', vault, key, policy: wanted });
    } else {
      const said = verdict === 'elsewhere' ? ({ kind: 'left-to-people' } as const) : withheld(verdict);
      judgements.push({ finding: found, verdict: said });
    }
  }
  return { judgements, actions, inspectAgainInSeconds: undefined };
}

/** How far a key is from its rotation, in whole sentences. */
export function sayDue({ vault, key, schedule, newest, due }: GivenRotation): string {
  const name = spell({ vault, key });
  const every = `it is to be rotated every ${schedule.every}`;
  switch (due.state) {
    case 'expired':
      return `The newest version of ${name} expired on ${utc(newest.expiresOn)}; ${every}.`;
    case 'near-expiry':
      return `The newest version of ${name} expires on ${utc(newest.expiresOn)}; ${every}.`;
    case 'overdue':
    case 'due':
    case 'in-time':
      return `The newest version of ${name} was made on ${utc(newest.created)}; ${every}, so by ${utc(due.dueAt)}.`;
    default:
      return due.state satisfies never;
  }
}

/** The reason for which a rotation, or the write of a rotation policy, is held back, as a sentence; empty where there is none. */
export const sayHeld = (held: HeldBack | undefined, what: 'rotated' | 'set' = 'rotated'): string =>
  held === undefined ? '' : ` It is not ${what}: ${HELD_BACK[held]}.`;

/** An inspection of a key that does not keep its schedule is repeated after so long, in ms: one falls into each window, which may last an hour, and one comes soon after the hour of a limit is over. */
const AGAIN_MS = 30 * MINUTE_MS;

/**
 * Whether a key is to be inspected for its schedule: it does not keep it, or did not when it was last inspected, or it differs.
 * Sweeps do not read the rotation policy of a key that differs, so that the inspection does.
 *
 * @param schedule `undefined` where the policy has none for the key, any more
 */
export function isOffSchedule(
  schedule: Rotating['schedule'] | undefined,
  newest: Dated,
  { policy, inspectedAt, foundSomething }: RotationState,
  isDiffering: boolean,
  now: Date,
): boolean {
  const isWrong = schedule !== undefined && (isDiffering || isWrongBy(schedule, newest, policy, now));
  if (!isWrong && foundSomething !== true) return false;
  return inspectedAt === undefined || agoMs(inspectedAt, now) >= AGAIN_MS;
}

const isWrongBy = (
  schedule: Rotating['schedule'],
  newest: Dated,
  policy: RotationState['policy'],
  now: Date,
): boolean =>
  isToRotate(dueOf(schedule, newest, now)) ||
  (policy !== undefined && (policy.is === undefined || policyFault(schedule, policy.is, newest) !== undefined));
