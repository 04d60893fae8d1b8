import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Decision, Intent, Outcome, UndoneFinding } from '../domain/decision.ts';
import type { Hint, Inspection } from '../domain/hint.ts';
import type { KeyId, ObservedKey } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { KeyRecord, RegisterChange } from '../domain/register.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import type { Refusal } from '../domain/vault.ts';
import { RegisterUnreadable } from '../errors.ts';
import { openIncident, readIncidents } from '../incidents/book.ts';
import { trailBehindDraft } from '../incidents/vault-drafts.ts';
import type { Ports } from '../ports.ts';
import { changeKey, type KeyRow, readKey, writeKey } from '../register/keys.ts';
import { readApprovals, readHolds } from '../register/people.ts';
import { tellUnreadable } from '../register/tell-unreadable.ts';
import { readBaseline, readSweep } from '../register/vaults.ts';
import { act, isShown, type Sent } from './act.ts';
import { CLAIMED_BACK_SECONDS, type Claim, claimKey, releaseClaim } from './claim.ts';
import { decide, type Given } from './decide.ts';
import { decisionEntry, hintEntry, outcomeEntry, registerEntry, withheldEntries } from './entries.ts';
import { distrusts, heardIncidents, withActs } from './heard.ts';
import { TOLD_AFTER_MS, tellOfKey, tellOfNews, unreadableDraft } from './key-incidents.ts';
import { afterLook, afterWriting, withChanges } from './next-record.ts';
import { firstReads, observe } from './observe.ts';
import { unexplainedActs } from './own-acts.ts';

/** Looks in one inspection: undo, read back, undo what only showed then, read back. */
const MOST_ROUNDS = 3;

/**
 * Looks at one key now: claims it, reads it as it is, decides, undoes, reads back, records and tells. Waking it twice, in
 * any order, from two instances, or again after a crash, leads to the same end. Throws where storage does not take what
 * must be recorded, so that the platform delivers the message again; nothing was written to the vault then.
 */
export async function inspect(message: Inspection, ports: Ports): Promise<void> {
  const id: KeyId = { vault: message.vault, key: message.key };
  if (!keyPolicy(ports.policy, id.vault, id.key).guarded) return;
  const claim = await claimKey(id, ports);
  if (claim === undefined) return ports.queues.inspections.send(message, CLAIMED_BACK_SECONDS);
  const ended = await lookUnlessUnreadable(id, message, claim, ports);
  if (ended !== undefined) await releaseClaim(ended, ports);
}

/** A row of the register that cannot be read would not get better by being read again: it is told, and nothing is written. */
async function lookUnlessUnreadable(
  id: KeyId,
  message: Inspection,
  claim: Claim,
  ports: Ports,
): Promise<Claim | undefined> {
  try {
    return await look(id, message, claim, ports);
  } catch (error) {
    if (!(error instanceof RegisterUnreadable)) throw error;
    await tellUnreadable(id, error, ports);
    return claim.open.length === 0 ? claim : undefined;
  }
}

