import { isDeepStrictEqual } from 'node:util';
import type { Action, Decision, Outcome } from '../../shared/domain/decision.ts';
import { type AttributeChange, type KeyId, spell } from '../../shared/domain/key.ts';
import { keyPolicy } from '../../shared/domain/policy.ts';
import type { KeyRecord, RegisterChange } from '../../shared/domain/register.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { answeredOutcome, intentFor, send } from '../../shared/guard/act.ts';
import { isShown } from '../../shared/guard/actions.ts';
import { CLAIM_MS, type Claim, claimKey, releaseClaim } from '../../shared/guard/claim.ts';
import { decide } from '../../shared/guard/decide.ts';
import { intentEntry, outcomeEntry } from '../../shared/guard/entries.ts';
import { firstReads, observe } from '../../shared/guard/observe.ts';
import { approvedBy } from '../../shared/guard/outcomes.ts';
import { withChanges } from '../../shared/register/changes.ts';
import { readKey } from '../../shared/register/keys.ts';
import { recordChanges } from '../../shared/register/record-changes.ts';
import type { Context } from './context.ts';
import { notRestored } from './not-restored.ts';

/** How long a recovered key is given to list again, in ms. */
const BACK_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 500;

/** What to put back. */
export interface Restoring extends KeyId {
  /** Only this version, where approvals are taken back. */
  readonly version: string | undefined;
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean;
  /** Take back as well what approvals were spent on: the state before them is approved again. */
  readonly alsoApproved: boolean;
}

/**
 * Puts a key back as it was approved, under the rights of who runs it: whatever the guardian's mode, holds and brakes
 * say, since a person says otherwise now. Retired versions stay retired unless approvals are taken back. Throws
 * `NotAllowed`, with all that came of it, where the key is not as it was approved afterwards.
 *
 * @param turnWithinMs how long it waits while the guardian works on the key
 */
export async function restore(wanted: Restoring, context: Context, turnWithinMs = CLAIM_MS): Promise<string> {
  if (wanted.dryRun) return restoreClaimed(wanted, context);
  const claim = await claimWithin(turnWithinMs, wanted, context);
  try {
    return await restoreClaimed(wanted, context);
  } finally {
    await releaseClaim(claim, context.ports);
  }
}

