import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision, Ended } from '../domain/decision.ts';
import type { Hint, Inspection } from '../domain/hint.ts';
import { spellSubject } from '../domain/subject.ts';
import { RowUnreadable } from '../errors.ts';
import { hourOf } from '../incidents/draft.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { quarantine, wholeText } from '../incidents/quarantine.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { act, afterReading, failureOf } from './act.ts';
import { type Claim, claim, claimedBackSeconds, claimWith, releaseClaim } from './claim.ts';
import type { Decided, Guarded, GuardOf, SubjectGuard } from './guarded.ts';
import { outcomeEntry, recordedDecision } from './records.ts';
import { guardOf } from './registry.ts';

/** What an inspection came to, for who asked for it. */
export type Inspected =
  | { readonly kind: 'not-guarded' }
  /** Somebody else works on the subject. */
  | { readonly kind: 'busy' }
  /** Nobody can say how it is. */
  | { readonly kind: 'not-observed'; readonly because: string }
  | {
      readonly kind: 'ended';
      readonly decision: Decision;
      readonly ended: readonly Ended[];
      readonly failure: string | undefined;
    };

/**
 * Inspects one subject now: claims it, reads it as it is, decides, acts, reads back, records and alerts. Waking it twice,
 * in any order, from two instances, or again after a crash, leads to the same end. Throws where storage does not take what
 * must be recorded, so that the platform delivers the message again; nothing was written to the vault then.
 */
export async function inspect(message: Inspection, ports: Ports, guards: GuardOf = guardOf): Promise<void> {
  const guard = guards(message.subject);
  if (guard === undefined) {
    const because = `nothing here guards a ${message.subject.kind}`;
    return quarantine({ content: wholeText(message), because }, 'inspections', ports);
  }
  const came = await inspectOnce(message, guard, ports);
  // Who works on the subject, or took it over, does not know what this message says.
  if (came.kind === 'busy') await ports.queues.inspections.send(message, claimedBackSeconds(ports));
}

/** One inspection under one guard. The guardian's own, or that of a person who restores. */
export async function inspectOnce(message: Inspection, guard: SubjectGuard, ports: Ports): Promise<Inspected> {
  if (!guard.isGuarded(ports.policy)) return { kind: 'not-guarded' };
  const mine = await claim(message.subject, ports);
  if (mine === undefined) return { kind: 'busy' };
  const { inspected, left } = await underClaim(message, guard, mine, ports);
  if (left !== undefined) await releaseClaim(left, ports);
  return inspected;
}

/** What an inspection came to, and the claim to release: none where somebody took it over, or where it has to go on naming what is open. */
interface UnderClaim {
  readonly inspected: Inspected;
  readonly left: Claim | undefined;
}

/**
 * A row that cannot be read would not get better by being read again: that is alerted, and nothing is written. After any
 * other failure the subject is free again at once where nothing was meant to be written: a claim that has intents by now
 * is another row, and stays.
 */
async function underClaim(message: Inspection, guard: SubjectGuard, mine: Claim, ports: Ports): Promise<UnderClaim> {
  try {
    return await work(message, guard, mine, ports);
  } catch (error) {
    if (error instanceof RowUnreadable) {
      await guard.unreadable(message, error, ports);
      return notObserved(error.message, mine);
    }
    if (mine.open.length > 0) throw error;
    const [released] = await Promise.allSettled([releaseClaim(mine, ports)]);
    if (released.status === 'fulfilled') throw error;
    const what = `Inspecting ${spellSubject(message.subject)} failed, and so did giving it back.`;
    throw new AggregateError([error, released.reason], what);
  }
}

const notObserved = (because: string, mine: Claim): UnderClaim => ({
  inspected: { kind: 'not-observed', because },
  left: mine.open.length === 0 ? mine : undefined,
});

async function work(message: Inspection, guard: SubjectGuard, mine: Claim, ports: Ports): Promise<UnderClaim> {
  const begun = await guard.begin(message, ports);
  if (begun.kind === 'not-observed') return notObserved(begun.because, mine);
  const closed = await closeOpen({ guarded: begun.guarded, claim: mine, before: begun.before, ended: [] }, ports);
  const worked = await actUntilDone(closed, message.hints, ports);
  if (worked === 'lost-claim') return { inspected: { kind: 'busy' }, left: undefined };
  const { progress, decision, failure, isUnread } = worked;
  const { guarded, before, ended } = progress;
  // What took longer than the claim may be somebody else's by now: then they conclude.
  const still = await claimWith(progress.claim, [], ports);
  if (before.length > 0) await append(guarded, before, ports);
  if (still === undefined) return { inspected: { kind: 'busy' }, left: undefined };
  await guarded.conclude({ decision, ended, failure });
  // What nobody could read back stays open in the claim: whoever takes it over closes it by reading.
  return { inspected: { kind: 'ended', decision, ended, failure }, left: isUnread ? undefined : still };
}

