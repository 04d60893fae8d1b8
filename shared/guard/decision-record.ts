import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision } from '../domain/decision.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import type { Ports } from '../ports.ts';
import { decisionEntry, withheldEntries } from './entries.ts';

/** A decision equal to the last recorded one is counted, not recorded. */
export function decisionEntries(
  id: KeyId,
  decision: Decision,
  hints: readonly Hint[],
  { lastDecision }: KeyRecord,
  ports: Ports,
): readonly AuditEntry[] {
  if (lastDecision?.hash === hashOf(decision)) return [];
  if (lastDecision === undefined && decision.judgements.length === 0) return [];
  return [
    decisionEntry(id, decision, hints, lastDecision?.repeats ?? 0, ports),
    ...withheldEntries(id, decision, ports),
  ];
}

/** The last recorded decision, with how often it has been come to since. */
export function repeated(
  decision: Decision,
  { lastDecision }: KeyRecord,
  hints: readonly Hint[],
): KeyRecord['lastDecision'] {
  const hash = hashOf(decision);
  if (lastDecision?.hash !== hash) return { hash, repeats: 0 };
  return hints.length === 0 ? lastDecision : { hash, repeats: lastDecision.repeats + hints.length };
}

function hashOf({ judgements }: Decision): string {
  const said = judgements.map(({ finding, verdict }) => [
    finding.rule,
    finding.version,
    finding.since.getTime(),
    verdict.kind,
    'because' in verdict ? verdict.because : '',
  ]);
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
}
