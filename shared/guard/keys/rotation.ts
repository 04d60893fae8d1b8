import { readHolds } from '../../approvals/read.ts';
import { type Action, factsOf } from '../../domain/actions/registry.ts';
import type { Actor } from '../../domain/audit-record.ts';
import type { Decision } from '../../domain/decision.ts';
import { type Hanging, hangingOn } from '../../domain/hanging.ts';
import { inspectionFor } from '../../domain/hint.ts';
import { type Hold, holdOn } from '../../domain/hold.ts';
import type { Incident } from '../../domain/incident.ts';
import { newestOf, type ObservedKey } from '../../domain/key.ts';
import type { KeyUse } from '../../domain/key-use.ts';
import { keyPolicy } from '../../domain/policy.ts';
import { eventsOn, type KeyRecord, type RotationState } from '../../domain/register.ts';
import { isAsWanted, type RotationPolicy } from '../../domain/rotation-policy.ts';
import type { KeySubject } from '../../domain/subject.ts';
import { subscriptionIn, wholeVaultOf } from '../../domain/survey.ts';
import { DAY_MS, later } from '../../domain/time.ts';
import type { Answer } from '../../domain/vault.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { rotationHeldBack } from '../../incidents/kinds/rotation-held-back.ts';
import { rotationOverdue } from '../../incidents/kinds/rotation-overdue.ts';
import { rotationPolicyWeaker } from '../../incidents/kinds/rotation-policy-weaker.ts';
import { alertUnguarded } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident, openWhile } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { changeKey, readKey } from '../../register/keys.ts';
import { giveBackRotation, takeRotation } from '../../register/rotations.ts';
import { readUse } from '../../register/uses.ts';
import { readBaseline, readSweep } from '../../register/vaults.ts';
import {
  decideRotation,
  type GivenRotation,
  isAboutToRotate,
  judgePolicy,
  sayDue,
  sayHeld,
} from '../../rotation/decide.ts';
import { heldBack, passesByItself } from '../../rotation/may-rotate.ts';
import { dueOf, isToRotate, otherExpiry, policyFault } from '../../rotation/schedule.ts';
import { entry } from '../../trail/entries.ts';
import type { Begun, Guarded, Result, SubjectGuard } from '../guarded.ts';
import { recordAfterActing } from './next-record.ts';
import { versionExpiring } from './rules/version-expiring.ts';
import { firstReads, observe } from './snapshot.ts';
import { standingOf } from './standing.ts';

/** Keys of one subscription that are rotated within an hour at most, where the policy does not say it. */
const DEFAULT_PER_HOUR = 10;
/** On-call is alerted so long before the expiry of a key that is held back, in ms. */
const PAGED_BEFORE_MS = 7 * DAY_MS;

/**
 * Guards a key's schedule: rotates the key, sets its rotation policy, and alerts people of what is held back.
 *
 * @param before the decision of the inspection before it: a key that is not as approved is not rotated
 * @param order where a person rotates: `asked` while it is planned, `written` once they have written
 */
export const scheduleGuard = (
  subject: KeySubject,
  before: Pick<Decision, 'judgements'>,
  order?: 'asked' | 'written',
): SubjectGuard => ({
  isGuarded: (policy) => keyPolicy(policy, subject.vault, subject.key).guarded,
  begin: (_message, ports) =>
    begin(
      subject,
      before.judgements.every(({ verdict, finding }) => verdict.kind === 'approved' || isReached(finding)),
      order,
      ports,
    ),
  unreadable: (_message, error, ports) => alertUnguarded(subject, error, ports),
});

/**
 * Whether the vault shows the state that an action was to lead to.
 *
 * @param policy the key's rotation policy as it was read; `undefined` where it was not
 */
export const isShown = (action: Action, observed: ObservedKey, policy: Answer<RotationPolicy> | undefined): boolean =>
  action.kind === 'set-rotation-policy'
    ? policy?.kind === 'ok' && isAsWanted(policy.value, action.policy)
    : factsOf(action).isShown(observed);

/** Whether an approved expiry has been reached: nobody changed anything, and a new version is what it asks for. */
const isReached = ({ rule, act }: Decision['judgements'][number]['finding']): boolean =>
  rule === versionExpiring.id && act === undefined;

