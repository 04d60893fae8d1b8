import { ensureBaseline } from '../../approvals/ensure-baseline.ts';
import { type Hint, type Inspection, inspectionFor } from '../../domain/hint.ts';
import { guardedVaults, keyPolicy, pastPolicy, policyOf } from '../../domain/policy.ts';
import type { KeyRecord, SweepState } from '../../domain/register.ts';
import type { SweepMessage } from '../../domain/schedule.ts';
import { keyOf } from '../../domain/subject.ts';
import { later, SECOND_MS } from '../../domain/time.ts';
import type { Answer } from '../../domain/vault.ts';
import {
  BaselineImpossible,
  RegisterRecordUnreadable,
  RowUnreadable,
  SpooledRecordUnreadable,
  SweepRefused,
  TrailBroken,
} from '../../errors.ts';
import { claimsLeft } from '../../guard/claim.ts';
import { inTurns } from '../../in-turns.ts';
import { alertUnguarded, quarantineRows } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import { type KnownKey, readKeys } from '../../register/keys.ts';
import { readSweep } from '../../register/vaults.ts';
import { compare, OFF_SCHEDULE_AT_ONCE } from './compare.ts';
import { nextDiffering, type Swept, UNREADABLE_ROW } from './differing.ts';
import { ended, noteSweep, refusedSweep } from './end.ts';
import type { Listing, Lists } from './plan.ts';
import { readVersions } from './read-versions.ts';
import { everyMs } from './schedule.ts';

/** Messages and rows of one sweep that are sent or written at the same time. */
const AT_ONCE = 8;
/** Vaults of one message that are swept at the same time. */
const VAULTS_AT_ONCE = 8;
/** How long a sweep is taken to be running unless it says so again: half the time between two sweeps, so that one that is killed while it reads costs one interval. */
const RUNNING_SHARE = 0.5;
const LONGEST_RUNNING_MS = 30 * SECOND_MS;
/** Past policies of a vault that are kept. */
const KEPT_POLICIES = 50;

/**
 * Sweeps the vaults of a message once each. A vault that the policy no longer names is left out. The others are swept also
 * where one of them fails. Throws where storage does not answer.
 */
export async function sweep({ vaults, generation }: SweepMessage, ports: Ports): Promise<void> {
  await ports.scope.refresh();
  const named = guardedVaults(ports.policy);
  const guarded = vaults.filter((vault) => named.includes(vault));
  await inTurns(VAULTS_AT_ONCE, guarded, (vault) => sweepVault(vault, generation, ports));
}

/** Sweeps one vault, unless a sweep of it is running, or one of this generation has begun: a message can be delivered twice. */
async function sweepVault(vault: string, generation: number, ports: Ports): Promise<void> {
  const started = await start(vault, generation, ports);
  if (started === undefined) return;
  const beganAt = ports.now();
  const renewing = setInterval(() => void stillRunning(vault, generation, ports), runningMs(ports) / 3);
  try {
    const came = await sweepOnce(vault, started, beganAt, ports);
    const done = { vault, generation, beganAt };
    await (came instanceof SweepRefused ? refusedSweep(done, came.because, ports) : ended(done, came.differing, ports));
  } finally {
    clearInterval(renewing);
  }
}

const runningMs = (ports: Ports): number => Math.min(LONGEST_RUNNING_MS, RUNNING_SHARE * everyMs(ports));
const runningUntil = (ports: Ports): Date => later(ports.now(), runningMs(ports));

/** Notes that a sweep begins. Returns `undefined` where it may not. A time twice as far ahead as any was noted by a wrong clock. */
async function start(vault: string, generation: number, ports: Ports): Promise<SweepState | undefined> {
  const standing = await readSweep(ports.tables, vault);
  const before = standing?.value ?? { addedAt: ports.now(), startedGeneration: 0, differing: {}, policies: [] };
  const leftMs = (before.runningUntil?.getTime() ?? 0) - ports.now().getTime();
  const isRunning = leftMs > 0 && leftMs <= 2 * runningMs(ports);
  if (isRunning || before.startedGeneration >= generation) return undefined;
  const state: SweepState = {
    ...before,
    startedGeneration: generation,
    runningUntil: runningUntil(ports),
    policies: policiesNow(vault, before.policies, ports),
  };
  return (await ports.tables.sweeps.write('sweep', vault, standing, state)) ? state : undefined;
}

/** Says that a sweep is still running: reading a large vault can take longer than the time between two sweeps. Where this fails, the next sweep may begin early. */
const stillRunning = (vault: string, generation: number, ports: Ports): Promise<unknown> =>
  noteSweep({ vault, generation }, ports, (state) => ({ ...state, runningUntil: runningUntil(ports) })).catch(
    () => undefined,
  );

/** The past policies of the vault, with the present one added where it has changed. */
function policiesNow(
  vault: string,
  before: SweepState['policies'],
  { policy, now }: Pick<Ports, 'policy' | 'now'>,
): SweepState['policies'] {
  const said = pastPolicy.shape.vault.parse(JSON.parse(JSON.stringify(policyOf(policy, vault))));
  return JSON.stringify(before.at(-1)?.vault) === JSON.stringify(said)
    ? before
    : [...before, { from: now(), vault: said }].slice(-KEPT_POLICIES);
}

