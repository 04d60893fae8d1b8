import { readApprovals, readHolds } from '../approvals/read.ts';
import type { Approval } from '../domain/approval.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Action, Decision, Intent, Outcome } from '../domain/decision.ts';
import { type Hold, holdOn } from '../domain/hold.ts';
import { type AttributeChange, type KeyId, spell } from '../domain/key.ts';
import type { Answer, Conflict, VaultWrites } from '../domain/vault.ts';
import type { Ports } from '../ports.ts';
import type { Row } from '../storage.ts';
import { entry } from '../trail/entries.ts';
import { isAbout } from './actions.ts';
import { type Claim, claimWith } from './claim.ts';
import { intentEntry } from './entries.ts';

/** What became of the writes. */
export type Acted =
  /** The claim ended or was taken over: what is left is for whoever claims the key next. */
  | { readonly kind: 'lost-claim' }
  /** A hold was set between deciding and writing; nothing was written. */
  | { readonly kind: 'held'; readonly claim: Claim }
  /** An approval was given, or taken back, between deciding and writing; nothing was written. */
  | { readonly kind: 'overtaken'; readonly claim: Claim }
  /** What was sent; a hold that was set meanwhile left out the rest. */
  | { readonly kind: 'sent'; readonly claim: Claim; readonly sent: readonly Sent[] };

/** Writes of one round at most: they wait for each other, and their intents have to fit the row of the claim. */
const MOST_AT_ONCE = 50;

/** A write with what came of it. */
export interface Sent {
  readonly intent: Intent;
  /** `done` only after reading back; what was sent has begun, failed, or is unknown. */
  readonly outcome: Outcome;
}

/**
 * Writes to the vault what was decided, fifty versions at most: the next round takes the rest. The intents are in the
 * trail, in the claim and in the table of intents before anything is sent; the holds and the approvals are read again
 * beside that. Throws where neither storage takes the intent: then nothing is written.
 *
 * @param approvals those that the decision rests on
 */
export async function act(
  id: KeyId,
  decision: Decision,
  approvals: readonly Approval[],
  claim: Claim,
  before: readonly AuditEntry[],
  ports: Ports,
): Promise<Acted> {
  const intents = decision.actions.slice(0, MOST_AT_ONCE).map((action) => intentFor(action, decision, ports));
  const { claimed, rows, holds, standing } = await prepared(id, intents, claim, before, ports);
  const lost = async (unsent: readonly Row[]): Promise<Acted> => {
    await forget(unsent, ports);
    return { kind: 'lost-claim' };
  };
  if (claimed === undefined) return lost(rows);
  if (counting(standing, id) !== counting(approvals, id)) {
    await withhold(id, intents, rows, { because: 'approvals changed' }, ports);
    return { kind: 'overtaken', claim: claimed };
  }
  const sent: Sent[] = [];
  // One after the other: the service answers parallel writes to one key with conflicts. They may take a while, so each
  // asks again whether the key is still ours and whether a person said stop.
  for (const [nth, intent] of intents.entries()) {
    const held = holdOn(nth === 0 ? holds : await readHolds(ports), id, ports.now());
    if (ports.now().getTime() >= claimed.until.getTime()) return lost(rows.slice(nth));
    if (held !== undefined) {
      await withhold(id, intents.slice(nth), rows.slice(nth), { because: 'hold', hold: held.id }, ports);
      return sent.length === 0 ? { kind: 'held', claim: claimed } : { kind: 'sent', claim: claimed, sent };
    }
    const answer = await send(intent, ports.writes(id.vault));
    const outcome = answeredOutcome(answer);
    sent.push({ intent, outcome });
    // A 503 does not say whether it was done: should its record come, the intent explains it.
    if (outcome.kind === 'failed' && answer.kind !== 'read-only') await forget(rows.slice(nth, nth + 1), ports);
  }
  return { kind: 'sent', claim: claimed, sent };
}

/** The holds are read again where recording took longer than this, in ms: a person may have said stop meanwhile. */
const HOLDS_FRESH_MS = 75;

/** What may cover an act on the key: what somebody only asked for covers nothing, and must not keep an attack. */
const counting = (approvals: readonly Approval[], { key }: KeyId): string =>
  JSON.stringify(approvals.filter((one) => one.granted !== undefined && (one.key === '*' || one.key === key)));

