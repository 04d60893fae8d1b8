import { readApprovals } from '../../shared/approvals/read.ts';
import { factsOf } from '../../shared/domain/actions/registry.ts';
import { type Approval, covers, type UnapprovedState } from '../../shared/domain/approval.ts';
import type { Decision, Ended, Judgement } from '../../shared/domain/decision.ts';
import type { Inspection } from '../../shared/domain/hint.ts';
import { type KeyId, spell } from '../../shared/domain/key.ts';
import { keyPolicy } from '../../shared/domain/policy.ts';
import type { KeyRecord, RegisterChange } from '../../shared/domain/register.ts';
import { keyOf, spellSubject } from '../../shared/domain/subject.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { CLAIM_MS } from '../../shared/guard/claim.ts';
import type { SubjectGuard } from '../../shared/guard/guarded.ts';
import { inspectOnce } from '../../shared/guard/inspect.ts';
import { keyGuard } from '../../shared/guard/keys/guard.ts';
import { type Restorer, takenBack } from '../../shared/guard/keys/take-back.ts';
import { readIncidents } from '../../shared/incidents/store.ts';
import { consumedIn } from '../../shared/people/status.ts';
import { readKey, readKeys } from '../../shared/register/keys.ts';
import { readSweep } from '../../shared/register/vaults.ts';
import type { Context } from './context.ts';

/** How long the command waits for a recovered key to be listed again, in ms. */
const BACK_WITHIN_MS = 30_000;
const INSPECT_EVERY_MS = 500;

/** What to restore. */
export interface Restoring {
  readonly vault: string;
  /** `undefined`: every key of the vault that is not as approved. */
  readonly key: string | undefined;
  /** The only version for which approvals are taken back; `undefined` for all. */
  readonly version: string | undefined;
  /** Only say what would be restored. */
  readonly dryRun: boolean;
  /** Take approvals back as well: what was approved before them is approved again. */
  readonly alsoApproved: boolean;
}

/**
 * Restores keys to what was approved, under the rights of the person who runs it, in any mode and during any hold. It runs the
 * guardian's own inspection. Retired versions stay retired unless approvals are taken back. Throws `NotAllowed`, with
 * everything that was done, where a key is not as approved afterwards.
 *
 * @param turnWithinMs how long it waits while the guardian has the claim on a key
 */
export async function restore(wanted: Restoring, context: Context, turnWithinMs = CLAIM_MS): Promise<string> {
  if (wanted.key !== undefined) return restoreKey({ ...wanted, key: wanted.key }, context, turnWithinMs);
  const { keys, asOf } = await differingKeys(wanted, context);
  if (keys.length === 0)
    return `No key of ${wanted.vault} differed from what was approved when it was last swept, ${asOf}: there is nothing to restore.`;
  const said: string[] = [];
  const failed: string[] = [];
  for (const key of keys) {
    await restoreKey({ ...wanted, key }, context, turnWithinMs).then(
      (lines) => said.push(lines),
      (error: unknown) => {
        if (!(error instanceof NotAllowed)) throw error;
        failed.push(error.message);
      },
    );
  }
  if (failed.length > 0) throw new NotAllowed([...said, ...failed].join('\n'));
  return said.join('\n');
}

/**
 * The keys for which the last inspection found something, or that the last good sweep found differing, and the time of that
 * sweep; also the keys with consumed approvals, where these are taken back.
 */
async function differingKeys(
  { vault, alsoApproved }: Restoring,
  { ports }: Context,
): Promise<{ readonly keys: readonly string[]; readonly asOf: string }> {
  const [{ known }, sweep] = await Promise.all([readKeys(ports.tables.keys, vault), readSweep(ports.tables, vault)]);
  const swept = sweep?.value.differing ?? {};
  const keys = [...known].flatMap(([key, { record }]) => {
    const isMeant =
      record.observed.foundSomething === true ||
      swept[key] !== undefined ||
      (alsoApproved && consumedIn([record]).size > 0);
    return isMeant && keyPolicy(ports.policy, vault, key).guarded ? [key] : [];
  });
  const lastGoodAt = sweep?.value.lastGoodAt;
  return { keys, asOf: lastGoodAt === undefined ? 'never' : utc(lastGoodAt) };
}

