import { type Action, factsOf } from '../domain/actions/registry.ts';
import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import {
  type Decision,
  type Ended,
  type Intent,
  type IntentRow,
  type Outcome,
  undoneBy,
  undoneFinding,
} from '../domain/decision.ts';
import { attributeChange } from '../domain/key.ts';
import { partitionOf, spellSubject } from '../domain/subject.ts';
import type { Answer, Conflict } from '../domain/vault.ts';
import { together } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';
import { type Claim, claimWith, hasEnded } from './claim.ts';
import type { Guarded, MayWrite } from './guarded.ts';
import { intentEntry, notSentEntry } from './records.ts';

/** The result of sending the actions of one decision. */
export type Acted =
  /** The claim ended or was taken over: the next owner of the claim does the rest. */
  | { readonly kind: 'lost-claim' }
  | {
      readonly kind: 'acted';
      readonly claim: Claim;
      /** The intents that were sent, with their answers. */
      readonly sent: readonly Ended[];
      /** Why the rest was not sent: a hold or an approval was changed after the decision. */
      readonly stoppedBy?: Exclude<MayWrite['kind'], 'yes'>;
    };

/**
 * Sends the actions of a decision, fifty at most: the next round sends the rest. Before anything is sent, the intents are in
 * the trail, in the claim and in the table of intents, and holds and approvals are read again. Throws where storage does not
 * accept the intents: then nothing is sent.
 */
export async function act(
  guarded: Guarded,
  decision: Decision,
  claim: Claim,
  before: readonly AuditEntry[],
  ports: Ports,
): Promise<Acted> {
  const intents = intentsOf(decision, ports);
  const { claimed, rows, mayWrite } = await prepared(guarded, intents, claim, before, ports);
  const lost = async (unsent: readonly Stored<IntentRow>[]): Promise<Acted> => {
    await forget(unsent, ports);
    return { kind: 'lost-claim' };
  };
  if (claimed === undefined) return lost(rows);
  const sent: Ended[] = [];
  // One after the other: the service answers parallel writes to one key with conflicts. They may take a while, so each
  // asks again whether the subject is still ours and whether people still want it.
  for (const [nth, intent] of intents.entries()) {
    const word = nth === 0 ? mayWrite : await guarded.mayWrite();
    if (hasEnded(claimed, ports.now())) return lost(rows.slice(nth));
    if (word.kind !== 'yes') {
      await withhold(intents.slice(nth), rows.slice(nth), word, ports);
      return { kind: 'acted', claim: claimed, sent, stoppedBy: word.kind };
    }
    const answer = await factsOf(intent.action).send(ports, intent.id);
    const outcome = answeredOutcome(answer);
    sent.push({ intent, outcome, isTaken: outcome.kind !== 'failed' });
    // What may have been done all the same keeps its intent, which explains its audit record if one comes.
    if (outcome.kind === 'failed' && outcome.mayBeDone !== true) await forget(rows.slice(nth, nth + 1), ports);
  }
  return { kind: 'acted', claim: claimed, sent };
}

/** Writes of one round at most: they are sent one after the other, and their intents have to fit into the claim's row. */
const MOST_AT_ONCE = 50;

/** The intents of a decision's actions, fifty at most. @param by the person who acts; `undefined` where the guardian does */
export const intentsOf = (decision: Decision, needs: Pick<Ports, 'newId' | 'now'>, by?: Actor): readonly Intent[] =>
  decision.actions.slice(0, MOST_AT_ONCE).map((action) => ({ ...intentOf(action, decision, needs), by }));

/** The intent of an action: the findings that it undoes, and the dates that become approved once it is done. */
function intentOf(action: Action, decision: Decision, { newId, now }: Pick<Ports, 'newId' | 'now'>): Intent {
  const undone = undoneBy(action, decision);
  const dates = undone.flatMap(({ approves }) => approves ?? []);
  const approves = dates.length === 0 ? undefined : attributeChange.parse(Object.assign({}, ...dates));
  return { id: newId(), at: now(), action, findings: undone.map((one) => undoneFinding.parse(one)), approves };
}