/** Returns the claim to release; `undefined` where somebody took it over. */
async function look(id: KeyId, message: Inspection, claim: Claim, ports: Ports): Promise<Claim | undefined> {
  const reads = ports.reads(id.vault);
  const [first, known, approvals, holds, baseline, standing, swept] = await Promise.all([
    firstReads(reads, id),
    readKey(ports.tables.keys, id),
    readApprovals(ports, id.vault),
    readHolds(ports),
    readBaseline(ports.tables.vaults, id.vault),
    readIncidents(ports, id),
    readSweep(ports.tables.vaults, id.vault),
  ]);
  let record = withActs(known.record, message.hints, ports.now());
  const news = message.hints.filter((hint) => isNews(hint, known.record));
  // A message that comes again after a failure brings the same news: they are in the trail.
  const before: AuditEntry[] = message.attempt > 0 ? [] : news.map((hint) => hintEntry(id, hint, ports));
  const observation = await observe(reads, id, first, record);
  if (observation.kind === 'refused') {
    if (before.length > 0) await append(id, before, ports);
    await tellOfNews(
      id,
      [...heardIncidents(id, news, record, approvals, false), ...(await unexplainedActs(id, news, ports))],
      ports,
    );
    await cannotRead(id, message, known, record, observation.refusal, ports);
    return claim.open.length === 0 ? claim : undefined;
  }

  // Told before anything is written: delivered again after a crash, the record would meet the intents of this look.
  for (const { draft, id: incident } of await unexplainedActs(id, news, ports))
    await openIncident(draft, await readIncidents(ports, id), ports, incident);
  let observed = observation.key;
  const undone: UndoneFinding[] = [];
  let held = claim;
  if (claim.open.length > 0) {
    const closed = claim.open.map((intent) => ({
      intent,
      outcome: outcomeOf(intent, { kind: 'unknown', because: 'The worker before stopped.' }, observed),
    }));
    before.push(...closed.map(({ intent, outcome }) => outcomeEntry(id, intent, outcome, ports, true)));
    record = await afterSending(id, record, closed, ports);
    undone.push(...tookBy(closed));
    // Until they are told, the claim goes on naming those that took hold.
    held = { ...claim, open: closed.filter(({ outcome }) => outcome.kind !== 'failed').map(({ intent }) => intent) };
  }

  let failure: string | undefined;
  let decision: Decision | undefined;
  let unread = false;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const given: Given = {
      ...id,
      observed,
      record: withChanges(record, distrusts(record)),
      policy: keyPolicy(ports.policy, id.vault, id.key),
      now: ports.now(),
      listed: message.pass?.listed,
      baselineAccepted: baseline?.state === 'accepted',
      approvals,
      holds: round === 0 ? holds : await readHolds(ports),
      standing: message.pass?.standing,
      lastPassAt: message.pass === undefined ? swept?.state.lastPassAt : message.pass.lastPassAt,
    };
    decision = decide(given);
    const changes = [...distrusts(record), ...decision.changes];
    before.push(...decisionEntries(id, decision, message.hints, record, ports));
    record = afterLook(given, decision);
    record = { ...record, lastDecision: repeated(decision, record, message.hints) };
    if (changes.length > 0)
      await ports.trail.appendRegister(
        id.vault,
        changes.map((change) => registerEntry(id, change, ports)),
      );
    if (decision.actions.length === 0) break;

    const acted = await act(id, decision, held, before.splice(0), ports);
    if (acted.kind === 'lost-claim') {
      // Whoever took the key over has not heard what this message says.
      await ports.queues.inspections.send(message, CLAIMED_BACK_SECONDS);
      return undefined;
    }
    held = acted.claim;
    // The hold shows in the next round's decision: nothing was sent.
    if (acted.kind === 'held') continue;
    const again = await observe(reads, id, await firstReads(reads, id), record);
    if (again.kind === 'observed') observed = again.key;
    const sent = acted.sent.map((one) => ({
      ...one,
      outcome: again.kind === 'observed' ? outcomeOf(one.intent, one.outcome, again.key) : one.outcome,
    }));
    before.push(...sent.map(({ intent, outcome }) => outcomeEntry(id, intent, outcome, ports)));
    record = await afterSending(id, record, sent, ports);
    if (again.kind === 'observed') record = afterWriting(record, writtenBy(sent), again.key);
    undone.push(...tookBy(sent));
    unread = again.kind === 'refused';
    failure = sent.map(({ outcome }) => failureOf(outcome)).find((because) => because !== undefined);
    if (again.kind === 'refused') failure ??= `it cannot be read back: ${again.refusal.kind}`;
    if (failure !== undefined) break;
  }
  if (decision === undefined) return held;

  if (before.length > 0) await append(id, before, ports);
  const usable = observed.kind === 'present' && decision.judgements.length === 0;
  const heard = heardIncidents(id, news, record, approvals, usable);
  record = {
    ...record,
    failing: undefined,
    unwritable:
      failure === undefined ? undefined : { since: record.unwritable?.since ?? ports.now(), because: failure },
  };
  await tellOfKey(id, standing, { undone, decision, failure, heard, record }, ports);
  record = {
    ...record,
    nextLookAt: await lookAgain(id, message, decision, failure, record, ports),
  };
  await save(id, known, record, ports);
  // What nobody could read back stays open in the claim: whoever takes it over closes it by reading.
  return unread ? undefined : held;
}

/** Whether a hint says something of its own that the register has not heard: acts by people, refusals, our own acts. */
const isNews = (hint: Hint, record: KeyRecord): boolean =>
  hint.says.kind !== 'differs' &&
  hint.says.kind !== 'look-again' &&
  hint.says.kind !== 'new-version' &&
  !record.acts.some((act) => act.id === hint.id);

/** Appends, and tells where the trail's storage did not take it. */
async function append(id: KeyId, entries: readonly AuditEntry[], ports: Ports): Promise<void> {
  if ((await ports.trail.append(id.vault, entries)) === 'appended') return;
  await openIncident(trailBehindDraft(id.vault, ports.now()), await readIncidents(ports, { vault: id.vault }), ports);
}

/** What came of an intent, by what the vault shows now. */
function outcomeOf(intent: Intent, answered: Outcome, observed: ObservedKey): Outcome {
  if (isShown(intent.action, observed)) return { kind: 'done' };
  if (answered.kind === 'failed') return answered;
  // A recovery takes its time; an update that was answered shows at once.
  if (intent.action.kind === 'recover-key') return answered;
  const why = answered.kind === 'unknown' ? `${answered.because} ` : '';
  return { kind: 'failed', because: `${why}Reading back does not show it.` };
}

type Ended = Pick<Sent, 'intent' | 'outcome'>;
/** What the vault took or may have taken. */
const tookBy = (sent: readonly Ended[]): readonly UndoneFinding[] =>
  sent.flatMap(({ intent, outcome }) => (outcome.kind === 'failed' ? [] : intent.findings));

