import type { Action, Intent, Outcome, UndoneFinding } from '../domain/decision.ts';
import type { KeyId, ObservedKey } from '../domain/key.ts';
import type { KeyRecord, RegisterChange } from '../domain/register.ts';
import type { Ports } from '../ports.ts';
import { withChanges } from '../register/changes.ts';
import { registerEntry } from '../trail/entries.ts';
import type { Sent } from './act.ts';
import { isShown, showsAtOnce } from './actions.ts';
import { afterWriting } from './next-record.ts';

/** What came of an intent, by what the vault shows now. */
export function outcomeOf(intent: Intent, answered: Outcome, observed: ObservedKey): Outcome {
  if (isShown(intent.action, observed)) return { kind: 'done' };
  if (answered.kind === 'failed') return answered;
  if (!showsAtOnce(intent.action)) return answered;
  const why = answered.kind === 'unknown' ? `${answered.because} ` : '';
  return { kind: 'failed', because: `${why}Reading back does not show it.` };
}

/** An intent with how it ended. */
export type Ended = Pick<Sent, 'intent' | 'outcome'>;
/** What the vault took or may have taken. */
export const tookBy = (sent: readonly Ended[]): readonly UndoneFinding[] =>
  sent.flatMap(({ intent, outcome }) => (mayHaveTaken(outcome) ? intent.findings : []));

const writtenBy = (sent: readonly Ended[]): readonly Action[] =>
  sent.flatMap(({ intent: { action }, outcome }) => (mayHaveTaken(outcome) ? [action] : []));

function mayHaveTaken(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'done':
    case 'begun':
    case 'unknown':
      return true;
    case 'failed':
      return false;
    default:
      return outcome satisfies never;
  }
}

/** Why an outcome is none, in words; `undefined` where it is one. */
export const failureOf = (outcome: Outcome): string | undefined =>
  outcome.kind === 'failed' || outcome.kind === 'unknown' ? outcome.because : undefined;

/** The register's row after writes: what was undone, what is coming back, and the dates that had to become others. */
export async function afterSending(
  id: KeyId,
  record: KeyRecord,
  sent: readonly Ended[],
  ports: Ports,
): Promise<KeyRecord> {
  const now = ports.now();
  const undone = [...record.undone];
  for (const { version, since, previous } of tookBy(sent)) {
    if (!undone.some((other) => other.version === version && other.since.getTime() === since.getTime()))
      undone.push({ version, since, previous, at: now });
  }
  const approved = sent.flatMap(({ intent, outcome }) => (outcome.kind === 'done' ? approvedBy(intent, record) : []));
  if (approved.length > 0)
    await ports.trail.appendRegister(
      id.vault,
      approved.map((change) => registerEntry(id, change, ports)),
    );
  // One that nobody answered may not have begun: it is sent again where the key still shows the same deletion.
  const recovering = sent.flatMap(({ intent: { action }, outcome }) =>
    action.kind === 'recover-key' && outcome.kind === 'begun' ? [{ since: now, deletedOn: action.deletedOn }] : [],
  )[0];
  return withChanges(
    { ...afterWriting(record, writtenBy(sent)), undone, ...(recovering === undefined ? {} : { recovering }) },
    approved,
  );
}

/** Dates that were put back as near as Azure allows become the approved ones. */
export function approvedBy({ action, approves }: Intent, record: KeyRecord): readonly RegisterChange[] {
  if (action.kind !== 'restore-version' || approves === undefined) return [];
  const known = record.versions[action.version];
  if (known?.approved === undefined) return [];
  const { notBefore = known.approved.notBefore, expiresOn = known.approved.expiresOn } = approves;
  return [
    {
      kind: 'approve-version',
      version: action.version,
      created: known.created,
      approved: { ...known.approved, notBefore, expiresOn },
      because: 'a date that was set cannot be taken away',
    },
  ];
}
