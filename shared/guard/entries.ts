import type { AuditEntry } from '../domain/audit-record.ts';
import { type Decision, type Intent, type Outcome, spellVerdict } from '../domain/decision.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { versionOf } from './actions.ts';

type Needs = Pick<Ports, 'now' | 'newId'>;

/** Ids of hints that a record names at most. */
const NAMED_HINTS = 20;

const named = (hints: readonly Hint[]): AuditEntry['hints'] =>
  hints.length === 0 ? undefined : { ids: hints.slice(0, NAMED_HINTS).map(({ id }) => id), count: hints.length };

/** What somebody told of an act, with who did it. */
export function hintEntry(id: KeyId, hint: Hint, needs: Needs): AuditEntry {
  const who = 'by' in hint.says ? { who: hint.says.by } : {};
  return entry('hint', id, { sense: hint.sense, heardAt: hint.heardAt, says: hint.says }, needs, {
    ...who,
    hints: { ids: [hint.id], count: 1 },
  });
}

/** What was found and judged. `repeats`: how many looks have come to the last recorded decision again. */
export function decisionEntry(
  id: KeyId,
  decision: Decision,
  hints: readonly Hint[],
  repeats: number,
  needs: Needs,
): AuditEntry {
  const findings = decision.judgements.map(({ finding, verdict }) => ({
    rule: finding.rule,
    version: finding.version,
    since: finding.since,
    summary: finding.summary,
    verdict: spellVerdict(verdict),
  }));
  const by = named(hints);
  return entry(
    'decision',
    id,
    { findings, contested: decision.contested, repeatsOfTheLast: repeats },
    needs,
    by === undefined ? {} : { hints: by },
  );
}

/** What would have been written, and why it was not. */
export function withheldEntries(id: KeyId, decision: Decision, needs: Needs): readonly AuditEntry[] {
  return decision.judgements.flatMap(({ finding, verdict }) => {
    const about = { ...id, ...(finding.version === undefined ? {} : { version: finding.version }) };
    if (verdict.kind === 'withheld')
      return [
        entry('withheld', about, { rule: finding.rule, because: verdict.because, action: verdict.action }, needs),
      ];
    if (verdict.kind === 'approved')
      return [entry('withheld', about, { rule: finding.rule, because: 'approved', approval: verdict.approval }, needs)];
    return [];
  });
}

/** What is about to be written to a vault. @param more who does it, where that is a person */
export const intentEntry = (
  id: KeyId,
  intent: Intent,
  needs: Needs,
  more: Pick<Partial<AuditEntry>, 'who'> = {},
): AuditEntry => entry('intent', subjectOf(id, intent), { intent: intent.id, action: intent.action }, needs, more);

/** What came of an intent, how long it took from intent to outcome, and whether a later worker found out by reading. */
export const outcomeEntry = (
  id: KeyId,
  intent: Intent,
  outcome: Outcome,
  needs: Needs,
  closedLater = false,
  more: Pick<Partial<AuditEntry>, 'who'> = {},
): AuditEntry =>
  entry(
    'outcome',
    subjectOf(id, intent),
    { intent: intent.id, ...outcome, tookMs: needs.now().getTime() - intent.at.getTime(), closedLater },
    needs,
    more,
  );

function subjectOf(id: KeyId, { action }: Intent): AuditEntry['subject'] {
  const version = versionOf(action);
  return version === undefined ? id : { ...id, version };
}
