import { ensureBaseline } from '../../approvals/ensure-baseline.ts';
import { readApprovals, readHolds } from '../../approvals/read.ts';
import { factsOf } from '../../domain/actions/registry.ts';
import type { Approval } from '../../domain/approval.ts';
import type { Actor, AuditEntry } from '../../domain/audit-record.ts';
import type { Ended, Intent } from '../../domain/decision.ts';
import { hangingOn } from '../../domain/hanging.ts';
import type { Hint, Inspection } from '../../domain/hint.ts';
import { holdOn } from '../../domain/hold.ts';
import type { ObservedKey } from '../../domain/key.ts';
import { keyPolicy } from '../../domain/policy.ts';
import type { KeyRecord, RegisterChange } from '../../domain/register.ts';
import { type KeySubject, versionIn } from '../../domain/subject.ts';
import { pinnedVersions } from '../../domain/survey.ts';
import { alertUnguarded, quarantineRows } from '../../incidents/quarantine.ts';
import { readIncidents } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { rotationShown } from '../../propagation/rotated.ts';
import { namesAssignment, readAssignments, withAssignment } from '../../register/assignments.ts';
import { withChanges } from '../../register/changes.ts';
import { readKey } from '../../register/keys.ts';
import { readUse } from '../../register/uses.ts';
import { readBaseline, readSweep } from '../../register/vaults.ts';
import { registerEntry } from '../../trail/entries.ts';
import type { Begun, Decided, Guarded, GuardOf, MayWrite, ReadBack, Result } from '../guarded.ts';
import { hintEntry } from '../records.ts';
import {
  actIncidents,
  forgettingEvents,
  importsRevoked,
  isAuditEvent,
  isNewEvent,
  refusalsToJudge,
  withEvents,
} from './audit-events.ts';
import { decide, type Given } from './decide.ts';
import { followUp, tryAgain } from './follow-up.ts';
import { alertOf, openActIncidents } from './incidents.ts';
import { nextRecord, recordAfterActing } from './next-record.ts';
import { isBelieved, notObserved, type Reading } from './not-observed.ts';
import { unexplainedActs } from './own-acts.ts';
import { isShown, scheduleGuard } from './rotation.ts';
import { save } from './save.ts';
import { firstReads, observe } from './snapshot.ts';
import { standingOf } from './standing.ts';
import { type Restorer, takenBack } from './take-back.ts';

/** Guards keys. @param restorer given where a person restores; else it is the guardian that acts */
export const keyGuard =
  (restorer?: Restorer): GuardOf =>
  (subject) =>
    subject.kind !== 'key'
      ? undefined
      : {
          isGuarded: (policy) => keyPolicy(policy, subject.vault, subject.key).guarded,
          begin: (message, ports, open = []) => begin(subject, message, restorer, open, ports),
          async unreadable(message, error, ports) {
            // Nothing is judged, and audit events are recorded all the same.
            await ports.trail.append(eventEntries(message, message.hints.filter(isAuditEvent), ports));
            await alertUnguarded(subject, error, ports);
          },
          next: ({ hints }, { decision }) => (hints.some(isOfSchedule) ? scheduleGuard(subject, decision) : undefined),
        };

/** Whether a hint asks whether the key keeps its schedule: a sweep found that it does not, or somebody set its rotation policy. */
const isOfSchedule = ({ says }: Hint): boolean =>
  says.kind === 'off-schedule' || (says.kind === 'act' && says.operation === 'KeyRotationPolicySet');

/** The records of audit events. A message that comes again after a failure brings the same events: they are in the trail. */
const eventEntries = (
  { subject, attempt }: Inspection,
  events: readonly Hint[],
  ports: Ports,
): readonly AuditEntry[] => (attempt > 0 ? [] : events.map((hint) => hintEntry(subject, hint, ports)));

/** Everything that was read of a key before anything was decided. */
async function readAll(subject: KeySubject, message: Inspection, open: readonly Intent[], ports: Ports) {
  const { vault, key } = subject;
  const isPolicyOpen = open.some(({ action }) => action.kind === 'set-rotation-policy');
  const [first, known, words, baseline, sweep, incidents, use, assignments, rotationPolicy] = await Promise.all([
    firstReads(ports.reads(vault), subject),
    readKey(ports.tables.keys, subject),
    readWords(subject, ports),
    readBaseline(ports.tables, vault),
    readSweep(ports.tables, vault),
    readIncidents(ports, subject),
    readUse(ports.tables, subject),
    message.hints.some(namesAssignment) ? readAssignments(ports.tables, vault) : undefined,
    isPolicyOpen ? ports.reads(vault).rotationPolicy(key) : undefined,
    ports.scope.refresh(),
  ]);
  const hints = message.hints.map((hint) => withAssignment(hint, assignments));
  return {
    ...{ first, known, words, baseline, sweep: sweep?.value, incidents, use, rotationPolicy },
    message: { ...message, hints },
  };
}