/** The versions that were written. */
const writtenBy = (sent: readonly Ended[]): readonly string[] =>
  sent.flatMap(({ intent: { action }, outcome }) =>
    action.kind === 'restore-version' && outcome.kind !== 'failed' ? [action.version] : [],
  );

const failureOf = (outcome: Outcome): string | undefined =>
  outcome.kind === 'failed' || outcome.kind === 'unknown' ? outcome.because : undefined;

/** The register's row after writes: what was undone, what is coming back, and the dates that had to become others. */
async function afterSending(id: KeyId, record: KeyRecord, sent: readonly Ended[], ports: Ports): Promise<KeyRecord> {
  const now = ports.now();
  const undone = [...record.undone];
  for (const { version, since } of tookBy(sent)) {
    if (!undone.some((other) => other.version === version && other.since.getTime() === since.getTime()))
      undone.push({ version, since, at: now });
  }
  const begun = sent.find(
    ({ intent, outcome }) =>
      intent.action.kind === 'recover-key' && (outcome.kind === 'begun' || outcome.kind === 'unknown'),
  );
  const action = begun?.intent.action;
  const recovering = action?.kind === 'recover-key' ? { recovering: { since: now, deletedOn: action.deletedOn } } : {};
  const approved = sent.flatMap(({ intent, outcome }) => (outcome.kind === 'done' ? approvedBy(intent, record) : []));
  if (approved.length > 0)
    await ports.trail.appendRegister(
      id.vault,
      approved.map((change) => registerEntry(id, change, ports)),
    );
  return withChanges({ ...record, undone, ...recovering }, approved);
}

/** Dates that were put back as near as Azure allows become the approved ones. */
function approvedBy({ action, approves }: Intent, record: KeyRecord): readonly RegisterChange[] {
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

/** A decision equal to the last recorded one is counted, not recorded. */
function decisionEntries(
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

function repeated(decision: Decision, { lastDecision }: KeyRecord, hints: readonly Hint[]): KeyRecord['lastDecision'] {
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

/** Asks for another look where something settles or failed; once, whoever asks. */
async function lookAgain(
  id: KeyId,
  message: Inspection,
  decision: Decision,
  failure: string | undefined,
  record: KeyRecord,
  ports: Ports,
): Promise<Date | undefined> {
  const planned = record.nextLookAt !== undefined && record.nextLookAt.getTime() > ports.now().getTime();
  if (failure !== undefined) {
    if (planned && message.attempt === 0) return record.nextLookAt;
    const delay = delaySeconds(message.attempt);
    await ports.queues.inspections.send({ ...message, attempt: message.attempt + 1 }, delay);
    return later(ports.now(), delay * SECOND_MS);
  }
  const seconds = decision.lookAgainInSeconds;
  if (seconds === undefined) return undefined;
  if (planned) return record.nextLookAt;
  await ports.queues.inspections.send(followUp(id, 'settling', message, ports), seconds);
  return later(ports.now(), seconds * SECOND_MS);
}

const followUp = (id: KeyId, why: string, { pass }: Inspection, { newId, now }: Ports): Inspection => ({
  ...id,
  hints: [{ id: newId(), sense: 'follow-up', heardAt: now(), says: { kind: 'look-again', why } }],
  attempt: 0,
  ...(pass === undefined ? {} : { pass }),
});

/** 1, 2, 4 … 60 s. */
const delaySeconds = (attempt: number): number => Math.min(60, 2 ** Math.min(attempt, 6));

/** A refusal to read is passing: look again later, and tell once it has lasted two minutes. It never means absent. */
async function cannotRead(
  id: KeyId,
  message: Inspection,
  known: KeyRow,
  record: KeyRecord,
  refusal: Refusal,
  ports: Ports,
): Promise<void> {
  const now = ports.now();
  const failing = record.failing ?? { since: now, because: refusal.kind };
  const planned =
    record.nextLookAt !== undefined && record.nextLookAt.getTime() > now.getTime() && message.attempt === 0;
  const delay = delaySeconds(message.attempt);
  if (!planned)
    await ports.queues.inspections.send(
      { ...message, attempt: message.attempt + 1, failingSince: failing.since },
      delay,
    );
  if (now.getTime() - failing.since.getTime() >= TOLD_AFTER_MS) {
    const { draft, id: incident } = unreadableDraft(id, failing.since, refusal.kind);
    await openIncident(draft, await readIncidents(ports, id), ports, incident);
  }
  await save(
    id,
    known,
    {
      ...record,
      failing: { ...failing, because: refusal.kind },
      nextLookAt: planned ? record.nextLookAt : later(now, delay * SECOND_MS),
    },
    ports,
  );
}

/** Writes the register's row; where the sweep was faster, what it saw gives way to what was read under the claim. */
async function save(id: KeyId, from: KeyRow, record: KeyRecord, { tables }: Ports): Promise<KeyRow> {
  const written = await writeKey(tables.keys, id, from, record);
  if (written !== undefined) return written;
  await changeKey(tables.keys, id, () => record);
  return readKey(tables.keys, id);
}
