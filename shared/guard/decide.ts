import type { Approval } from '../domain/approval.ts';
import {
  type Action,
  type Decision,
  type Judgement,
  MASS_BRAKE_VERSIONS,
  type Verdict,
  type Withholding,
} from '../domain/decision.ts';
import type { Finding, Remedy, Situation } from '../domain/finding.ts';
import { type Hold, holdOn } from '../domain/hold.ts';
import type { RegisterChange } from '../domain/register.ts';
import { MINUTE_MS } from '../domain/time.ts';
import { approvalFor, spendings } from './approvals.ts';
import { ifUndated } from './dating.ts';
import { findings } from './findings.ts';
import { SETTLING_MS } from './keys/rules/key-missing.ts';
import { newbornChanges } from './newborn.ts';
import { isThird, sinceLastUndoingMs } from './undone.ts';

/** When to look again at what is settling, in seconds after it began. */
const SETTLING_LOOKS_SECONDS = [1, 3, 7, 15, 30, 60] as const;

/** Everything a decision rests on. */
export interface Given extends Situation {
  readonly baselineAccepted: boolean;
  readonly approvals: readonly Approval[];
  readonly holds: readonly Hold[];
  /** Versions of the vault that were already bad at the last look and would be undone now; `undefined` where no sweep counted. */
  readonly badBefore: number | undefined;
  /** When the last pass over the vault began that ended well before this look; `undefined` where none did. */
  readonly lastPassAt: Date | undefined;
  /** When this look began; it may decide several times. */
  readonly lookBeganAt: Date;
}

/** What to do about a key. Pure: time and everything else is an argument. */
export function decide(given: Given): Decision {
  const judgements = findings(given)
    .map((found) => ifUndated(found, given))
    .map((finding) => ({ finding, verdict: judge(finding, given) }));
  const changes = [...spendings(judgements, given), ...learnings(given)];
  return {
    judgements,
    actions: merged(judgements.flatMap(({ verdict }) => (verdict.kind === 'undo' ? [verdict.action] : []))),
    changes,
    lookAgainInSeconds: secondsToNextLook(judgements, given),
    contested: judgements.some(({ finding }) => isContested(finding, given)),
  };
}

function judge(finding: Finding, given: Given): Verdict {
  const approval = approvalFor(finding, given, given.approvals);
  if (approval !== undefined) return { kind: 'approved', approval: approval.id };
  switch (finding.remedy.kind) {
    case 'tell':
      return { kind: 'told' };
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

/** The first reason not to write. The order is what people are told: their own choices before the guardian's caution. */
function withheldBecause(finding: Finding, given: Given): Withholding | undefined {
  const { observed, policy, record, now } = given;
  if (!given.baselineAccepted) return 'no-baseline';
  if (observed.kind !== 'absent' && observed.managed) return 'managed';
  if (policy.mode === 'alert') return 'alert-only';
  if (holdOn(given.holds, given, now) !== undefined) return 'hold';
  if (finding.undated === true) return 'undated';
  if (wasBadBefore(finding, given)) {
    if (given.badBefore === undefined) return 'uncounted';
    if (given.badBefore > MASS_BRAKE_VERSIONS) return 'mass-brake';
  }
  const { recovering } = record;
  if (
    finding.remedy.kind === 'recover' &&
    recovering?.deletedOn.getTime() === finding.since.getTime() &&
    now.getTime() - recovering.since.getTime() < SETTLING_MS
  ) {
    return 'recovering';
  }
  if (isContested(finding, given) && sinceLastUndoingMs(finding, given) < MINUTE_MS) return 'once-a-minute';
  return undefined;
}

/**
 * Whether the key or the version was seen in this very state before, and was left so, or was never seen: what would be
 * undone now only because the register says so.
 */
export function wasBadBefore(
  { version, remedy }: Pick<Finding, 'version' | 'remedy'>,
  { observed, record }: Pick<Given, 'observed' | 'record'>,
): boolean {
  if (remedy.kind === 'recover' && observed.kind === 'deleted')
    return (
      record.leftDeleted?.getTime() === observed.deletedOn.getTime() ||
      Object.values(record.versions).every(({ seen }) => seen === undefined)
    );
  if (version === undefined || remedy.kind !== 'restore' || observed.kind !== 'present') return false;
  const shown = observed.versions.find((candidate) => candidate.version === version);
  const seen = record.versions[version]?.seen;
  if (seen === undefined || shown === undefined) return true;
  return seen.verdict === 'left' && seen.updated.getTime() === shown.updated.getTime();
}

/** What the register learns without anybody's approval: sound new versions, of a key that is to be kept. */
function learnings(given: Given): readonly RegisterChange[] {
  const { baselineAccepted, observed, record } = given;
  return baselineAccepted && observed.kind === 'present' && record.approvedDeletion === undefined
    ? newbornChanges(given)
    : [];
}

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

/** Whether undoing this would be the third time within the hour. */
const isContested = (finding: Finding, given: Given): boolean =>
  (finding.remedy.kind === 'recover' || finding.remedy.kind === 'restore') && isThird(finding, given);

/** Seconds until what settles or waits is to be looked at again; `undefined` where nothing does. */
function secondsToNextLook(judgements: readonly Judgement[], given: Given): number | undefined {
  const seconds = judgements.flatMap(({ finding, verdict }): readonly number[] => {
    const begun = given.record.recovering?.since ?? finding.since;
    if (verdict.kind === 'settling' || (verdict.kind === 'withheld' && verdict.because === 'recovering')) {
      return [settlingSeconds((given.now.getTime() - begun.getTime()) / 1000)];
    }
    if (verdict.kind === 'withheld' && verdict.because === 'once-a-minute')
      return [Math.ceil((MINUTE_MS - sinceLastUndoingMs(finding, given)) / 1000)];
    return [];
  });
  return seconds.length === 0 ? undefined : Math.min(...seconds);
}

/** Seconds until the next look at something that began to settle so many seconds ago. */
export function settlingSeconds(elapsedSeconds: number): number {
  const next = SETTLING_LOOKS_SECONDS.find((at) => at > elapsedSeconds);
  return Math.max(1, Math.ceil((next ?? elapsedSeconds + 30) - elapsedSeconds));
}
