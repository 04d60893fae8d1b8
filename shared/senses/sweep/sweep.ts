import { ensureBaseline } from '../../approvals/ensure-baseline.ts';
import type { Inspection, SweepMessage } from '../../domain/hint.ts';
import { guardedVaults, keyPolicy } from '../../domain/policy.ts';
import type { KeyRecord, SweepState } from '../../domain/register.ts';
import { later, SECOND_MS } from '../../domain/time.ts';
import type { Answer } from '../../domain/vault.ts';
import {
  BaselineImpossible,
  KeptRecordUnreadable,
  PassRefused,
  RegisterRecordUnreadable,
  RegisterUnreadable,
  TrailBroken,
} from '../../errors.ts';
import { claimsLeft } from '../../guard/claim.ts';
import { inTurns } from '../../in-turns.ts';
import { setAsideWhole } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import { type KeyRow, readSoundKeys, writeKey } from '../../register/keys.ts';
import { tellUnreadable } from '../../register/tell-unreadable.ts';
import { readSweep, type SweepRow, writeSweep } from '../../register/vaults.ts';
import { compare } from './compare.ts';
import { brake, passed, refusedPass, tellUnanswered } from './end.ts';
import { type Lists, listedKeys, type Sight } from './plan.ts';
import { readVersions } from './read-versions.ts';

/** Messages and rows of one pass side by side. */
const AT_ONCE = 8;
/** So many passes that began and did not end are told as blind, too: they take the time with them. */
const BLIND_AFTER_PASSES = 3;

/**
 * One pass over a vault. Plans the next one first, so that a pass that dies ends no chain; a message of another chain, or
 * one delivered again, is dropped. A vault that cannot be read is blind, told after two minutes, and swept again all the
 * same. Throws where storage is away: the next pass is planned by then, and comes all the same.
 */
export async function sweep(message: SweepMessage, ports: Ports): Promise<void> {
  const { vault } = message;
  // A vault that the policy does not name any more: its chain ends here.
  if (!guardedVaults(ports.policy).includes(vault)) return;
  const standing = await readSweep(ports.tables.vaults, vault);
  if (standing === undefined || standing.state.token !== message.token) return;
  const planned = await plan(vault, standing, ports);
  if (planned === undefined) return;
  if ((planned.unended ?? 0) > BLIND_AFTER_PASSES) await refusedPass(vault, 'passes do not come to their end', ports);
  const beganAt = ports.now();
  const refused = await pass(vault, planned, ports);
  await (refused === undefined ? passed(vault, beganAt, ports) : refusedPass(vault, refused.because, ports));
}

/** Plans a vault's next pass and makes it the chain that counts; `undefined` where somebody else just did. */
async function plan(
  vault: string,
  from: SweepRow,
  { tables, queues, now, newId, settings }: Ports,
): Promise<SweepState | undefined> {
  const { awaitedSince: _, ...before } = from.state;
  const state: SweepState = {
    ...before,
    token: newId(),
    plannedFor: later(now(), settings.sweepEverySeconds * SECOND_MS),
    unended: (before.unended ?? 0) + 1,
  };
  if (!(await writeSweep(tables.vaults, vault, from, state))) return undefined;
  const next: SweepMessage = { vault, token: state.token };
  await queues.sweeps.send(next, settings.sweepEverySeconds);
  return state;
}

/** Reads, compares, queues. Returns why it could not, where the vault refused. */
async function pass(vault: string, planned: SweepState, ports: Ports): Promise<PassRefused | undefined> {
  try {
    if (!(await ensureBaseline(vault, ports))) return undefined;
    await compareVault(vault, planned, ports);
    return undefined;
  } catch (error) {
    if (error instanceof PassRefused) return error;
    if (error instanceof BaselineImpossible) return new PassRefused(vault, error.because, error);
    if (error instanceof RegisterUnreadable) {
      await setAsideWhole({ content: error.content, because: error.message }, 'register', ports);
      return new PassRefused(vault, error.message, error);
    }
    if (isTrailUnusable(error)) return new PassRefused(vault, error.message, error);
    throw error;
  }
}