/** Reads the vault, compares it with the register, and queues inspections. Returns the reason where the vault refused. */
async function sweepOnce(
  vault: string,
  started: SweepState,
  beganAt: Date,
  ports: Ports,
): Promise<Swept | SweepRefused> {
  try {
    await ensureBaseline(vault, ports);
    return await compareVault(vault, started, beganAt, ports);
  } catch (error) {
    if (error instanceof SweepRefused) return error;
    if (error instanceof BaselineImpossible) return new SweepRefused(vault, error.because, error);
    if (error instanceof RowUnreadable) {
      await quarantineRows([error], ports);
      return new SweepRefused(vault, error.message, error);
    }
    if (isTrailUnusable(error)) return new SweepRefused(vault, error.message, error);
    throw error;
  }
}

/** Whether the register is lost and the trail, from which it would be rebuilt, is broken or cannot be read. Lasting: a person has to act. */
const isTrailUnusable = (error: unknown): error is TrailBroken | SpooledRecordUnreadable | RegisterRecordUnreadable =>
  error instanceof TrailBroken || error instanceof SpooledRecordUnreadable || error instanceof RegisterRecordUnreadable;

async function compareVault(vault: string, before: SweepState, beganAt: Date, ports: Ports): Promise<Swept> {
  const { policy, scope, settings } = ports;
  const reads = ports.reads(vault);
  const [keys, deleted, { known, unreadable }, left] = await Promise.all([
    reads.listKeys(),
    reads.listDeletedKeys(),
    readKeys(ports.tables.keys, vault),
    claimsLeft(vault, ports),
  ]);
  // A row that cannot be read leaves out only its own key.
  const isSound = ({ key }: { readonly key: string }): boolean => !unreadable.has(key);
  const present = got(vault, keys);
  const lists: Lists = {
    keys: present.keys.filter(isSound),
    unclear: present.unclear.filter((key) => isSound({ key })),
    deleted: got(vault, deleted).filter(isSound),
  };
  const register: ReadonlyMap<string, KeyRecord> = new Map([...known].map(([key, { record }]) => [key, record]));
  const { sweepEverySeconds } = settings;
  const listing: Listing = { policy, vault, lists, register, surveyed: scope.surveyed, beganAt, sweepEverySeconds };

  const { listed, read, policies, refused, blind } = await readVersions(listing, reads);
  const unclear = [...lists.unclear, ...refused];
  const clear = { ...lists, keys: lists.keys.filter(({ key }) => !refused.has(key)), unclear };
  const found = compare({ ...listing, lists: clear }, listed, read, policies);
  // Nobody inspected a key while its row could not be read.
  const repaired = Object.entries(before.differing).flatMap(([key, { etag }]) =>
    etag === UNREADABLE_ROW ? [key] : [],
  );
  // A key whose inspection crashed is inspected again, even if it is as approved now: people may not have been alerted.
  const again = [...left, ...repaired].filter((key) => isSound({ key }) && keyPolicy(policy, vault, key).guarded);
  const differing = [...new Set([...found.differing, ...again])];
  const queued = differing.filter((key) => blind === undefined || !refused.has(key));
  // Queued before anybody is alerted: a failing alert must not delay a restore.
  const steps = [
    () => inTurns(AT_ONCE, queued, (key) => ports.queues.inspections.send(reasonFor(vault, key, DIFFERS, ports))),
    () =>
      inTurns(AT_ONCE, [...found.offSchedule.entries()], ([at, key]) => {
        const delaySeconds = Math.floor((at * sweepEverySeconds) / OFF_SCHEDULE_AT_ONCE);
        return ports.queues.inspections.send(reasonFor(vault, key, OFF_SCHEDULE, ports), delaySeconds);
      }),
    () => inTurns(1, [...unreadable], ([key, error]) => alertUnguarded({ vault, key }, error, ports)),
    () =>
      inTurns(AT_ONCE, [...found.observed], ([key, record]) =>
        writeObserved(vault, key, known.get(key), record, ports),
      ),
  ];
  await inTurns(1, steps, (step) => step());
  if (blind !== undefined) throw new SweepRefused(vault, blind.kind, blind.error);
  return { differing: nextDiffering(before, [...differing, ...unreadable.keys()], { known, unreadable }, ports.now()) };
}

function got<T>(vault: string, answer: Answer<T>): T {
  if (answer.kind === 'ok') return answer.value;
  throw new SweepRefused(vault, answer.kind, answer.kind === 'missing' ? undefined : answer.error);
}

const DIFFERS = { says: { kind: 'differs' } } as const;
const OFF_SCHEDULE = { says: { kind: 'off-schedule' } } as const;

const reasonFor = (vault: string, key: string, reason: Pick<Hint, 'says'>, { newId, now }: Ports): Inspection =>
  inspectionFor(keyOf({ vault, key }), { id: newId(), sense: 'sweep', sensedAt: now(), ...reason });

/** Writes what the sweep observed of a key. Where an inspection wrote the row meanwhile, the sweep's observation is dropped. */
async function writeObserved(
  vault: string,
  key: string,
  from: KnownKey | undefined,
  record: KeyRecord,
  { tables }: Ports,
): Promise<void> {
  if (from !== undefined) await tables.keys.write(vault, key, from.stored, record);
}
