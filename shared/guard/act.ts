import { entry } from '../audit/entries.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Action, Decision, Intent, Outcome } from '../domain/decision.ts';
import { type Hold, holdOn } from '../domain/hold.ts';
import type { KeyId, ObservedKey } from '../domain/key.ts';
import { sameOperations } from '../domain/key.ts';
import { sameMoment } from '../domain/time.ts';
import type { Conflict, Missing, Refusal } from '../domain/vault.ts';
import type { Ports } from '../ports.ts';
import { readHolds } from '../register/people.ts';
import type { Row } from '../storage.ts';
import { type Claim, claimWith } from './claim.ts';
import { intentEntry } from './entries.ts';

/** What became of the writes. */
export type Acted =
  /** The claim ended or was taken over: what is left is for whoever claims the key next. */
  | { readonly kind: 'lost-claim' }
  /** A hold was set between deciding and writing; nothing was written. */
  | { readonly kind: 'held'; readonly claim: Claim }
  /** What was sent; a hold that was set meanwhile left out the rest. */
  | { readonly kind: 'sent'; readonly claim: Claim; readonly sent: readonly Sent[] };

/** A write with what came of it. */
export interface Sent {
  readonly intent: Intent;
  /** `done` only after reading back; what was sent has begun, failed, or is unknown. */
  readonly outcome: Outcome;
}

/**
 * Writes to the vault what was decided. The intents are in the trail, in the claim and in the table of intents before
 * anything is sent, and the holds are read again beside that. Throws where neither storage takes the intent: then
 * nothing is written.
 */
export async function act(
  id: KeyId,
  decision: Decision,
  claim: Claim,
  before: readonly AuditEntry[],
  ports: Ports,
): Promise<Acted> {
  const intents = decision.actions.map((action) => intentFor(action, decision, ports));
  const [claimed, , rows, holds] = await Promise.all([
    claimWith(claim, intents, ports),
    ports.trail.append(id.vault, [...before, ...intents.map((intent) => intentEntry(id, intent, ports))]),
    Promise.all(intents.map((intent) => ports.tables.intents.put(`${id.vault},${id.key}`, intent.id, intent))),
    readHolds(ports),
  ]);
  const lost = async (unsent: readonly Row[]): Promise<Acted> => {
    await forget(unsent, ports);
    return { kind: 'lost-claim' };
  };
  if (claimed === undefined) return lost(rows);
  const sent: Sent[] = [];
  // One after the other: the service answers parallel writes to one key with conflicts. They may take a while, so each
  // asks again whether the key is still ours and whether a person said stop.
  for (const [nth, intent] of intents.entries()) {
    const held = holdOn(nth === 0 ? holds : await readHolds(ports), id, ports.now());
    if (ports.now().getTime() >= claimed.until.getTime()) return lost(rows.slice(nth));
    if (held !== undefined) {
      await withhold(id, intents.slice(nth), rows.slice(nth), held, ports);
      return sent.length === 0 ? { kind: 'held', claim: claimed } : { kind: 'sent', claim: claimed, sent };
    }
    const one = await send(intent, ports);
    sent.push(one);
    if (one.outcome.kind === 'failed') await forget(rows.slice(nth, nth + 1), ports);
  }
  return { kind: 'sent', claim: claimed, sent };
}

/** What was not done explains no act: left behind, an intent would cover one by somebody else who has the identity. */
const forget = async (rows: readonly Row[], { tables }: Pick<Ports, 'tables'>): Promise<void> => {
  await Promise.all(rows.map((row) => tables.intents.remove(row)));
};

/** Says why intents were not sent. */
async function withhold(
  id: KeyId,
  intents: readonly Intent[],
  rows: readonly Row[],
  hold: Hold,
  ports: Ports,
): Promise<void> {
  await ports.trail.append(
    id.vault,
    intents.map((intent) =>
      entry('withheld', id, { intent: intent.id, because: 'hold', hold: hold.id, action: intent.action }, ports),
    ),
  );
  await forget(rows, ports);
}

/** An action with what it is about. */
export function intentFor(
  action: Action,
  { judgements }: Pick<Decision, 'judgements'>,
  { newId, now }: Pick<Ports, 'newId' | 'now'>,
): Intent {
  const undone = judgements.filter(
    ({ finding, verdict }) =>
      verdict.kind === 'undo' &&
      (action.kind === 'recover-key' ? finding.version === undefined : finding.version === action.version),
  );
  const findings = undone.map(({ finding: { rule, severity, version, since, stopsDisks, summary } }) => ({
    rule,
    severity,
    version,
    since,
    stopsDisks,
    summary,
  }));
  const approves = undone.flatMap(({ finding: { remedy } }) =>
    remedy.kind === 'restore' && remedy.approves !== undefined ? [remedy.approves] : [],
  );
  return {
    id: newId(),
    at: now(),
    action,
    findings,
    ...(approves.length === 0 ? {} : { approves: Object.assign({}, ...approves) }),
  };
}

async function send(intent: Intent, { writes }: Ports): Promise<Sent> {
  const { action } = intent;
  const vault = writes(action.vault);
  const answer =
    action.kind === 'recover-key'
      ? await vault.recover(action.key, intent.id)
      : await vault.update(action.key, action.version, action.change, intent.id);
  return answer.kind === 'ok' ? { intent, outcome: { kind: 'begun' } } : { intent, outcome: refused(answer) };
}

function refused(answer: Missing | Conflict | Refusal): Outcome {
  switch (answer.kind) {
    case 'missing':
      return { kind: 'failed', because: 'not found' };
    case 'unreachable':
      // The service may have done it: the next reading tells.
      return { kind: 'unknown', because: answer.error.message };
    case 'conflict':
    case 'throttled':
    case 'read-only':
    case 'forbidden-by-permission':
    case 'forbidden-by-firewall':
      return { kind: 'failed', because: `${answer.kind}: ${answer.error.message}` };
    default:
      return answer satisfies never;
  }
}

/** Whether the vault shows what an action was to bring about. Believed instead of any answer. */
export function isShown(action: Action, observed: ObservedKey): boolean {
  if (observed.kind !== 'present') return false;
  if (action.kind === 'recover-key') return observed.versions.length > 0;
  const version = observed.versions.find((candidate) => candidate.version === action.version);
  if (version === undefined) return false;
  const { enabled, notBefore, expiresOn, operations } = action.change;
  return (
    (enabled === undefined || version.enabled === enabled) &&
    (notBefore === undefined || sameMoment(version.notBefore, notBefore)) &&
    (expiresOn === undefined || sameMoment(version.expiresOn, expiresOn)) &&
    (operations === undefined ||
      (version.detail !== undefined && sameOperations(version.detail.operations, operations)))
  );
}
