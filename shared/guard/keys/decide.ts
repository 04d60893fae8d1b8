import { type Action, factsOf } from '../../domain/actions/registry.ts';
import type { Approval } from '../../domain/approval.ts';
import type { Decision, Judgement, Verdict, Withholding } from '../../domain/decision.ts';
import type { Finding, Remedy, Situation } from '../../domain/finding.ts';
import { holdOn } from '../../domain/hold.ts';
import { differenceKey, isKept, type RegisterChange } from '../../domain/register.ts';
import { approvalFor, consumptions } from './consume.ts';
import { type Dating, dated } from './differences.ts';
import { findings } from './findings.ts';
import { FLAPPING_INSPECTION_SECONDS, isFlapping } from './flapping.ts';
import { newVersionChanges } from './new-versions.ts';
import { SETTLING_MS } from './rules/key-missing.ts';

/** When to inspect again what is settling, in seconds after it began. */
const SETTLING_INSPECTIONS_SECONDS = [1, 3, 7, 15, 30, 60] as const;

/** Everything that a decision rests on. */
export interface Given extends Situation, Dating {
  readonly baselineAccepted: boolean;
  readonly approvals: readonly Approval[];
  /** Since when what is lost is undone; what was so before is a person's to restore. `undefined`: always. */
  readonly blockSince: Date | undefined;
  /** A person restores: nothing is withheld but what belongs to a certificate. */
  readonly isAnyway?: true;
}

/** A decision about a key, with what becomes approved by it. */
export interface KeyDecision extends Decision {
  readonly changes: readonly RegisterChange[];
}

/** What to do about a key. Pure: time and everything else is an argument. */
export function decide(given: Given): KeyDecision {
  const judgements = findings(given)
    .map((found) => withBlock(dated(found, given, given), given))
    .map((finding) => ({ finding, verdict: judge(finding, given) }));
  return {
    judgements,
    actions: merged(judgements.flatMap(({ verdict }) => (verdict.kind === 'undo' ? [verdict.action] : []))),
    changes: [...consumptions(judgements, given), ...learnings(given)],
    inspectAgainInSeconds: secondsToNextInspection(judgements, given),
  };
}

/**
 * A finding, with whether it has been found in `block` alone: now for the first time, or always so far. What a person
 * accepted as needed was observed before it was found.
 */
function withBlock(finding: Finding, { policy, baselineAccepted, record, now }: Given): Finding {
  const { act, version, firstObservedAt } = finding;
  const standing = act === undefined ? undefined : record.observed.differing[differenceKey(version, act)];
  const isSo = firstObservedAt.getTime() === now.getTime() || standing?.inBlock === true;
  return { ...finding, inBlock: policy.mode === 'block' && baselineAccepted && isSo ? true : undefined };
}

function judge(finding: Finding, given: Given): Verdict {
  const approval = approvalFor(finding, given, given.approvals);
  if (approval !== undefined) return { kind: 'approved', approval: approval.id };
  switch (finding.remedy.kind) {
    case 'alert':
      return { kind: 'left-to-people' };
    case 'wait':
      return { kind: 'settling' };
    case 'recover':
    case 'restore': {
      const action = actionFor(finding.remedy, finding, given);
      const because = withheldBecause(finding, given);
      return because === undefined ? { kind: 'undo', action } : { kind: 'withheld', because, action };
    }
    default:
      return finding.remedy satisfies never;
  }
}

type Write = Extract<Remedy, { kind: 'recover' | 'restore' }>;

function actionFor(remedy: Write, { since }: Finding, { vault, key }: Given): Action {
  switch (remedy.kind) {
    case 'recover':
      return { kind: 'recover-key', vault, key, deletedOn: since };
    case 'restore':
      return { kind: 'restore-version', vault, key, version: remedy.version, change: remedy.change };
    default:
      return remedy satisfies never;
  }
}

/** The first reason not to write. The order is that of what people read: what the owner chose before what a person said. */
function withheldBecause(finding: Finding, given: Given): Withholding | undefined {
  const { observed, policy, record, holds, blockSince, now } = given;
  if (observed.kind !== 'absent' && observed.managed) return 'managed';
  if (given.isAnyway === true) return undefined;
  if (policy.mode === 'alert') return 'alert-only';
  if (!given.baselineAccepted) return 'no-baseline';
  if (holdOn(holds, given, now) !== undefined) return 'hold';
  const { hold: under, firstObservedAt, inBlock, remedy, since } = finding;
  if (under !== undefined && holds.find(({ id }) => id === under)?.settled?.as !== 'undo') return 'under-hold';
  if (inBlock !== true && blockSince !== undefined && firstObservedAt.getTime() < blockSince.getTime())
    return 'before-block';
  const { recovering } = record.inFlight;
  const isRecovering =
    remedy.kind === 'recover' &&
    recovering?.deletedOn.getTime() === since.getTime() &&
    now.getTime() - recovering.since.getTime() < SETTLING_MS;
  return isRecovering ? 'recovering' : undefined;
}

/** What the register learns without anybody's approval: sound new versions, of a key that is to be kept. */
const learnings = (given: Given): readonly RegisterChange[] =>
  given.observed.kind === 'present' && isKept(given.record) ? newVersionChanges(given) : [];

/** One write a version, and the key itself before its versions. */
function merged(actions: readonly Action[]): readonly Action[] {
  const byVersion = new Map<string, Extract<Action, { kind: 'restore-version' }>>();
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

/** Seconds until what settles, or flaps, is to be inspected again; `undefined` where nothing does. */
function secondsToNextInspection(judgements: readonly Judgement[], { record, now }: Given): number | undefined {
  const isWaiting = ({ verdict }: Judgement): boolean =>
    verdict.kind === 'settling' || (verdict.kind === 'withheld' && verdict.because === 'recovering');
  const seconds = judgements.filter(isWaiting).map(({ finding }) => {
    const begun = record.inFlight.recovering?.since ?? finding.since;
    return settlingSeconds((now.getTime() - begun.getTime()) / 1000);
  });
  if (isFlapping(record, now)) seconds.push(FLAPPING_INSPECTION_SECONDS);
  return seconds.length === 0 ? undefined : Math.min(...seconds);
}

/** Seconds until the next inspection of something that began to settle so many seconds ago. */
export function settlingSeconds(elapsedSeconds: number): number {
  const next = SETTLING_INSPECTIONS_SECONDS.find((at) => at > elapsedSeconds);
  return Math.max(1, Math.ceil((next ?? elapsedSeconds + 30) - elapsedSeconds));
}

/** What of a decision is undone by an action: the findings that it is about. */
export const undoneBy = (action: Action, { judgements }: Decision): readonly Finding[] => {
  const { subject } = factsOf(action);
  const version = subject.kind === 'version' ? subject.version : undefined;
  return judgements.flatMap(({ finding, verdict }) =>
    verdict.kind === 'undo' && finding.version === version ? [finding] : [],
  );
};