async function restoreKey(wanted: Restoring & KeyId, context: Context, turnWithinMs: number): Promise<string> {
  const { ports, who } = context;
  const { vault, key, alsoApproved, version } = wanted;
  const restorer: Restorer = { who, alsoApproved, version };
  const subject = keyOf({ vault, key });
  const guard = keyGuard(restorer)(subject);
  if (guard === undefined) throw new NotAllowed(`Nothing guards ${spell({ vault, key })}.`);
  const message: Inspection = { subject, hints: [], attempt: 0 };
  const [{ record }, { stored }] = await Promise.all([
    readKey(ports.tables.keys, subject),
    readIncidents(ports, subject),
  ]);
  const changes = takenBack(record, restorer, stored);
  const back = changes.map(spellTakenBack);
  if (wanted.dryRun) return preview(wanted, back, await decisionNow(message, guard, context), context);

  const { decision, ended } = await restoreUntilDone(message, guard, context, turnWithinMs);
  const left = notRestored(wanted, decision, context);
  const open = changes.length === 0 ? [] : await stillAllowed(record, wanted, context);
  const lines = [...back, ...ended.map(lineOf), ...open, ...left];
  if (left.length > 0 || ended.some(isFailed)) throw new NotAllowed(lines.join('\n'));
  return lines.length === 0
    ? `${spell({ vault, key })} is as it was approved: there is nothing to restore.`
    : lines.join('\n');
}

/** Lines for the approvals that would allow again what was taken back: those that were consumed, and any others of the same acts. */
async function stillAllowed(
  record: KeyRecord,
  { vault, key }: KeyId,
  { ports, runnable }: Context,
): Promise<readonly string[]> {
  const { versions, standing } = record.approved;
  const consumed = Object.entries(versions).flatMap(([version, known]) =>
    known.consumed.map(({ act }) => ({ key, version, act, otherwiseAt: undefined })),
  );
  const deleted = { key, version: undefined, act: 'delete', otherwiseAt: undefined } as const;
  const states: readonly UnapprovedState[] = standing.kind === 'deletion-approved' ? [...consumed, deleted] : consumed;
  const now = ports.now();
  return (await readApprovals(ports, vault))
    .filter((approval) => states.some((state) => coversFrom(approval, state, now)))
    .flatMap(({ id, acts, until }) => {
      const withdraw = runnable(`key-guardian approve withdraw ${vault} ${id}`);
      return [
        `Approval ${id} allows ${acts.join(', ')} again until ${utc(until)}, unless it is withdrawn${withdraw === undefined ? '.' : ':'}`,
        ...(withdraw === undefined ? [] : [`  ${withdraw}`]),
      ];
    });
}

/** Whether an approval covers a state now, or will once its window opens. */
const coversFrom = (approval: Approval, state: UnapprovedState, now: Date): boolean =>
  covers(approval, state, approval.from.getTime() > now.getTime() ? approval.from : now);

async function decisionNow(message: Inspection, guard: SubjectGuard, { ports }: Context): Promise<Decision> {
  const begun = await guard.begin(message, ports);
  if (begun.kind === 'not-observed') throw cannotBeRead(message, begun.because);
  return begun.guarded.decide(ports.now()).decision;
}

function preview(id: KeyId, back: readonly string[], decision: Decision, context: Context): string {
  const would = [...back, ...decision.actions.map((action) => factsOf(action).says)];
  const left = notRestored(id, decision, context);
  if (would.length === 0 && left.length > 0) throw new NotAllowed(left.join('\n'));
  if (would.length === 0)
    return `${spell({ vault: id.vault, key: id.key })} is as it was approved: there is nothing to restore.`;
  return [
    `${spell({ vault: id.vault, key: id.key })} would be restored:`,
    ...would.map((line) => `  ${line}`),
    ...left,
  ].join('\n');
}

