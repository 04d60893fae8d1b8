import { factsOf } from '../domain/actions/registry.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import { type Decision, type Ended, type Intent, spellVerdict } from '../domain/decision.ts';
import { digest } from '../domain/digest.ts';
import type { Finding } from '../domain/finding.ts';
import type { Hint } from '../domain/hint.ts';
import { policyHash } from '../domain/policy.ts';
import { type Subject, versionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

type Needs = Pick<Ports, 'now' | 'newId'>;

/** Ids of hints that a record names at most. */
const NAMED_HINTS = 20;
/** Findings of a decision in one record at most: a record has to fit into a row of a workspace. */
const FINDINGS_IN_ONE = 50;

const named = (hints: readonly Hint[]): Pick<AuditEntry, 'hints'> =>
  hints.length === 0
    ? {}
    : {
        hints: {
          ids: hints.slice(0, NAMED_HINTS).map(({ id }) => id),
          senses: [...new Set(hints.map(({ sense }) => sense))],
          count: hints.length,
        },
      };

/** The record of a hint, with the actor where it is an audit event. */
export function hintEntry(subject: Subject, hint: Hint, needs: Needs): AuditEntry {
  const act = 'by' in hint.says ? { who: hint.says.by, happenedAt: hint.says.at } : {};
  const detail = { sense: hint.sense, sensedAt: hint.sensedAt, says: hint.says };
  return entry('hint', subject, detail, needs, { ...act, ...named([hint]) });
}

/** The last recorded decision: its hash, and how many hints have led to the same decision since. */
export interface RecordedDecision {
  readonly hash: string;
  readonly repeats: number;
}

/** The records of a decision, and its hash for the next comparison. A decision equal to the last recorded one is counted, not recorded. */
export function recordedDecision(
  subject: Subject,
  decision: Decision,
  hints: readonly Hint[],
  last: RecordedDecision | undefined,
  needs: Needs & { readonly scope: Pick<Ports['scope'], 'file'> },
): { readonly entries: readonly AuditEntry[]; readonly remembered: RecordedDecision } {
  const hash = hashOf(decision);
  if (last?.hash === hash) return { entries: [], remembered: { hash, repeats: last.repeats + hints.length } };
  const remembered = { hash, repeats: 0 };
  if (last === undefined && decision.judgements.length === 0) return { entries: [], remembered };
  const findings = decision.judgements.map(({ finding, verdict }) => ({
    rule: finding.rule,
    version: finding.version,
    since: finding.since,
    summary: finding.summary,
    verdict: spellVerdict(verdict),
  }));
  const parts = inParts(findings).map((some, at, all) => {
    const part = all.length === 1 ? {} : { part: at + 1, parts: all.length };
    const detail = { findings: some, repeatsOfTheLast: last?.repeats ?? 0, ...part };
    return entry('decision', subject, detail, needs, { ...named(hints), policy: policyHash(needs.scope.file) });
  });
  return { entries: [...parts, ...withheldEntries(subject, decision, needs)], remembered };
}

/** The findings in lists that fit into a record each; one empty list where there is none. */
const inParts = <T>(findings: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.max(1, Math.ceil(findings.length / FINDINGS_IN_ONE)) }, (_, at) =>
    findings.slice(at * FINDINGS_IN_ONE, (at + 1) * FINDINGS_IN_ONE),
  );

function hashOf({ judgements }: Decision): string {
  const said = judgements.map(({ finding, verdict }) => [
    finding.rule,
    finding.version,
    finding.since.getTime(),
    finding.act,
    verdict.kind,
    'because' in verdict ? verdict.because : '',
  ]);
  return digest(JSON.stringify(said), 16);
}

/** The records of actions that were not sent, with the reason. */
const withheldEntries = (subject: Subject, { judgements }: Decision, needs: Needs): readonly AuditEntry[] =>
  judgements.flatMap(({ finding, verdict }) => {
    if (verdict.kind !== 'withheld' && verdict.kind !== 'approved') return [];
    const { rule, undo: action } = finding;
    const why =
      verdict.kind === 'withheld'
        ? { because: verdict.because, action }
        : { because: 'approved', approval: verdict.approval };
    return [entry('withheld', subjectOfFinding(subject, finding), { rule, ...why }, needs)];
  });

/** The subject of a finding: a version of the inspected key, or the inspected subject itself. */
export const subjectOfFinding = (subject: Subject, { version }: Pick<Finding, 'version'>): Subject =>
  subject.kind === 'key' ? versionOf(subject, version) : subject;

/** The record of an intent. */
export const intentEntry = ({ id, action, by }: Intent, needs: Needs): AuditEntry =>
  entry('intent', factsOf(action).subject, { intent: id, action }, needs, { who: by });

/** The record of an intent's outcome, with the time between both, and whether a later worker read it from the vault. */
export const outcomeEntry = ({ intent, outcome }: Ended, needs: Needs, closedLater = false): AuditEntry =>
  entry(
    'outcome',
    factsOf(intent.action).subject,
    { intent: intent.id, ...outcome, tookMs: needs.now().getTime() - intent.at.getTime(), closedLater },
    needs,
    { who: intent.by },
  );

/** The record that an intent was not sent. */
export const notSentEntry = (
  { id, action }: Intent,
  why: { readonly because: string; readonly hold?: string },
  needs: Needs,
): AuditEntry => entry('withheld', factsOf(action).subject, { intent: id, ...why, action }, needs);