/** A key's schedule in one inspection. */
interface State {
  readonly subject: KeySubject;
  readonly order: 'asked' | 'written' | undefined;
  readonly observed: Extract<ObservedKey, { kind: 'present' }>;
  readonly record: KeyRecord;
  readonly rotation: RotationState;
  readonly readAt: Date;
  /** What hangs on it. */
  readonly hangs: Hanging;
  /** The hold on it, when it was read. */
  readonly hold: Hold | undefined;
  /** Its rotation policy. */
  readonly policy: Answer<RotationPolicy>;
  /** The rotation of the hour that was taken for it; `undefined` where none was. */
  readonly taken: Parameters<typeof giveBackRotation>[1] | undefined;
  /** All that a decision uses, but what changes with each step. */
  readonly standing: Pick<
    GivenRotation,
    'mode' | 'baselineAccepted' | 'blockSince' | 'isHeld' | 'isAsApproved' | 'use' | 'isBelowLimit'
  >;
}

async function begin(subject: KeySubject, isAsApproved: boolean, order: State['order'], ports: Ports): Promise<Begun> {
  const { vault, key } = subject;
  const readAt = ports.now();
  const reads = ports.reads(vault);
  const [first, { record }, hold, baseline, sweep, use, policy] = await Promise.all([
    firstReads(reads, subject),
    readKey(ports.tables.keys, subject),
    heldNow(subject, ports),
    readBaseline(ports.tables, vault),
    readSweep(ports.tables, vault),
    readUse(ports.tables, subject),
    reads.rotationPolicy(key),
    ports.scope.refresh(),
  ]);
  const observation = await observe(reads, subject, first, record, readAt);
  if (observation.kind === 'unread') return { kind: 'not-observed', because: observation.because };
  if (observation.key.kind !== 'present') return { kind: 'not-observed', because: 'missing' };
  const state: State = {
    subject,
    order,
    observed: observation.key,
    record,
    rotation: record.observed.rotation ?? {},
    readAt,
    hangs: hangingOn({ ...subject, current: record.observed.current }, use, ports.scope.surveyed),
    policy,
    hold,
    taken: undefined,
    standing: {
      mode: keyPolicy(ports.policy, vault, key).mode,
      ...standingOf(subject, baseline, sweep?.value, readAt),
      isHeld: hold !== undefined,
      isAsApproved,
      use: knownUse(use, subject, ports),
      isBelowLimit: true,
    },
  };
  if (waitsForSurvey(state, ports)) return { kind: 'not-observed', because: 'no survey has come to an end yet' };
  return { kind: 'observed', guarded: guarded(await withinLimit(state, ports), ports), before: [] };
}

/** Whether the first survey is sure to say what keeps the guardian from setting a rotation policy now: the next sweep asks again. A key that is to be rotated waits for nothing. */
function waitsForSurvey(state: State, ports: Ports): boolean {
  if (ports.scope.surveyed.at !== undefined || state.order !== undefined) return false;
  const given = givenOf(state, ports.now(), ports);
  return given !== undefined && !isToRotate(given.due) && heldBack(given) === 'users-unknown';
}

const policyIn = ({ policy }: State): RotationPolicy | undefined => (policy.kind === 'ok' ? policy.value : undefined);

const heldNow = async (subject: KeySubject, ports: Ports): Promise<Hold | undefined> =>
  holdOn(await readHolds(ports), subject, ports.now());

/** What hangs on the key; `undefined` where a part of it is not known. */
function knownUse(
  use: KeyUse | 'unreadable' | undefined,
  { vault }: KeySubject,
  { scope, now }: Ports,
): GivenRotation['use'] {
  const isWhole = wholeVaultOf(scope.surveyed, vault, now()) !== undefined;
  if (!isWhole || use === 'unreadable' || (use?.unknown.length ?? 0) > 0) return undefined;
  return use ?? { users: [] };
}

/** Takes one of the rotations of the hour where nothing else holds the key back. What a person rotates does not count. */
async function withinLimit(state: State, ports: Ports): Promise<State> {
  const given = givenOf(state, ports.now(), ports);
  if (given === undefined || state.order !== undefined || !isAboutToRotate(given)) return state;
  const { vault, key } = state.subject;
  const id = wholeVaultOf(ports.scope.surveyed, vault, ports.now())?.id;
  const one = { subscription: subscriptionIn(id ?? '') ?? vault, vault, key };
  const perHour = ports.policy.rotationsPerHour ?? DEFAULT_PER_HOUR;
  const isBelowLimit = await takeRotation(ports.tables, one, perHour, ports.now());
  return { ...state, taken: isBelowLimit ? one : undefined, standing: { ...state.standing, isBelowLimit } };
}

