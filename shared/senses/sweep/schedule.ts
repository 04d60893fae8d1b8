import { LONGEST_SWEEP_SECONDS } from '../../config.ts';
import type { SweepMessage } from '../../domain/hint.ts';
import { guardedVaults } from '../../domain/policy.ts';
import { type SweepState, sweepState } from '../../domain/register.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { isStorageAway, PolicyInvalid } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { sweepReplanted } from '../../incidents/kinds/sweep-replanted.ts';
import { readOrSetAside } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { readSweep, writeSweep } from '../../register/vaults.ts';
import type { Row } from '../../storage.ts';
import { tellBlind } from './end.ts';

/** The sentry plants a vault's message once a pass is overdue by half the time between two. */
const SENTRY_OVERDUE_SHARE = 0.5;
/**
 * Any other function does so, and says so, a little later: a timer is one lease, and timers have been seen silent for
 * half an hour. With the minute until the next of them looks, no vault is without a pass for more than three minutes.
 */
const OTHERS_OVERDUE_SHARE = 0.9;

/** Why a vault is blind whose messages nobody takes. */
const NO_PASS_BEGINS = 'passes are planted and do not begin';

/** Vaults that are planted, or told of, side by side. */
const AT_ONCE = 8;

type Telling = () => Promise<void>;

/**
 * Plants the sweep of every guarded vault that has none under way. `by` is the function that looks: the sentry does it
 * as its work, any other because the sentry has not. A vault whose passes do not begin for two minutes is told as blind.
 * People are told when all are planted: what cannot be told, or not be planted, keeps no other vault from being swept.
 */
export async function keepSweeping(by: string, ports: Ports): Promise<void> {
  if (by !== 'sentry' && !(isTimeToLook(ports) && hasPolicy(ports))) return;
  const vaults = guardedVaults(ports.policy);
  const rows = new Map((await ports.tables.vaults.list('sweep')).map((row) => [row.row, row]));
  const tellings: Telling[] = [];
  const steps = [
    () =>
      inTurns(AT_ONCE, vaults, async (vault) => {
        tellings.push(...(await plantIfDue(vault, rows.get(vault), by, ports)));
      }),
    () => inTurns(AT_ONCE, tellings, (tell) => tell()),
    () => (by === 'sentry' ? forgetUnguarded(rows, vaults, ports) : Promise.resolve()),
  ];
  await inTurns(1, steps, (step) => step());
}

/** As `keepSweeping`, for a function whose own work is done: it need not be done again because storage is away now. The sentry looks each minute, and fails aloud. */
export async function helpSweeping(by: string, ports: Ports): Promise<void> {
  try {
    await keepSweeping(by, ports);
  } catch (error) {
    if (!isStorageAway(error)) throw error;
  }
}

/**
 * Plants a vault whose pass is overdue, that has none, or whose row cannot be read. Returns what people are to be told.
 */
async function plantIfDue(vault: string, row: Row | undefined, by: string, ports: Ports): Promise<readonly Telling[]> {
  const state = sweepState.safeParse(row?.data).data;
  const back: readonly Telling[] =
    by === 'sentry' && state?.replantedAt !== undefined ? [() => sentryIsBack(vault, ports)] : [];
  if (state !== undefined && !isOverdue(state, by, ports)) return back;
  // Set aside before it is replaced; where that fails the vault is swept all the same, and the failure is told.
  const [aside] = await Promise.allSettled(
    row !== undefined && state === undefined ? [readOrSetAside(sweepState, row, 'register', ports)] : [],
  );
  if (!(await plant(vault, by, row, state, ports))) return back;
  if (state === undefined) return aside?.status === 'rejected' ? [() => Promise.reject(aside.reason)] : [];
  const replanted = sweepReplanted.draft(vault, ports.now(), by);
  return [
    ...(by === 'sentry' ? back : [() => openIncident(replanted, ports)]),
    () => tellBlind(vault, awaitedSince(state, ports.now()), NO_PASS_BEGINS, ports),
  ];
}

/** A vault that the policy does not name any more and names again later is swept for the first time. */
const forgetUnguarded = (
  rows: ReadonlyMap<string, Row>,
  vaults: readonly string[],
  { tables }: Ports,
): Promise<void> => {
  const unguarded = [...rows.values()].filter(({ row }) => !vaults.includes(row));
  return inTurns(AT_ONCE, unguarded, async (row) => void (await tables.vaults.remove(row)));
};

async function sentryIsBack(vault: string, ports: Ports): Promise<void> {
  await endIncidents({ vault }, ({ kind }) => kind === sweepReplanted.id, 'the sentry runs again', ports);
  const standing = await readSweep(ports.tables.vaults, vault);
  if (standing !== undefined)
    await writeSweep(ports.tables.vaults, vault, standing, { ...standing.state, replantedAt: undefined });
}

/** How long functions other than the sentry leave it between two looks of one process, in ms. */
const LOOK_EVERY_MS = 30 * SECOND_MS;
const lastLooks = new WeakMap<Ports, Date>();

function isTimeToLook(ports: Ports): boolean {
  const now = ports.now();
  const last = lastLooks.get(ports);
  if (last !== undefined && Math.abs(now.getTime() - last.getTime()) < LOOK_EVERY_MS) return false;
  lastLooks.set(ports, now);
  return true;
}

/** While the policy cannot be used there is nothing to sweep; the sentry tells people so. */
function hasPolicy(ports: Ports): boolean {
  try {
    return ports.policy.vaults.length > 0;
  } catch (error) {
    if (error instanceof PolicyInvalid) return false;
    throw error;
  }
}

/** A pass that is planned farther ahead than any setting lets a pass plan the next was planned by a clock that was ahead. */
function isOverdue({ plannedFor }: SweepState, by: string, { now, settings }: Ports): boolean {
  const everyMs = settings.sweepEverySeconds * SECOND_MS;
  const overdueShare = by === 'sentry' ? SENTRY_OVERDUE_SHARE : OTHERS_OVERDUE_SHARE;
  const lateMs = now().getTime() - plannedFor.getTime();
  return lateMs >= overdueShare * everyMs || lateMs < -2 * Math.max(everyMs, LONGEST_SWEEP_SECONDS * SECOND_MS);
}

/** Since when a pass is waited for that has not begun: by a clock that was ahead, since now. */
function awaitedSince(state: SweepState, now: Date): Date {
  const since = state.awaitedSince ?? state.plannedFor;
  return since.getTime() > now.getTime() ? now : since;
}

/** Starts a new chain of passes at once; false where somebody else just did. */
async function plant(
  vault: string,
  by: string,
  row: Row | undefined,
  before: SweepState | undefined,
  { tables, queues, now, newId }: Ports,
): Promise<boolean> {
  const token = newId();
  const awaited = before === undefined ? {} : { awaitedSince: awaitedSince(before, now()) };
  const replanted = before === undefined || by === 'sentry' ? {} : { replantedAt: now() };
  const state: SweepState = { ...before, token, plannedFor: now(), ...awaited, ...replanted };
  if (!(await writeSweep(tables.vaults, vault, row && { row }, state))) return false;
  const message: SweepMessage = { vault, token };
  await queues.sweeps.send(message);
  return true;
}