/** Inspects until nothing is left to undo. A deleted key needs time to come back, and only then its versions can be restored. */
async function restoreUntilDone(
  message: Inspection,
  guard: SubjectGuard,
  { ports }: Context,
  turnWithinMs: number,
): Promise<{ readonly decision: Decision; readonly ended: readonly Ended[] }> {
  const ended: Ended[] = [];
  const beganMs = performance.now();
  for (;;) {
    const came = await inspectOnce(message, guard, ports);
    const tookMs = performance.now() - beganMs;
    if (came.kind === 'not-guarded')
      throw new NotAllowed(`The policy does not guard ${spellSubject(message.subject)}.`);
    if (came.kind === 'not-observed') throw cannotBeRead(message, came.because);
    if (came.kind === 'busy' && tookMs > turnWithinMs)
      throw new NotAllowed(`The guardian is still at work on ${spellSubject(message.subject)}: try again.`);
    if (came.kind === 'ended') {
      ended.push(...came.ended);
      if (came.failure !== undefined || !isComing(came.decision, came.ended) || tookMs > BACK_WITHIN_MS)
        return { decision: came.decision, ended };
    }
    await new Promise((resolve) => setTimeout(resolve, INSPECT_EVERY_MS));
  }
}

/** Whether a write does not show yet, or the key is settling. */
const isComing = ({ actions, judgements }: Decision, ended: readonly Ended[]): boolean =>
  actions.length > 0 ||
  ended.some(({ outcome }) => outcome.kind === 'begun') ||
  judgements.some(({ verdict }) => verdict.kind === 'settling');

const cannotBeRead = ({ subject }: Inspection, because: string): NotAllowed =>
  new NotAllowed(`${spellSubject(subject)} cannot be read: ${because}.`);

const isFailed = ({ outcome }: Ended): boolean => outcome.kind === 'failed' || outcome.kind === 'unknown';

function lineOf({ intent, outcome }: Ended): string {
  const why = 'because' in outcome ? `: ${outcome.because}` : '';
  return `${factsOf(intent.action).says}: ${outcome.kind === 'failed' ? 'refused' : outcome.kind}${why}`;
}

const spellTakenBack = (change: RegisterChange): string =>
  change.kind === 'set-standing'
    ? 'take back the approved deletion: the key is guarded again'
    : 'take back what approvals allowed';

/**
 * Lines for what is not as approved and cannot be restored by a write: what was found, and what a person can do. Empty where
 * there is nothing.
 */
function notRestored(id: KeyId, { judgements }: Decision, context: Context): readonly string[] {
  const lines = judgements.flatMap((judgement) => whatToDo(judgement, context));
  return lines.length === 0 ? [] : [`${spell({ vault: id.vault, key: id.key })} is not as it was approved:`, ...lines];
}

function whatToDo({ finding, verdict }: Judgement, context: Context): readonly string[] {
  const lines = (...says: readonly string[]): readonly string[] => [
    `  ${finding.summary}`,
    ...says.map((line) => `    ${line}`),
  ];
  switch (verdict.kind) {
    case 'undo':
    case 'approved':
      return [];
    case 'settling':
      return lines('It is settling: run this command again in a minute.');
    case 'withheld':
      return verdict.because === 'managed'
        ? lines('This cannot be restored here: the key belongs to a certificate. Restore the certificate instead.')
        : lines(`This cannot be restored: ${verdict.because}.`);
    case 'left-to-people':
      return lines(
        'No write can restore this. What a person can do:',
        ...(finding.commands ?? []).flatMap((command) => context.runnable(command) ?? []),
      );
    default:
      return verdict satisfies never;
  }
}