/** What a decision rests on; `undefined` where no schedule holds for the key, or its newest version is not known. */
function givenOf(state: State, now: Date, ports: Ports) {
  const { subject, observed, rotation, standing, order } = state;
  const { vault, key } = subject;
  const schedule = keyPolicy(ports.policy, vault, key).rotation ?? (order === undefined ? undefined : NO_SCHEDULE);
  const newest = observed.versions.find(({ version }) => version === observed.current) ?? newestOf(observed.versions);
  if (schedule === undefined || newest === undefined) return undefined;
  const due = dueOf(schedule, newest, now);
  const own = { vault, key, current: newest.version, written: rotation.written?.policy };
  const ordered = order === undefined ? {} : ({ isOrdered: true } as const);
  const { managed } = observed;
  return { ...standing, ...own, ...ordered, schedule, newest, due, policy: policyIn(state), managed, now };
}

/** By which a person may rotate a key for which the policy has no schedule. */
const NO_SCHEDULE: GivenRotation['schedule'] = { every: 'P100Y', notifyBefore: 'P7D', setsExpiry: false };

const NOTHING: Decision = { judgements: [], actions: [], inspectAgainInSeconds: undefined };

function guarded(state: State, ports: Ports): Guarded {
  const { subject, observed, rotation } = state;
  const next = (more: Partial<State>): Guarded => guarded({ ...state, ...more }, ports);
  return {
    subject,
    vault: subject.vault,
    lastDecision: rotation.lastDecision,
    decide(now) {
      const given = state.order === 'written' ? undefined : givenOf(state, now, ports);
      return {
        decision: given === undefined ? NOTHING : decideRotation(given),
        takeNote: async (lastDecision) => next({ rotation: { ...rotation, lastDecision } }),
      };
    },
    isShown: (action) => isShown(action, observed, state.policy),
    mayWrite: async () => {
      const held = holdOn(await readHolds(ports), subject, ports.now());
      return held === undefined ? { kind: 'yes' } : { kind: 'held', hold: held.id };
    },
    async withWords() {
      const hold = await heldNow(subject, ports);
      return next({ hold, standing: { ...state.standing, isHeld: hold !== undefined } });
    },
    keep: () => keep(state, rotation, ports),
    async readBack() {
      const reads = ports.reads(subject.vault);
      const readAt = ports.now();
      const [first, policy] = await Promise.all([firstReads(reads, subject), reads.rotationPolicy(subject.key)]);
      const again = await observe(reads, subject, first, state.record, readAt);
      if (again.kind === 'unread') return again;
      if (again.key.kind !== 'present') return { kind: 'unread', because: 'missing' };
      return { kind: 'read', guarded: next({ observed: again.key, readAt, policy }) };
    },
    async withEnded(ended) {
      const { record } = state;
      const before = { ...record, observed: { ...record.observed, rotation } };
      return next({ rotation: recordAfterActing(before, ended, ports.now()).observed.rotation ?? rotation });
    },
    conclude: (result) => conclude(state, result, ports),
  };
}

const keep = async ({ subject }: State, rotation: RotationState, { tables }: Ports): Promise<void> => {
  await changeKey(tables.keys, subject, (record) => ({ ...record, observed: { ...record.observed, rotation } }));
};

/** Alerts people, writes what was found into the register's row, and has a new version inspected. */
async function conclude(state: State, { decision, ended, failure }: Result, ports: Ports): Promise<void> {
  const { subject, rotation, policy, taken, readAt } = state;
  await alertOf(state, failure, ports);
  const last = ended.findLast(({ intent: { action } }) => action.kind === 'rotate-key');
  const outcome = last?.outcome.kind;
  // Nothing of the guardian's happened: another key may have the rotation that was taken.
  const isNothing = outcome === undefined || outcome === 'failed' || outcome === 'already-rotated';
  if (taken !== undefined && isNothing) await giveBackRotation(ports.tables, taken);
  if (last !== undefined && outcome === 'done') await recordDoubled(state, last.intent.id, ports);
  if (outcome === 'done' || outcome === 'already-rotated') {
    const hint = { id: ports.newId(), sense: 'follow-up', sensedAt: ports.now() };
    await ports.queues.inspections.send(
      inspectionFor(subject, { ...hint, says: { kind: 'inspect-again', why: 'rotated' } }),
    );
  }
  const isFound = decision.judgements.length > 0 || failure !== undefined;
  await keep(
    state,
    {
      ...rotation,
      ...(policy.kind === 'ok' || policy.kind === 'forbidden-by-permission'
        ? { policy: { readAt, is: policyIn(state) } }
        : {}),
      inspectedAt: ports.now(),
      foundSomething: isFound ? true : undefined,
    },
    ports,
  );
}