/** As `readAll`; a register that lost its vault is rebuilt, to its end, before an inspection takes what it finds for a new key. */
async function readKnown(subject: KeySubject, message: Inspection, open: readonly Intent[], ports: Ports) {
  const { vault } = subject;
  const all = await readAll(subject, message, open, ports);
  if (all.known.stored !== undefined || all.baseline === undefined) return all;
  const rows = await ports.tables.keys.list(vault);
  // In this order: where some of the rows were back already, this says that the others are still to come.
  const baseline = await readBaseline(ports.tables, vault);
  if (rows.stored.length === 0 || baseline?.state === 'rebuilding') await ensureBaseline(vault, ports);
  return readAll(subject, message, open, ports);
}

/** What people say of a key. */
async function readWords({ vault }: KeySubject, ports: Ports) {
  const [approvals, holds] = await Promise.all([readApprovals(ports, vault), readHolds(ports)]);
  return { approvals, holds };
}

/** A key in one inspection: what was read of it, and what came of that so far. */
interface State extends Reading, Omit<Awaited<ReturnType<typeof readAll>>, 'first' | keyof Reading> {
  readonly restorer: Restorer | undefined;
  readonly observed: ObservedKey;
  /** When reading it began: what came to be later may not be in it. */
  readonly readAt: Date;
  /** What becomes approved, or not any more, with the next decision. */
  readonly pending: readonly RegisterChange[];
}

async function begin(
  subject: KeySubject,
  asked: Inspection,
  restorer: Restorer | undefined,
  open: readonly Intent[],
  ports: Ports,
): Promise<Begun> {
  const readAt = ports.now();
  const { first, ...read } = await readKnown(subject, asked, open, ports);
  const { message } = read;
  const record = withEvents(read.known.record, message.hints);
  const newEvents = message.hints.filter((hint) => isNewEvent(hint, read.known.record));
  const reading = { ...read, subject, record, newEvents };
  const isOldBelieved = isBelieved(record, readAt);
  const observation = await observe(ports.reads(subject.vault), subject, first, record, readAt, isOldBelieved);
  // Alerted before anything is written: delivered again after a crash, the record would meet the intents of this inspection.
  await openActIncidents(await unexplainedActs(subject, newEvents, ports), ports);
  const before = eventEntries(message, newEvents, ports);
  if (observation.kind === 'unread') {
    const { because } = observation;
    await ports.trail.append(before);
    if (restorer === undefined) await notObserved(reading, because, ports);
    return { kind: 'not-observed', because };
  }
  const pending = restorer === undefined ? [] : takenBack(record, restorer, read.incidents.stored);
  const state = { ...reading, restorer, observed: observation.key, readAt, pending };
  return { kind: 'observed', guarded: guarded(state, ports), before };
}

function guarded(state: State, ports: Ports): Guarded {
  const { subject, observed, record } = state;
  const next = (more: Partial<State>): Guarded => guarded({ ...state, ...more }, ports);
  return {
    subject,
    vault: subject.vault,
    lastDecision: record.observed.lastDecision,
    decide: (now) => decided(state, now, ports),
    isShown: (action) => isShown(action, observed, state.rotationPolicy),
    mayWrite: () => mayWrite(state, ports),
    withWords: async () => next({ words: await readWords(subject, ports) }),
    keep: () => save(subject, state.known, record, ports),
    readBack: () => readBack(state, ports),
    async withEnded(ended) {
      const approved = ended.flatMap((one) => approvedBy(one, record));
      await ports.trail.appendRegister(entriesOf(subject, approved, ports));
      return next({ record: withChanges(recordAfterActing(record, ended, ports.now()), approved) });
    },
    conclude: (result) => conclude(state, result, ports),
  };
}

/** The records of changes of what is approved. They are appended before anything is written to the vault, and before the register has them. */
const entriesOf = (subject: KeySubject, changes: readonly RegisterChange[], ports: Ports, who?: Actor) =>
  changes.map((change) => registerEntry(subject, change, ports, who));

/** What a decision rests on. A person who restores is kept from it by nothing but the certificate that a key belongs to. */
function givenOf(
  { subject, restorer, observed, record, words, baseline, sweep }: State,
  now: Date,
  ports: Ports,
): Given {
  const { vault, key } = subject;
  const policy = keyPolicy(ports.policy, vault, key);
  const swept = sweep?.differing[key];
  const sweptOtherwiseAt = swept ? swept.otherwiseAt : sweep?.lastGoodAt;
  const pinned = pinnedVersions(ports.scope.surveyed, subject, now);
  const situation = { vault, key, observed, record, policy, pinned, now, sweptOtherwiseAt };
  if (restorer !== undefined) {
    const unhindered = { ...record, inFlight: { ...record.inFlight, undone: [], recovering: undefined } };
    const anyway = { isAnyway: true, baselineAccepted: true, approvals: [], blockSince: undefined } as const;
    return { ...situation, ...anyway, holds: words.holds, record: unhindered };
  }
  return { ...situation, ...words, ...standingOf(subject, baseline, sweep, now) };
}

