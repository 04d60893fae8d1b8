import { readHolds } from '../../approvals/read.ts';
import { type Decision, type Ended, NOT_UPDATED, type NotUpdated } from '../../domain/decision.ts';
import { holdOn } from '../../domain/hold.ts';
import type { KeyUser } from '../../domain/key-use.ts';
import { keyPolicy } from '../../domain/policy.ts';
import type { WatchedSet } from '../../domain/propagation.ts';
import type { KeyRecord } from '../../domain/register.ts';
import { type DiskEncryptionSet, MANAGEMENT_REFUSED } from '../../domain/resource-manager.ts';
import type { Subject } from '../../domain/subject.ts';
import { type ReadVersion, UNREADABLE } from '../../domain/vault.ts';
import { vaultObject } from '../../domain/vault-object.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import { alertNotUpdated } from '../../propagation/alerts.ts';
import { lookAt, rotationOf, rowOfSet } from '../../propagation/sets.ts';
import { decideUpdate, type GivenUpdate, isBeingChanged, isToUpdate } from '../../propagation/update.ts';
import { verdictOf } from '../../propagation/verdict.ts';
import { readUse } from '../../register/uses.ts';
import { readBaseline, readSweep } from '../../register/vaults.ts';
import type { Begun, Guarded, GuardOf, Result } from '../guarded.ts';
import { standingOf } from '../keys/standing.ts';

type SetSubject = Extract<Subject, { kind: 'disk-encryption-set' }>;

/**
 * Guards disk encryption sets: points one that takes no new version by itself at the version that it is watched for, where
 * the policy says so. On which key it is only its row says: the policy is asked once that is read.
 */
export const setGuard: GuardOf = (subject) =>
  subject.kind !== 'disk-encryption-set'
    ? undefined
    : {
        isGuarded: () => true,
        begin: (_message, ports) => begin(subject, ports),
        unreadable: (_message, error, ports) => quarantineRows([error], ports),
      };

/** A set in one inspection. */
interface State extends Pick<GivenUpdate, 'set' | 'baselineAccepted' | 'blockSince' | 'isHeld'> {
  readonly subject: SetSubject;
  /** Its row, as it is to be. */
  readonly row: WatchedSet;
  /** When the set was read. */
  readonly readAt: Date;
  readonly newest: ReadVersion | undefined;
  /** What the register knows of its key; `undefined` where that cannot be read. */
  readonly record: KeyRecord | undefined;
  /** As the last survey found it on its key; `undefined` where it did not. */
  readonly user: KeyUser | undefined;
}

async function begin(subject: SetSubject, ports: Ports): Promise<Begun> {
  const row = (await ports.tables.sets.get(...rowOfSet(subject.id)))?.value;
  if (row === undefined) return { kind: 'not-observed', because: 'it is not watched' };
  const { vault, key } = row.rotation;
  const readAt = ports.now();
  const [answer, newest, { record }, isHeld, baseline, sweep, use] = await Promise.all([
    ports.resourceManager.diskEncryptionSet(row.id),
    ports.reads(vault).read(key),
    rotationOf(vault, key, ports),
    heldNow(row, ports).then((held) => held !== undefined),
    readBaseline(ports.tables, vault),
    readSweep(ports.tables, vault),
    readUse(ports.tables, { vault, key }),
    ports.scope.refresh(),
  ]);
  const user = use === 'unreadable' ? undefined : use?.users.find(({ id }) => id === row.id);
  const unread = async (because: string): Promise<Begun> => {
    if (isToUpdate(row, ports.policy)) await alertNotUpdated({ next: row, user }, because, ports);
    return { kind: 'not-observed', because };
  };
  if (answer.kind === 'missing') return { kind: 'not-observed', because: 'it was deleted' };
  if (answer.kind !== 'ok') return unread(MANAGEMENT_REFUSED[answer.kind]);
  if (newest.kind !== 'ok' && newest.kind !== 'undetailed') return unread(UNREADABLE[newest.kind] ?? newest.kind);
  const state: State = {
    ...{ subject, row, readAt, set: answer.value, record, user, isHeld },
    newest: newest.kind === 'ok' ? newest.value : undefined,
    ...standingOf({ vault, key }, baseline, sweep?.value, readAt),
  };
  return { kind: 'observed', guarded: guarded(state, ports), before: [] };
}