async function claimWithin(ms: number, { vault, key }: KeyId, { ports }: Context): Promise<Claim> {
  const until = performance.now() + ms;
  for (;;) {
    const claim = await claimKey({ vault, key }, ports);
    if (claim !== undefined) return claim;
    if (performance.now() > until)
      throw new NotAllowed(`The guardian is still at work on ${spell({ vault, key })}: try again.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function restoreClaimed(wanted: Restoring, context: Context): Promise<string> {
  const { ports } = context;
  const { vault, key, dryRun } = wanted;
  const id = { vault, key };
  const known = await readKey(ports.tables.keys, id);
  const unspent = takenBack(known.record, wanted);
  const record = withChanges(known.record, unspent);
  const decision = await needed(id, record, context);
  const { actions } = decision;
  if (actions.length === 0 && unspent.length === 0) {
    const left = notRestored(id, decision, context);
    if (left.length > 0) throw new NotAllowed(left.join('\n'));
    return `${spell(id)} is as it was approved: there is nothing to restore.`;
  }
  if (dryRun)
    return [
      `${spell(id)} would be restored:`,
      ...unspent.map((each) => `  ${spellTakenBack(each)}`),
      ...actions.map((action) => `  ${spellAction(action)}`),
      ...notRestored(id, decision, context),
    ].join('\n');
  await recordChanges(id, unspent, ports);
  const all = await writeTwice(id, decision, context);
  const { record: standing } = await readKey(ports.tables.keys, id);
  const left = notRestored(id, await needed(id, standing, context), context);
  const said = [...(actions.length === 0 ? unspent.map(spellTakenBack) : []), ...all.map(({ line }) => line), ...left];
  if (left.length > 0 || all.some(({ refused }) => refused)) throw new NotAllowed(said.join('\n'));
  return said.join('\n');
}

/** What came of one write, in words. */
interface Written {
  readonly line: string;
  readonly refused: boolean;
}

/** Attributes of a key that was deleted can only be seen, and put back, once it is there again. What was refused is not sent twice. */
async function writeTwice(id: KeyId, decision: Decision, context: Context): Promise<readonly Written[]> {
  const { actions: tried } = decision;
  if (tried.length === 0) return [];
  const done = await write(id, decision, context);
  const { record } = await readKey(context.ports.tables.keys, id);
  const after = await needed(id, record, context);
  const actions = after.actions.filter((action) => !tried.some((one) => isDeepStrictEqual(one, action)));
  return [...done, ...(await write(id, { ...after, actions }, context))];
}

async function needed(id: KeyId, record: KeyRecord, { ports }: Context): Promise<Decision> {
  const reads = ports.reads(id.vault);
  const observation = await observe(reads, id, await firstReads(reads, id), record);
  if (observation.kind === 'refused') throw new NotAllowed(`${spell(id)} cannot be read: ${observation.refusal.kind}.`);
  const policy = { ...keyPolicy(ports.policy, id.vault, id.key), mode: 'block' as const };
  const given = {
    ...id,
    observed: observation.key,
    record: { ...record, undone: [], recovering: undefined },
    policy,
    now: ports.now(),
    listedKeys: undefined,
  };
  const anyway = { baselineAccepted: true, approvals: [], holds: [], badBefore: 0, lastPassAt: undefined };
  return decide({ ...given, ...anyway, lookBeganAt: given.now });
}

/** What approvals were spent on goes back to what was approved before the first of them. */
function takenBack(record: KeyRecord, { alsoApproved, version: only }: Restoring): readonly RegisterChange[] {
  if (!alsoApproved) return [];
  const deletion: readonly RegisterChange[] =
    record.approvedDeletion === undefined ? [] : [{ kind: 'forget-deletion' }];
  const versions = Object.entries(record.versions).flatMap(
    ([version, { spent, created }]): readonly RegisterChange[] => {
      const before = spent.find((use) => use.before !== undefined)?.before;
      if (before === undefined || (only !== undefined && only !== version)) return [];
      return [{ kind: 'approve-version', version, created, approved: before, because: 'restored by a person' }];
    },
  );
  return [...deletion, ...versions];
}

const spellTakenBack = (taken: RegisterChange): string =>
  taken.kind === 'forget-deletion'
    ? 'take back the approved deletion: the key is guarded again'
    : 'take back what approvals allowed';

async function write(id: KeyId, decision: Decision, context: Context): Promise<readonly Written[]> {
  const { ports, who } = context;
  const written: Written[] = [];
  for (const action of decision.actions) {
    const intent = intentFor(action, decision, ports);
    await ports.trail.append(id.vault, [intentEntry(id, intent, ports, { who })]);
    const answer = await send(intent, ports.writes(id.vault));
    const isDone = answer.kind === 'ok' && (await shows(id, action, ports));
    const outcome: Outcome = isDone ? { kind: 'done' } : answeredOutcome(answer);
    await ports.trail.append(id.vault, [outcomeEntry(id, intent, outcome, ports, false, { who })]);
    const { record } = await readKey(ports.tables.keys, id);
    if (isDone) await recordChanges(id, approvedBy(intent, record), ports);
    const said = answer.kind === 'ok' ? outcome.kind : `refused: ${answer.kind}`;
    written.push({ line: `${spellAction(action)}: ${said}`, refused: answer.kind !== 'ok' });
  }
  return written;
}

/** Believed by reading back. */
async function shows(id: KeyId, action: Action, ports: Context['ports']): Promise<boolean> {
  const reads = ports.reads(id.vault);
  const until = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    const { record } = await readKey(ports.tables.keys, id);
    const observation = await observe(reads, id, await firstReads(reads, id), record);
    if (observation.kind === 'observed' && isShown(action, observation.key)) return true;
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function spellAction(action: Action): string {
  switch (action.kind) {
    case 'recover-key':
      return `recover ${spell(action)}`;
    case 'restore-version':
      return `restore ${spell(action)}: ${spellChange(action.change)}`;
    default:
      return action satisfies never;
  }
}

function spellChange({ enabled, notBefore, expiresOn, operations }: AttributeChange): string {
  const changes = [
    enabled === undefined ? '' : 'enabled',
    notBefore === undefined ? '' : `not before ${utc(notBefore)}`,
    expiresOn === undefined ? '' : `expires on ${utc(expiresOn)}`,
    operations === undefined ? '' : `operations ${operations.join(' ')}`,
  ];
  return changes.filter((change) => change !== '').join(', ');
}