function decided(state: State, now: Date, ports: Ports): Decided {
  const { subject, restorer, observed, readAt, pending } = state;
  const revoked = importsRevoked(state.record);
  const record = withChanges(state.record, [...revoked, ...pending]);
  const decision = decide(givenOf({ ...state, record }, now, ports));
  return {
    decision,
    async takeNote(lastDecision) {
      await ports.trail.appendRegister([
        ...entriesOf(subject, revoked, ports),
        ...entriesOf(subject, pending, ports, restorer?.who),
        ...entriesOf(subject, decision.changes, ports),
      ]);
      const next = nextRecord(record, decision, { observed, readAt, now });
      const noted = { ...next, observed: { ...next.observed, lastDecision } };
      return guarded({ ...state, record: noted, pending: [] }, ports);
    },
  };
}

/** Dates that were put back as near as Azure allows become the approved ones. */
function approvedBy({ intent: { action, approves }, outcome }: Ended, record: KeyRecord): readonly RegisterChange[] {
  const version = versionIn(factsOf(action).subject);
  if (outcome.kind !== 'done' || approves === undefined || version === undefined) return [];
  const known = record.approved.versions[version];
  if (known?.attributes === undefined) return [];
  const { notBefore = known.attributes.notBefore, expiresOn = known.attributes.expiresOn } = approves;
  const attributes = { ...known.attributes, notBefore, expiresOn };
  const because = 'a date that was set cannot be taken away';
  return [{ kind: 'approve-version', version, created: known.created, attributes, because }];
}

/** What may cover an act on the key: what somebody only asked for covers nothing, and must not keep an attack. */
const counting = (approvals: readonly Approval[], key: string): string =>
  JSON.stringify(approvals.filter((one) => one.granted !== undefined && (one.key === '*' || one.key === key)));

async function mayWrite({ subject, words }: State, ports: Ports): Promise<MayWrite> {
  const { approvals, holds } = await readWords(subject, ports);
  const held = holdOn(holds, subject, ports.now());
  if (held !== undefined) return { kind: 'held', hold: held.id };
  return counting(approvals, subject.key) === counting(words.approvals, subject.key)
    ? { kind: 'yes' }
    : { kind: 'approvals-changed' };
}

async function readBack(state: State, ports: Ports): Promise<ReadBack> {
  const reads = ports.reads(state.subject.vault);
  const readAt = ports.now();
  const again = await observe(reads, state.subject, await firstReads(reads, state.subject), state.record, readAt);
  if (again.kind === 'unread') return again;
  return { kind: 'read', guarded: guarded({ ...state, observed: again.key, readAt }, ports) };
}

/** Alerts people, writes the register's row, and asks for another inspection where one is needed. */
async function conclude(state: State, result: Result, ports: Ports): Promise<void> {
  const { subject, message, restorer, known, observed, incidents, newEvents, words, use } = state;
  const { decision, failure } = result;
  const { inFlight } = state.record;
  const undoRefused =
    failure === undefined ? undefined : { since: inFlight.undoRefused?.since ?? ports.now(), because: failure };
  const record: KeyRecord = { ...state.record, inFlight: { ...inFlight, unreadable: undefined, undoRefused } };
  const isUsable = observed.kind === 'present' && decision.judgements.length === 0;
  const toJudge = [...refusalsToJudge([], known.record), ...newEvents];
  const found = {
    ...result,
    subject,
    record,
    actIncidents: actIncidents(subject, toJudge, record, words.approvals, isUsable, known.record),
    hanging: (version: string | undefined) =>
      hangingOn({ ...subject, version, current: record.observed.current }, use, ports.scope.surveyed),
    by: restorer === undefined ? undefined : (restorer.who.name ?? restorer.who.oid),
  };
  const isStillFlapping = await alertOf(found, incidents.stored, ports);
  await quarantineRows(incidents.unreadable, ports);
  const nextInspectionAt =
    failure === undefined ? await followUp(subject, decision, record, ports) : await tryAgain(message, record, ports);
  // Before the row is written, by which the version is known: after a crash it is found new again.
  const rotation = rotationShown(subject, observed, known.record);
  if (rotation !== undefined) await ports.queues.surveys.send({ kind: 'rotated', rotation });
  const kept = forgettingEvents(record, ports.now());
  const foundSomething = kept.observed.foundSomething ?? (isStillFlapping ? true : undefined);
  const next: KeyRecord = {
    ...kept,
    observed: { ...kept.observed, foundSomething },
    audit: { ...kept.audit, refusals: [] },
    inFlight: { ...kept.inFlight, nextInspectionAt },
  };
  await save(subject, known, next, ports);
}
