import { readApprovals, readHolds } from '../approvals/read.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision, UndoneFinding } from '../domain/decision.ts';
import type { Hint } from '../domain/hint.ts';
import type { Hold } from '../domain/hold.ts';
import type { KeyId, ObservedKey } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import type { Ports } from '../ports.ts';
import { withChanges } from '../register/changes.ts';
import { registerEntry } from '../trail/entries.ts';
import { act, type Sent } from './act.ts';
import type { Claim } from './claim.ts';
import { decide, type Given } from './decide.ts';
import { decisionEntries, repeated } from './decision-record.ts';
import { outcomeEntry } from './entries.ts';
import { distrusts } from './heard.ts';
import { afterLook } from './next-record.ts';
import { firstReads, observe } from './observe.ts';
import { afterSending, failureOf, outcomeOf, tookBy } from './outcomes.ts';

/** Looks in one inspection: undo, read back, undo what only showed then, read back. */
const MOST_ROUNDS = 3;

/** How far an inspection has come. */
export interface Progress {
  readonly claim: Claim;
  readonly observed: ObservedKey;
  /** When the reading of it began: what came to be later may not be in it. */
  readonly readAt: Date;
  readonly record: KeyRecord;
  /** Records that go to the trail with the next append. */
  readonly before: readonly AuditEntry[];
  /** What was undone, here or by a worker before us. */
  readonly undone: readonly UndoneFinding[];
}

/** How undoing ended. */
export type Undoing =
  /** Somebody else took the key over before anything more was written. */
  | { readonly kind: 'lost-claim' }
  | {
      readonly kind: 'ended';
      readonly progress: Progress;
      /** The last decision: what is still to do, and what is left to people. */
      readonly decision: Decision;
      /** What went wrong while undoing; `undefined` where nothing did. */
      readonly failure: string | undefined;
      /** Whether the last writes could not be read back. */
      readonly unread: boolean;
    };

/** What stays the same through all rounds. */
type Constant = Omit<Given, 'observed' | 'record' | 'now' | 'holds'>;

/** Closes, by what the vault shows, the intents that a worker before us left open. */
export async function closeOpen(id: KeyId, progress: Progress, ports: Ports): Promise<Progress> {
  const { claim, observed, readAt } = progress;
  if (claim.open.length === 0) return progress;
  const closed = claim.open.map((intent) => ({
    intent,
    outcome: outcomeOf(intent, { kind: 'unknown', because: 'The worker before stopped.' }, observed),
  }));
  const entries = closed.map(({ intent, outcome }) => outcomeEntry(id, intent, outcome, ports, true));
  // Until they are told, the claim goes on naming those that took hold.
  const open = closed.filter(({ outcome }) => outcome.kind !== 'failed').map(({ intent }) => intent);
  return {
    claim: { ...claim, open },
    observed,
    readAt,
    record: await afterSending(id, progress.record, closed, ports),
    before: [...progress.before, ...entries],
    undone: [...progress.undone, ...tookBy(closed)],
  };
}

/** Decides, undoes and reads back, until there is nothing left to undo, something fails, or three rounds are over. */
export async function undo(
  id: KeyId,
  begun: Progress,
  constant: Constant,
  holds: readonly Hold[],
  hints: readonly Hint[],
  ports: Ports,
): Promise<Undoing> {
  let progress = begun;
  let standing = holds;
  let { approvals } = constant;
  for (let round = 1; ; round += 1) {
    const { observed, record } = progress;
    const distrusted = distrusts(record);
    const now = ports.now();
    const given: Given = {
      ...constant,
      approvals,
      observed,
      record: withChanges(record, distrusted),
      now,
      holds: standing,
    };
    const decision = decide(given);
    progress = await decided(
      id,
      progress,
      given,
      { ...decision, changes: [...distrusted, ...decision.changes] },
      hints,
      ports,
    );
    if (decision.actions.length === 0) return { kind: 'ended', progress, decision, failure: undefined, unread: false };

    const acted = await act(id, decision, approvals, progress.claim, progress.before, ports);
    if (acted.kind === 'lost-claim') return acted;
    progress = { ...progress, claim: acted.claim, before: [] };
    if (acted.kind === 'sent') {
      const back = await readBack(id, progress, acted.sent, ports);
      progress = back.progress;
      const { failure, unread } = back;
      if (failure !== undefined || round === MOST_ROUNDS) return { kind: 'ended', progress, decision, failure, unread };
    }
    if (acted.kind === 'overtaken' && round === MOST_ROUNDS)
      return { kind: 'ended', progress, decision, failure: 'approvals change all the time', unread: false };
    // What people said meanwhile shows in the next round's decision: nothing was sent.
    [standing, approvals] = await Promise.all([readHolds(ports), readApprovals(ports, id.vault)]);
  }
}

/** Notes a decision: what is approved from now on, in the register's stream, and the decision itself with the next append. */
async function decided(
  id: KeyId,
  progress: Progress,
  given: Given,
  decision: Decision,
  hints: readonly Hint[],
  ports: Ports,
): Promise<Progress> {
  const { record, before, readAt } = progress;
  const next = afterLook(given, decision, readAt);
  if (decision.changes.length > 0)
    await ports.trail.appendRegister(
      id.vault,
      decision.changes.map((change) => registerEntry(id, change, ports)),
    );
  return {
    ...progress,
    record: { ...next, lastDecision: repeated(decision, next, hints) },
    before: [...before, ...decisionEntries(id, decision, hints, record, ports)],
  };
}

/** Believed by reading back, not by an answer. */
async function readBack(
  id: KeyId,
  progress: Progress,
  written: readonly Sent[],
  ports: Ports,
): Promise<{ readonly progress: Progress; readonly failure: string | undefined; readonly unread: boolean }> {
  const reads = ports.reads(id.vault);
  const readAt = ports.now();
  const again = await observe(reads, id, await firstReads(reads, id), progress.record);
  const sent = written.map((one) => ({
    ...one,
    outcome: again.kind === 'observed' ? outcomeOf(one.intent, one.outcome, again.key) : one.outcome,
  }));
  const record = await afterSending(id, progress.record, sent, ports);
  const failed = sent.map(({ outcome }) => failureOf(outcome)).find((because) => because !== undefined);
  const next = {
    ...progress,
    before: sent.map(({ intent, outcome }) => outcomeEntry(id, intent, outcome, ports)),
    undone: [...progress.undone, ...tookBy(sent)],
  };
  if (again.kind === 'observed') {
    return { progress: { ...next, observed: again.key, readAt, record }, failure: failed, unread: false };
  }
  const failure = failed ?? `it cannot be read back: ${again.refusal.kind}`;
  return { progress: { ...next, record }, failure, unread: true };
}