/** The register is lost, and what it would be rebuilt from cannot be believed or read: lasting, and for people to know why. */
const isTrailUnusable = (error: unknown): error is TrailBroken | KeptRecordUnreadable | RegisterRecordUnreadable =>
  error instanceof TrailBroken || error instanceof KeptRecordUnreadable || error instanceof RegisterRecordUnreadable;

async function compareVault(vault: string, { lastPassAt, unanswered }: SweepState, ports: Ports): Promise<void> {
  const { policy, now } = ports;
  const beganAt = now();
  const { sweepEverySeconds } = ports.settings;
  const reads = ports.reads(vault);
  const [keys, deleted, { rows, unreadable }, left] = await Promise.all([
    reads.listKeys(),
    reads.listDeletedKeys(),
    readSoundKeys(ports.tables.keys, vault),
    claimsLeft(vault, ports),
  ]);
  // A row that cannot be read costs the sight of its own key alone.
  const isSound = ({ key }: { readonly key: string }): boolean => !unreadable.has(key);
  const present = got(vault, keys);
  const lists: Lists = {
    keys: present.keys.filter(isSound),
    unclear: present.unclear.filter((key) => isSound({ key })),
    deleted: got(vault, deleted).filter(isSound),
  };
  const register: ReadonlyMap<string, KeyRecord> = new Map([...rows].map(([key, { record }]) => [key, record]));
  const sight: Sight = { policy, vault, lists, register, beganAt, sweepEverySeconds };

  const { listed, read, refused, blind } = await readVersions(sight, reads);
  const unclear = [...lists.unclear, ...refused];
  const clear = { ...lists, keys: lists.keys.filter(({ key }) => !refused.has(key)), unclear };
  const found = compare({ ...sight, lists: clear }, listed, read);
  const count = { badBefore: found.badBefore, listedKeys: listedKeys(lists), lastPassAt };
  // What a look wrote may be good again, and people have not heard of it.
  const open = left.filter((key) => isSound({ key }) && keyPolicy(policy, vault, key).guarded);
  const differing = [...new Set([...found.differing, ...open])].filter(
    (key) => blind === undefined || !refused.has(key),
  );
  // Queued before anybody is told: what cannot be told must not keep what is to be undone.
  const steps = [
    () => inTurns(AT_ONCE, differing, (key) => ports.queues.inspections.send(differs(vault, key, count, ports))),
    () => inTurns(1, [...unreadable], ([key, error]) => tellUnreadable({ vault, key }, error, ports)),
    () => brake(vault, found.badBefore, ports),
    () => tellUnanswered(vault, unanswered, differing, rows, ports),
    () => inTurns(AT_ONCE, [...found.seen], ([key, record]) => writeSeen(vault, key, rows.get(key), record, ports)),
  ];
  await inTurns(1, steps, (step) => step());
  if (blind !== undefined) throw new PassRefused(vault, blind.kind, blind.error);
}

function got<T>(vault: string, answer: Answer<T>): T {
  if (answer.kind === 'ok') return answer.value;
  throw new PassRefused(vault, answer.kind, answer.kind === 'missing' ? undefined : answer.error);
}

const differs = (
  vault: string,
  key: string,
  pass: NonNullable<Inspection['pass']>,
  { newId, now }: Ports,
): Inspection => ({
  vault,
  key,
  hints: [{ id: newId(), sense: 'sweep', heardAt: now(), says: { kind: 'differs' } }],
  attempt: 0,
  pass,
});

/** An inspection that wrote the row meanwhile knows better: then this pass's sight is dropped. */
async function writeSeen(
  vault: string,
  key: string,
  from: KeyRow | undefined,
  record: KeyRecord,
  { tables }: Ports,
): Promise<void> {
  if (from !== undefined) await writeKey(tables.keys, { vault, key }, from, record);
}