const heldNow = async ({ rotation }: WatchedSet, ports: Ports) => holdOn(await readHolds(ports), rotation, ports.now());

const activeIn = ({ keyUrl = '' }: DiskEncryptionSet): string | undefined => vaultObject(keyUrl)?.version;

/** The row with the verdict on what was read. */
function judged({ row, set, readAt, record }: State, { policy }: Ports): WatchedSet {
  const read = { answer: { kind: 'ok', value: set }, at: readAt, isEmpty: undefined } as const;
  const { verdict } = verdictOf(row, read, {
    createdOf: (version) => record?.approved.versions[version]?.created,
    isGuarded: (vault, key) => keyPolicy(policy, vault, key).guarded,
    unwraps: undefined,
  });
  return { ...row, verdict };
}

const decisionOf = (state: State, now: Date, ports: Ports): Decision => {
  const versions = state.record?.approved.versions ?? {};
  return decideUpdate({
    ...state,
    watch: judged(state, ports),
    policy: ports.policy,
    activeCreated: versions[activeIn(state.set) ?? '']?.created,
    isApproved: versions[state.row.rotation.version]?.attributes !== undefined,
    now,
  });
};

function guarded(state: State, ports: Ports): Guarded {
  const { subject, row, set } = state;
  const next = (more: Partial<State>): Guarded => guarded({ ...state, ...more }, ports);
  return {
    subject,
    vault: row.rotation.vault,
    lastDecision: row.lastDecision,
    decide: (now) => ({
      decision: decisionOf(state, now, ports),
      takeNote: async (lastDecision) => next({ row: { ...row, lastDecision } }),
    }),
    isShown: (action) => action.kind === 'update-set' && activeIn(set) === action.version.toLowerCase(),
    async mayWrite() {
      const held = await heldNow(row, ports);
      return held === undefined ? { kind: 'yes' } : { kind: 'held', hold: held.id };
    },
    withWords: async () => next({ isHeld: (await heldNow(row, ports)) !== undefined }),
    keep: () => keep(state, ports),
    async readBack() {
      const readAt = ports.now();
      const answer = await ports.resourceManager.diskEncryptionSet(row.id);
      if (answer.kind === 'ok') return { kind: 'read', guarded: next({ set: answer.value, readAt }) };
      return { kind: 'unread', because: answer.kind === 'missing' ? answer.kind : MANAGEMENT_REFUSED[answer.kind] };
    },
    async withEnded(ended) {
      const isTaken = ended.some((one) => isTakenBy(state, one));
      const updated = { version: row.rotation.version, at: ports.now() };
      return next({ row: { ...row, ...(isTaken ? { updated } : {}) } });
    },
    conclude: (result) => conclude(state, result, ports),
  };
}

/** Whether Azure took the write. One whose answer nobody saw it took where it is at work on the set: otherwise it may be sent again, once the set was read. */
const isTakenBy = ({ row, set }: State, { intent: { action }, outcome }: Ended): boolean =>
  action.kind === 'update-set' &&
  action.version === row.rotation.version &&
  (outcome.kind === 'done' || outcome.kind === 'begun' || (outcome.kind === 'unknown' && isBeingChanged(set)));

const keep = async ({ row }: State, { tables }: Ports): Promise<void> => {
  const { updated, lastDecision } = row;
  await tables.sets.change(...rowOfSet(row.id), (standing = row) => ({
    ...standing,
    ...(updated === undefined ? {} : { updated }),
    ...(lastDecision === undefined ? {} : { lastDecision }),
  }));
};

/** Writes its row, and has a set read that was pointed at a version; alerts people of one that was not, and why. */
async function conclude(state: State, { decision, ended, failure }: Result, ports: Ports): Promise<void> {
  const { user } = state;
  await keep(state, ports);
  if (ended.some((one) => isTakenBy(state, one))) return lookAt([state.row], ports);
  const next = judged(state, ports);
  const because = decision.judgements.flatMap(({ verdict }) => heldIn(verdict)).at(0) ?? failure;
  if (because !== undefined && isToUpdate(next, ports.policy)) await alertNotUpdated({ next, user }, because, ports);
}

const heldIn = (verdict: Decision['judgements'][number]['verdict']): readonly string[] =>
  verdict.kind === 'withheld' && isNotUpdated(verdict.because) ? [NOT_UPDATED[verdict.because]] : [];

const isNotUpdated = (because: string): because is NotUpdated => because in NOT_UPDATED;