/** Records that somebody else made a version at the same moment: Key Vault takes no condition. */
async function recordDoubled({ subject, observed, record }: State, intent: string, ports: Ports): Promise<void> {
  const made = observed.versions.filter(({ version }) => record.approved.versions[version] === undefined);
  if (made.length < 2) return;
  const versions = made.map(({ version }) => version);
  await ports.trail.append([entry('outcome', subject, { intent, kind: 'doubled', versions }, ports)]);
}

async function alertOf(state: State, failure: string | undefined, ports: Ports): Promise<void> {
  const { subject, record, rotation } = state;
  const now = ports.now();
  const given = givenOf({ ...state, order: undefined }, now, ports);
  const isDue = given !== undefined && isToRotate(given.due);
  const held = given === undefined ? undefined : heldBack(given);
  const refused = (what: 'rotated' | 'set'): string =>
    failure === undefined ? '' : ` It could not be ${what}: ${failure.replace(/\.$/, '')}.`;
  const hold = held === 'hold' ? state.hold : undefined;
  const whose = hold === undefined ? '' : ` It is the hold ${hold.id} of ${hold.by.name ?? hold.by.oid}.`;
  const why = failure === undefined ? `${sayHeld(held)}${whose}` : refused('rotated');
  // The commands of the alert rotate the key as well.
  const expiry = given?.policy && otherExpiry(given.policy, given.newest);
  const says = given === undefined ? '' : `${sayDue(given)}${why}${expiry === undefined ? '' : ` ${expiry}`}`;
  const since = given?.due.since ?? now;
  const expiresOn = given?.newest.expiresOn;
  const overdue = rotationOverdue.draft(subject, since, says, hold);
  const isExpired = expiresOn !== undefined && expiresOn <= now;
  // Who waits for an hour that is sure to come is no news; an incident that is open stays so.
  if (!isDue || held === undefined || !passesByItself(held, given.due, now))
    await openWhile(isDue, isExpired ? { ...overdue, mayFail: true } : overdue, 'in time', ports);
  const isPaged = isDue && expiresOn !== undefined && later(expiresOn, -PAGED_BEFORE_MS) <= now;
  const pagedSince = expiresOn === undefined ? now : later(expiresOn, -PAGED_BEFORE_MS);
  const heldBackDraft = rotationHeldBack.draft(subject, pagedSince, says, expiresOn ?? now, state.hangs, hold, now);
  await openWhile(isPaged, heldBackDraft, 'in time', ports);
  if (given !== undefined && given.policy === undefined) return alertUnread(state, ports);
  const judged = given && judgePolicy(given);
  const fault = given?.policy && policyFault(given.schedule, given.policy, given.newest);
  // One that waits for the rotation is as it was.
  if (judged === undefined && fault !== undefined) return;
  const reason = judged && (judged.verdict === 'elsewhere' ? 'managed-elsewhere' : 'off-schedule');
  const isOther = (incident: Incident): boolean => isOf(rotationPolicyWeaker)(incident) && incident.reason !== reason;
  await endIncidents(subject, isOther, 'the rotation policy was read', ports);
  if (judged === undefined || given === undefined || fault === undefined || reason === undefined) return;
  const setAt = reason === 'managed-elsewhere' ? rotation.written?.at : undefined;
  const { wanted, verdict } = judged;
  const notSet = verdict === 'elsewhere' ? '' : verdict === 'set' ? refused('set') : sayHeld(verdict, 'set');
  const draft = {
    since: setAt ?? given.newest.created,
    says: `${fault.says}${notSet}`,
    wanted,
    by: setBy(record, setAt),
  };
  await openIncident(rotationPolicyWeaker.draft(reason, subject, draft), ports);
}

/** A rotation policy that may not be read is alerted; one that could not be read this once is read again. */
async function alertUnread({ subject, policy, readAt }: State, ports: Ports): Promise<void> {
  if (policy.kind !== 'forbidden-by-permission') return;
  const draft = { since: readAt, says: 'The guardian has no permission to read its rotation policy.' };
  await openIncident(rotationPolicyWeaker.draft('unreadable', subject, draft), ports);
}

/** Who set the rotation policy after the guardian did; `undefined` while no record names anybody. */
const setBy = (record: KeyRecord, after: Date | undefined): Actor | undefined =>
  eventsOn(record, ['KeyRotationPolicySet'], undefined).findLast(({ at }) => after !== undefined && at >= after)?.by;