/** How far an inspection has come. */
interface Progress {
  readonly guarded: Guarded;
  readonly claim: Claim;
  /** Records that go to the trail with the next append. */
  readonly before: readonly AuditEntry[];
  readonly ended: readonly Ended[];
}

/** Closes, by what the vault shows, the intents that a worker before us left open. */
async function closeOpen(progress: Progress, ports: Ports): Promise<Progress> {
  const { guarded, claim: mine, before } = progress;
  if (mine.open.length === 0) return progress;
  const closed = mine.open.map((intent) =>
    afterReading(
      { intent, outcome: { kind: 'unknown', because: 'The worker before stopped.' }, isTaken: true },
      guarded.isShown(intent.action),
    ),
  );
  // Until people are alerted, the claim goes on naming those that took hold.
  const open = closed.filter(({ outcome }) => outcome.kind !== 'failed').map(({ intent }) => intent);
  return {
    guarded: await guarded.withEnded(closed.filter(({ outcome }) => outcome.kind !== 'failed')),
    claim: { ...mine, open },
    before: [...before, ...closed.map((one) => outcomeEntry(one, ports, true))],
    ended: closed.filter(({ outcome }) => outcome.kind !== 'failed'),
  };
}

/** Rounds in one inspection: act, read back, act on what only showed then, read back. */
const MOST_ROUNDS = 3;

/** How acting ended. */
interface Worked {
  readonly progress: Progress;
  readonly decision: Decision;
  readonly failure: string | undefined;
  /** Whether the last writes could not be read back. */
  readonly isUnread: boolean;
}

/** Decides, acts and reads back, until there is nothing left to do, something fails, or three rounds are over. */
async function actUntilDone(begun: Progress, hints: readonly Hint[], ports: Ports): Promise<Worked | 'lost-claim'> {
  let progress = begun;
  for (let round = 1; ; round += 1) {
    const decided = progress.guarded.decide(ports.now());
    const { decision } = decided;
    progress = await noted(progress, decided, hints, ports);
    const worked = { decision, failure: undefined, isUnread: false };
    if (decision.actions.length === 0) return { ...worked, progress };
    const acted = await act(progress.guarded, decided, progress.claim, progress.before, ports);
    if (acted.kind === 'lost-claim') return acted.kind;
    progress = { ...progress, claim: acted.claim, before: [] };
    if (acted.kind === 'sent') {
      const back = await readBack(progress, acted.sent, ports);
      progress = back.progress;
      const { failure, isUnread } = back;
      if (failure !== undefined || round === MOST_ROUNDS) return { progress, decision, failure, isUnread };
    } else if (acted.by === 'approvals-changed' && round === MOST_ROUNDS)
      return { ...worked, progress, failure: 'approvals change all the time' };
    // What people said meanwhile shows in the next round's decision.
    progress = { ...progress, guarded: await progress.guarded.withWords() };
  }
}

/** Takes note of a decision: the record of it goes to the trail with the next append. */
async function noted(
  progress: Progress,
  { decision, takeNote }: Decided,
  hints: readonly Hint[],
  ports: Ports,
): Promise<Progress> {
  const { guarded, before } = progress;
  const { entries, remembered } = recordedDecision(guarded.subject, decision, hints, guarded.lastDecision, ports);
  return {
    ...progress,
    guarded: await takeNote(remembered),
    before: [...before, ...entries],
  };
}

/** Believed by reading back, not by an answer. */
async function readBack(
  progress: Progress,
  sent: readonly Ended[],
  ports: Ports,
): Promise<Pick<Worked, 'progress' | 'failure' | 'isUnread'>> {
  const back = await progress.guarded.readBack();
  const guarded = back.kind === 'read' ? back.guarded : progress.guarded;
  const ended = back.kind === 'read' ? sent.map((one) => afterReading(one, guarded.isShown(one.intent.action))) : sent;
  const failed = ended.map(failureOf).find((because) => because !== undefined);
  const next = {
    ...progress,
    guarded: await guarded.withEnded(ended),
    before: ended.map((one) => outcomeEntry(one, ports, false, guarded.who)),
    ended: [...progress.ended, ...ended],
  };
  if (back.kind === 'read') return { progress: next, failure: failed, isUnread: false };
  return { progress: next, failure: failed ?? `it cannot be read back: ${back.because}`, isUnread: true };
}

/** Appends, and alerts operators where the trail's storage did not take it. */
async function append({ subject }: Guarded, entries: readonly AuditEntry[], ports: Ports): Promise<void> {
  if ((await ports.trail.append(entries)) === 'appended') return;
  const about = subject.kind === 'key' ? ({ kind: 'vault', vault: subject.vault } as const) : subject;
  await openIncident(guardianUnwell.draft('trail-spooled', hourOf(ports.now()), '', about), ports);
}
