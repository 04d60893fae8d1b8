import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision, Ended } from '../domain/decision.ts';
import type { Hint, Inspection } from '../domain/hint.ts';
import { spellSubject, vaultSubject } from '../domain/subject.ts';
import { RowUnreadable, together, unlessStorageIsAway } from '../errors.ts';
import { hourOf } from '../incidents/draft.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { quarantine, wholeText } from '../incidents/quarantine.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { sealSoon } from '../trail/seal-due.ts';
import { act, afterReading, failureOf } from './act.ts';
import { type Claim, claim, claimedBackSeconds, releaseClaim, stillOurs } from './claim.ts';
import type { Guarded, GuardOf, Result, SubjectGuard } from './guarded.ts';
import { outcomeEntry, recordedDecision } from './records.ts';
import { guardOf } from './registry.ts';

/** The result of an inspection, for its caller. */
export type Inspected =
  | { readonly kind: 'not-guarded' }
  /** Another worker has the claim on the subject. */
  | { readonly kind: 'busy' }
  /** The subject could not be read. */
  | { readonly kind: 'not-observed'; readonly because: string }
  | ({ readonly kind: 'ended' } & Result);

/**
 * Inspects one subject now: claims it, reads it, decides, acts, reads back, records and alerts. A repeated message, one out
 * of order, two instances or a crash lead to the same result. Throws where storage does not accept a record that has to come
 * before the write: then nothing was written to the vault, and the platform delivers the message again.
 */
export async function inspect(message: Inspection, ports: Ports, guards: GuardOf = guardOf): Promise<void> {
  const guard = guards(message.subject);
  if (guard === undefined) {
    const because = `nothing here guards a ${message.subject.kind}`;
    return quarantine({ content: wholeText(message), because }, 'inspections', ports);
  }
  const came = await inspectOnce(message, guard, ports);
  // The worker that has the claim does not know the hints of this message: it is sent again.
  if (came.kind === 'busy') await ports.queues.inspections.send(message, claimedBackSeconds(ports));
  const next = came.kind === 'ended' ? guard.next?.(message, came) : undefined;
  if (next !== undefined) await inspectNext(message, next, ports);
}

/** As `inspectOnce`, after another guard. It leaves the subject to a worker who is faster, and to what one left open. */
async function inspectNext({ subject }: Inspection, guard: SubjectGuard, ports: Ports): Promise<void> {
  const mine = await claim(subject, ports);
  if (mine === undefined || mine.open.length > 0) return;
  const message = { subject, hints: [], attempt: 0 };
  await underClaim(message, guard, mine, ports, (begun) => undoAll(begun, [], ports));
}

/** One inspection under one guard. */
export async function inspectOnce(message: Inspection, guard: SubjectGuard, ports: Ports): Promise<Inspected> {
  // An undo waits for no reading of what the surveys found; what seems not to be guarded may have been found since.
  if (!guard.isGuarded(ports.policy)) {
    await ports.scope.refresh();
    if (!guard.isGuarded(ports.policy)) return { kind: 'not-guarded' };
  }
  const mine = await claim(message.subject, ports);
  if (mine === undefined) return { kind: 'busy' };
  return underClaim(message, guard, mine, ports, async (begun) =>
    undoAll(await closeOpen(begun, ports), message.hints, ports),
  );
}

/** The result of work, and the claim to release; `undefined` where another worker took the claim over, or where it still has open intents. */
export interface Worked<T> {
  readonly result: T;
  readonly left: Claim | undefined;
}
type NotObserved = Inspected & { readonly kind: 'not-observed' };

/**
 * Reads a subject under the claim, works on it, and releases the claim. A row that cannot be read is alerted, and nothing is
 * written: trying again would not help. After any other failure the claim is released at once where it has no intents; a
 * claim with intents stays.
 */
export async function underClaim<T>(
  message: Inspection,
  guard: SubjectGuard,
  mine: Claim,
  ports: Ports,
  work: (begun: Progress) => Promise<Worked<T>>,
): Promise<T | NotObserved> {
  const { result, left } = await worked(message, guard, mine, ports, work);
  if (left !== undefined) await releaseClaim(left, ports);
  return result;
}

async function worked<T>(
  message: Inspection,
  guard: SubjectGuard,
  mine: Claim,
  ports: Ports,
  work: (begun: Progress) => Promise<Worked<T>>,
): Promise<Worked<T | NotObserved>> {
  try {
    const begun = await guard.begin(message, ports, mine.open);
    if (begun.kind === 'not-observed') return notObserved(begun.because, mine);
    return await work({ guarded: begun.guarded, claim: mine, before: begun.before, ended: [] });
  } catch (error) {
    if (error instanceof RowUnreadable) {
      await guard.unreadable(message, error, ports);
      return notObserved(error.message, mine);
    }
    if (mine.open.length > 0) throw error;
    const [released] = await Promise.allSettled([releaseClaim(mine, ports)]);
    if (released.status === 'fulfilled') throw error;
    const what = `Inspecting ${spellSubject(message.subject)} failed, and so did releasing its claim.`;
    throw together([error, released.reason], what);
  }
}

const notObserved = (because: string, mine: Claim): Worked<NotObserved> => ({
  result: { kind: 'not-observed', because },
  left: mine.open.length === 0 ? mine : undefined,
});

/** Another worker took the claim over. */
export const LOST = { result: { kind: 'busy' }, left: undefined } as const satisfies Worked<Inspected>;

async function undoAll(begun: Progress, hints: readonly Hint[], ports: Ports): Promise<Worked<Inspected>> {
  const acted = await actUntilDone(begun, hints, ports);
  return acted === 'lost-claim' ? LOST : concluded(acted, ports);
}