/** Records what is meant, everywhere at once. Where any of it fails, nothing is meant any more. */
async function prepared(
  id: KeyId,
  intents: readonly Intent[],
  claim: Claim,
  before: readonly AuditEntry[],
  ports: Ports,
): Promise<{
  readonly claimed: Claim | undefined;
  readonly rows: readonly Row[];
  readonly holds: readonly Hold[];
  readonly standing: readonly Approval[];
}> {
  const beganMs = performance.now();
  const puts = intents.map((intent) => ports.tables.intents.put(`${id.vault},${id.key}`, intent.id, intent));
  try {
    const [claimed, , rows, holds, standing] = await Promise.all([
      claimWith(claim, intents, ports),
      ports.trail.append(id.vault, [...before, ...intents.map((intent) => intentEntry(id, intent, ports))]),
      Promise.all(puts),
      readHolds(ports),
      readApprovals(ports, id.vault),
    ]);
    const areFresh = performance.now() - beganMs < HOLDS_FRESH_MS;
    return { claimed, rows, standing, holds: areFresh ? holds : await readHolds(ports) };
  } catch (error) {
    const put = (await Promise.allSettled(puts)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [forgotten] = await Promise.allSettled([forget(put, ports)]);
    if (forgotten.status === 'fulfilled') throw error;
    throw new AggregateError([error, forgotten.reason], `What was meant for ${spell(id)} could not be recorded.`);
  }
}

/** What was not done explains no act: left behind, an intent would cover one by somebody else who has the identity. */
export const forget = async (rows: readonly Row[], { tables }: Pick<Ports, 'tables'>): Promise<void> => {
  await Promise.all(rows.map((row) => tables.intents.remove(row)));
};

/** Says why intents were not sent. */
async function withhold(
  id: KeyId,
  intents: readonly Intent[],
  rows: readonly Row[],
  why: { readonly because: string; readonly hold?: string },
  ports: Ports,
): Promise<void> {
  await ports.trail.append(
    id.vault,
    intents.map((intent) => entry('withheld', id, { intent: intent.id, ...why, action: intent.action }, ports)),
  );
  await forget(rows, ports);
}

/** An action with what it is about. */
export function intentFor(
  action: Action,
  { judgements }: Pick<Decision, 'judgements'>,
  { newId, now }: Pick<Ports, 'newId' | 'now'>,
): Intent {
  const undone = judgements.filter(({ finding, verdict }) => verdict.kind === 'undo' && isAbout(action, finding));
  const findings = undone.map(({ finding: { rule, severity, version, since, previous, stopsDisks, summary } }) => ({
    rule,
    severity,
    version,
    since,
    previous,
    stopsDisks,
    summary,
  }));
  const dates = undone.flatMap(({ finding: { remedy } }) =>
    remedy.kind === 'restore' && remedy.approves !== undefined ? [remedy.approves] : [],
  );
  const approves: AttributeChange = {};
  for (const date of dates) Object.assign(approves, date);
  return {
    id: newId(),
    at: now(),
    action,
    findings,
    ...(dates.length === 0 ? {} : { approves }),
  };
}

/** Sends the write of an intent, under its id, and gives what the vault answered. */
export function send({ id, action }: Intent, writes: VaultWrites): Promise<Answer<unknown> | Conflict> {
  switch (action.kind) {
    case 'recover-key':
      return writes.recover(action.key, id);
    case 'restore-version':
      return writes.update(action.key, action.version, action.change, id);
    default:
      return action satisfies never;
  }
}

/** What an answer says of a write, before anything was read back. */
export function answeredOutcome(answer: Answer<unknown> | Conflict): Outcome {
  switch (answer.kind) {
    case 'ok':
      return { kind: 'begun' };
    case 'missing':
      return { kind: 'failed', because: 'not found' };
    case 'unreachable':
      // The service may have done it: the next reading tells.
      return { kind: 'unknown', because: answer.error.message };
    case 'conflict':
    case 'throttled':
    case 'unauthenticated':
    case 'read-only':
    case 'forbidden-by-permission':
    case 'forbidden-by-firewall':
    case 'rejected':
      return { kind: 'failed', because: `${answer.kind}: ${answer.error.message}` };
    default:
      return answer satisfies never;
  }
}