/** Holds and approvals are read again where recording took longer than this, in ms. */
const WORD_FRESH_MS = 75;

/** Records the intents in all three places at once. Where one of them fails, the intents are removed again. */
async function prepared(
  guarded: Guarded,
  intents: readonly Intent[],
  claim: Claim,
  before: readonly AuditEntry[],
  ports: Ports,
) {
  const { subject } = guarded;
  const beganMs = performance.now();
  const puts = intents.map((intent) => ports.tables.intents.put(partitionOf(subject), intent.id, intent));
  try {
    const [claimed, , rows, mayWrite] = await Promise.all([
      claimWith(claim, intents, ports),
      ports.trail.append([...before, ...intents.map((intent) => intentEntry(intent, ports))]),
      Promise.all(puts),
      guarded.mayWrite(),
    ]);
    const isFresh = performance.now() - beganMs < WORD_FRESH_MS;
    return { claimed, rows, mayWrite: isFresh ? mayWrite : await guarded.mayWrite() };
  } catch (error) {
    const put = (await Promise.allSettled(puts)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [forgotten] = await Promise.allSettled([forget(put, ports)]);
    if (forgotten.status === 'fulfilled') throw error;
    throw together([error, forgotten.reason], `The intents for ${spellSubject(subject)} could not be recorded.`);
  }
}

/** Removes the intents of writes that were not done: left behind, one could explain an act of an attacker who has the guardian's identity. */
export const forget = async (rows: readonly Stored<IntentRow>[], { tables }: Pick<Ports, 'tables'>): Promise<void> => {
  await Promise.all(rows.map((row) => tables.intents.remove(row)));
};

/** Records why intents were not sent. */
async function withhold(
  intents: readonly Intent[],
  rows: readonly Stored<IntentRow>[],
  word: Exclude<MayWrite, { kind: 'yes' }>,
  ports: Ports,
): Promise<void> {
  const why = word.kind === 'held' ? { because: 'hold', hold: word.hold } : { because: 'approvals changed' };
  await ports.trail.append(intents.map((intent) => notSentEntry(intent, why, ports)));
  await forget(rows, ports);
}

/** The outcome of a write by its answer alone, before anything was read back. */
export function answeredOutcome(
  answer: Answer<unknown> | Conflict,
): Exclude<Outcome, { kind: 'done' | 'already-rotated' }> {
  if (answer.kind === 'ok') return { kind: 'begun' };
  if (answer.kind === 'missing') return { kind: 'failed', because: 'not found' };
  const { message } = answer.error;
  // The service may have done what it did not answer: the next read shows that.
  if (answer.kind === 'unreachable') return { kind: 'unknown', because: message };
  const failed = { kind: 'failed', because: `${answer.kind}: ${message}` } as const;
  if (answer.kind === 'read-only') return { ...failed, mayBeDone: true };
  if (answer.kind === 'date-rejected') return { ...failed, refusedDate: {} };
  const longestDays = answer.kind === 'refused-by-policy' ? answer.longestDays : undefined;
  return longestDays === undefined ? failed : { ...failed, refusedDate: { longestDays } };
}

/** How an intent ended, by what the vault shows now. */
export function afterReading(before: Ended, isShown: boolean): Ended {
  const { intent, outcome } = before;
  // A version that somebody else made is none of ours; a state that somebody else restored is restored.
  if (isShown && outcome.kind === 'failed' && outcome.mayBeDone !== true && intent.action.kind === 'rotate-key')
    return { ...before, outcome: { kind: 'already-rotated', because: outcome.because } };
  if (isShown) return { ...before, outcome: { kind: 'done' }, isTaken: true };
  if (outcome.kind === 'failed' || !factsOf(intent.action).showsAtOnce) return before;
  const why = outcome.kind === 'unknown' ? `${outcome.because} ` : '';
  return { ...before, outcome: { kind: 'failed', because: `${why}Reading back does not show it.` } };
}

/** Why an intent failed or its outcome is unknown; `undefined` otherwise. */
export const failureOf = ({ outcome }: Ended): string | undefined =>
  outcome.kind === 'failed' || outcome.kind === 'unknown' ? outcome.because : undefined;