/** Appends the records, alerts people and writes the subject's row. */
export async function concluded(
  { progress, decision, failure, isUnread }: Acted,
  ports: Ports,
): Promise<Worked<Inspected>> {
  const { guarded, before, ended } = progress;
  // What took longer than the claim may be somebody else's by now: then they conclude.
  const still = await stillOurs(progress.claim, ports);
  await append(guarded, before, ports);
  if (still === undefined) return LOST;
  const result = { decision, ended, failure };
  await guarded.conclude(result);
  if (ended.length > 0) await unlessStorageIsAway(() => sealSoon(ports));
  // What nobody could read back stays open in the claim: whoever takes it over closes it by reading.
  return { result: { kind: 'ended', ...result }, left: isUnread ? undefined : still };
}

/** The state of an inspection between two steps. */
export interface Progress {
  readonly guarded: Guarded;
  readonly claim: Claim;
  /** Records that are appended to the trail with the next ones. */
  readonly before: readonly AuditEntry[];
  readonly ended: readonly Ended[];
}

/** Closes the intents that an earlier worker left open, by what the vault shows. */
async function closeOpen(progress: Progress, ports: Ports): Promise<Progress> {
  const { guarded, claim: mine, before } = progress;
  if (mine.open.length === 0) return progress;
  const closed = mine.open.map((intent) =>
    afterReading(
      { intent, outcome: { kind: 'unknown', because: 'The earlier worker stopped.' }, isTaken: true, wasOpen: true },
      guarded.isShown(intent.action),
    ),
  );
  const ended = closed.filter(({ outcome }) => outcome.kind !== 'failed');
  return {
    guarded: await guarded.withEnded(ended),
    // Intents that were done stay in the claim until people are alerted of them.
    claim: { ...mine, open: ended.map(({ intent }) => intent) },
    before: [...before, ...closed.map((one) => outcomeEntry(one, ports, true))],
    ended,
  };
}

/** Rounds of one inspection at most: act and read back, then act on what reading back showed. */
const MOST_ROUNDS = 3;

/** The result of deciding, acting and reading back. */
interface Acted extends Omit<Result, 'ended'> {
  readonly progress: Progress;
  /** Whether the last writes could not be read back. */
  readonly isUnread: boolean;
}

/** Decides once, and notes it. */
export async function decided(
  progress: Progress,
  hints: readonly Hint[],
  ports: Ports,
): Promise<{ readonly progress: Progress; readonly decision: Decision }> {
  const { guarded, before } = progress;
  const { decision, takeNote } = guarded.decide(ports.now());
  const { entries, remembered } = recordedDecision(guarded.subject, decision, hints, guarded.lastDecision, ports);
  return {
    progress: { ...progress, guarded: await takeNote(remembered), before: [...before, ...entries] },
    decision,
  };
}

/** Decides, acts and reads back until nothing is left to do, something fails, or three rounds are over. */
async function actUntilDone(begun: Progress, hints: readonly Hint[], ports: Ports): Promise<Acted | 'lost-claim'> {
  let progress = begun;
  for (let round = 1; ; round += 1) {
    const { decision, ...noted } = await decided(progress, hints, ports);
    progress = noted.progress;
    const nothingFailed = { decision, failure: undefined, isUnread: false };
    if (decision.actions.length === 0) return { ...nothingFailed, progress };
    const acted = await act(progress.guarded, decision, progress.claim, progress.before, ports);
    if (acted.kind === 'lost-claim') return acted.kind;
    progress = { ...progress, claim: acted.claim, before: [] };
    if (acted.sent.length > 0) {
      const back = await readBack(progress, acted.sent, ports);
      progress = back.progress;
      const { failure, isUnread } = back;
      if (failure !== undefined || round === MOST_ROUNDS) return { progress, decision, failure, isUnread };
    } else if (acted.stoppedBy === 'approvals-changed' && round === MOST_ROUNDS)
      return { ...nothingFailed, progress, failure: 'approvals were changed in every round' };
    // A hold or an approval that was changed meanwhile counts in the next round's decision.
    progress = { ...progress, guarded: await progress.guarded.withWords() };
  }
}

/** Reads the subject back, and sets the outcome of each intent by what the vault shows, not by the answer. */
async function readBack(
  progress: Progress,
  sent: readonly Ended[],
  ports: Ports,
): Promise<Pick<Acted, 'progress' | 'failure' | 'isUnread'>> {
  const back = await progress.guarded.readBack();
  const guarded = back.kind === 'read' ? back.guarded : progress.guarded;
  const ended = back.kind === 'read' ? sent.map((one) => afterReading(one, guarded.isShown(one.intent.action))) : sent;
  const failed = ended.map(failureOf).find((because) => because !== undefined);
  const next = {
    ...progress,
    guarded: await guarded.withEnded(ended),
    before: ended.map((one) => outcomeEntry(one, ports)),
    ended: [...progress.ended, ...ended],
  };
  if (back.kind === 'read') return { progress: next, failure: failed, isUnread: false };
  return { progress: next, failure: failed ?? `it cannot be read back: ${back.because}`, isUnread: true };
}

/** Appends to the trail, and alerts operators where the records had to be spooled. */
async function append({ vault }: Guarded, entries: readonly AuditEntry[], ports: Ports): Promise<void> {
  if ((await ports.trail.append(entries)) === 'appended') return;
  await openIncident(guardianUnwell.draft('trail-spooled', hourOf(ports.now()), '', vaultSubject(vault)), ports);
}
