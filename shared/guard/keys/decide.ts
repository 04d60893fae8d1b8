import type { Undo } from '../../domain/actions/registry.ts';
import type { Approval } from '../../domain/approval.ts';
import type { Decision, Judgement, Verdict, Withholding } from '../../domain/decision.ts';
import type { Finding, Situation } from '../../domain/finding.ts';
import { holdOn } from '../../domain/hold.ts';
import { isKept, type RegisterChange } from '../../domain/register.ts';
import { agoMs } from '../../domain/time.ts';
import { approvalFor, consumptions } from './consume.ts';
import { type Dating, dated } from './differences.ts';
import { findings } from './findings.ts';
import { FLAPPING_INSPECTION_SECONDS, isFlapping } from './flapping.ts';
import { newVersionChanges } from './new-versions.ts';
import { SETTLING_MS } from './rules/key-missing.ts';

/** When a state that is settling is inspected again, in seconds after it began. */
const SETTLING_INSPECTIONS_SECONDS = [1, 3, 7, 15, 30, 60] as const;

/** Everything that a decision uses. */
export interface Given extends Situation, Dating {
  readonly baselineAccepted: boolean;
  readonly approvals: readonly Approval[];
  /** Since when the key is in `block`: a state that began before that is left to a person. `undefined`: every state is undone. */
  readonly blockSince: Date | undefined;
  /** Set where a person restores: then nothing is withheld, except for a key that belongs to a certificate. */
  readonly isAnyway?: true;
}

/** A decision about a key, with what becomes approved by it. */
export interface KeyDecision extends Decision {
  readonly actions: readonly Undo[];
  readonly changes: readonly RegisterChange[];
}

/** Decides what to do about a key. Pure: everything it uses is an argument, the time included. */
export function decide(given: Given): KeyDecision {
  const judgements = findings(given)
    .map((found) => withBlock(dated(found, given), given))
    .map((finding) => ({ finding, verdict: judge(finding, given) }));
  return {
    judgements,
    actions: merged(
      judgements.flatMap(({ finding, verdict }) => (verdict.kind === 'undo' ? (finding.undo ?? []) : [])),
    ),
    // New versions need no approval while the key is to be kept.
    changes: [...consumptions(judgements, given), ...(isKept(given.record) ? newVersionChanges(given) : [])],
    inspectAgainInSeconds: secondsToNextInspection(judgements, given),
  };
}

/**
 * The finding, marked where every inspection that found it did so in `block`. A version that a person accepted as needed
 * was unusable before the first of them, so it is not marked.
 */
function withBlock(finding: Finding, { policy, baselineAccepted, now }: Given): Finding {
  const isSo = finding.firstObservedAt.getTime() === now.getTime() || finding.inBlock === true;
  return { ...finding, inBlock: policy.mode === 'block' && baselineAccepted && isSo ? true : undefined };
}

function judge(finding: Finding, given: Given): Verdict {
  const approval = approvalFor(finding, given, given.approvals);
  if (approval !== undefined) return { kind: 'approved', approval: approval.id };
  if (finding.isSettling === true) return { kind: 'settling' };
  if (finding.undo === undefined) return { kind: 'left-to-people' };
  const because = withheldBecause(finding, finding.undo, given);
  return because === undefined ? { kind: 'undo' } : { kind: 'withheld', because };
}

/** The first reason to withhold the write; `undefined` where there is none. The policy's reasons come before those of a hold. */
function withheldBecause(finding: Finding, action: Undo, given: Given): Withholding | undefined {
  const { observed, policy, record, holds, blockSince, now } = given;
  if (observed.kind !== 'absent' && observed.managed) return 'managed';
  if (given.isAnyway === true) return undefined;
  if (policy.mode === 'alert') return 'alert-only';
  if (!given.baselineAccepted) return 'no-baseline';
  if (holdOn(holds, given, now) !== undefined) return 'hold';
  const { hold: under, firstObservedAt, inBlock } = finding;
  if (under !== undefined && holds.find(({ id }) => id === under)?.settled?.as !== 'undo') return 'under-hold';
  if (inBlock !== true && blockSince !== undefined && firstObservedAt.getTime() < blockSince.getTime())
    return 'before-block';
  const { recovering } = record.inFlight;
  const isRecovering =
    action.kind === 'recover-key' &&
    recovering?.deletedOn.getTime() === action.deletedOn.getTime() &&
    agoMs(recovering.since, now) < SETTLING_MS;
  return isRecovering ? 'recovering' : undefined;
}

/** The actions with one write for each version, and with the recovery of the key before the writes to its versions. */
function merged(actions: readonly Undo[]): readonly Undo[] {
  const byVersion = new Map<string, Extract<Undo, { kind: 'restore-version' }>>();
  for (const action of actions) {
    switch (action.kind) {
      case 'recover-key':
        return [action];
      case 'restore-version': {
        const change = { ...byVersion.get(action.version)?.change, ...action.change };
        byVersion.set(action.version, { ...action, change });
        break;
      }
      default:
        return action satisfies never;
    }
  }
  return [...byVersion.values()];
}

/** Seconds until the next inspection of a key that is settling or flapping; `undefined` where it is neither. */
function secondsToNextInspection(judgements: readonly Judgement[], { record, now }: Given): number | undefined {
  const isWaiting = ({ verdict }: Judgement): boolean =>
    verdict.kind === 'settling' || (verdict.kind === 'withheld' && verdict.because === 'recovering');
  const seconds = judgements.filter(isWaiting).map(({ finding }) => {
    const begun = record.inFlight.recovering?.since ?? finding.since;
    return settlingSeconds(agoMs(begun, now) / 1000);
  });
  if (isFlapping(record, now)) seconds.push(FLAPPING_INSPECTION_SECONDS);
  return seconds.length === 0 ? undefined : Math.min(...seconds);
}

/** Seconds until the next inspection of a state that began to settle so many seconds ago. */
export function settlingSeconds(elapsedSeconds: number): number {
  const next = SETTLING_INSPECTIONS_SECONDS.find((at) => at > elapsedSeconds);
  return Math.max(1, Math.ceil((next ?? elapsedSeconds + 30) - elapsedSeconds));
}
