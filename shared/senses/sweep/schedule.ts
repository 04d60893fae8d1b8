import { wakeSenders } from '../../alerts/send.ts';
import { LONGEST_SWEEP_SECONDS } from '../../config.ts';
import { guardedVaults } from '../../domain/policy.ts';
import type { SweepState } from '../../domain/register.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { isStorageAway, PolicyInvalid, type RowUnreadable } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { Stored } from '../../register/rows.ts';
import { readSweep } from '../../register/vaults.ts';
import { alertBlind } from './end.ts';

/** The sentry schedules a vault's sweep once it is overdue by this share of the time between two sweeps. */
const SENTRY_OVERDUE_SHARE = 0.5;
/**
 * Any other function does so a little later, and alerts operators of it: timers have stopped for half an hour before. Since
 * these functions check once a minute, no vault is without a sweep for more than three minutes.
 */
const OTHERS_OVERDUE_SHARE = 0.9;

/** The reason in the alert of a vault whose sweeps do not begin. */
const NO_SWEEP_BEGINS = 'sweeps are scheduled and do not begin';

/** Vaults that are scheduled, or alerted of, at the same time. */
const AT_ONCE = 8;

/** An alert that is due. */
type Alerting = () => Promise<void>;

/**
 * Schedules the sweep of every guarded vault that has none scheduled. On-call is alerted of a vault whose sweeps do not begin
 * for two minutes. All vaults are scheduled before anybody is alerted, and a failure of one vault does not stop the others.
 *
 * @param by the function that checks: the sentry, or another one because the sentry has not run
 */
export async function keepSweeping(by: string, ports: Ports): Promise<void> {
  const vaults = guardedVaults(ports.policy);
  const { stored, unreadable } = await ports.tables.sweeps.list('sweep');
  const rows = new Map(stored.map((one) => [one.row.row, one]));
  const alertings: Alerting[] = [];
  const steps = [
    () =>
      inTurns(AT_ONCE, vaults, async (vault) => {
        const lost = unreadable.find(({ row }) => row === vault);
        alertings.push(...(await scheduleIfDue(vault, rows.get(vault), lost, by, ports)));
      }),
    () => inTurns(AT_ONCE, alertings, (alert) => alert()),
    () => (by === 'sentry' ? forgetUnguarded(rows, vaults, ports) : Promise.resolve()),
  ];
  await inTurns(1, steps, (step) => step());
}

/**
 * Queues due alerts and schedules overdue sweeps in the sentry's place: a timer can stop. Called by a function after its own work,
 * which must not be repeated because this fails: so it does not throw where storage does not answer.
 */
export async function helpSentry(by: string, ports: Ports): Promise<void> {
  if (!isTimeToCheck(ports)) return;
  const steps = [() => wakeSenders(ports), () => (hasPolicy(ports) ? keepSweeping(by, ports) : Promise.resolve())];
  try {
    await inTurns(1, steps, async (step) => void (await step()));
  } catch (error) {
    if (!isStorageAway(error)) throw error;
  }
}

/** Schedules a sweep of a vault where it is overdue, was never scheduled, or its row cannot be read. Returns the alerts that are due. */
async function scheduleIfDue(
  vault: string,
  stored: Stored<SweepState> | undefined,
  lost: RowUnreadable | undefined,
  by: string,
  ports: Ports,
): Promise<readonly Alerting[]> {
  const state = stored?.value;
  const back: readonly Alerting[] =
    by === 'sentry' && state?.rescheduledAt !== undefined ? [() => sentryIsBack(vault, ports)] : [];
  if (state !== undefined && !isOverdue(state, by, ports)) return back;
  if (lost !== undefined) return scheduleAnew(vault, lost, ports);
  if (!(await schedule(vault, by, stored, ports))) return back;
  if (state === undefined) return [];
  const silent = guardianUnwell.draft('sentry-silent', ports.now(), by, vaultSubject(vault));
  return [
    ...(by === 'sentry' ? back : [() => openIncident(silent, ports)]),
    () => alertBlind(vault, awaitedSince(state, ports.now()), NO_SWEEP_BEGINS, ports),
  ];
}

/** Schedules a sweep in place of a row that cannot be read. The row is quarantined first; where that fails, the vault is swept all the same, and the failure is thrown. */
async function scheduleAnew(vault: string, lost: RowUnreadable, ports: Ports): Promise<readonly Alerting[]> {
  const [quarantined] = await Promise.allSettled([quarantineRows([lost], ports)]);
  const state: SweepState = { token: ports.newId(), dueAt: ports.now(), differing: {}, policies: [] };
  await ports.tables.sweeps.put('sweep', vault, state);
  await ports.queues.sweeps.send({ vault, token: state.token });
  return quarantined.status === 'rejected' ? [() => Promise.reject(quarantined.reason)] : [];
}

/** Removes the rows of vaults that the policy no longer names: if it names one again later, it is swept as a new vault. */
const forgetUnguarded = (
  rows: ReadonlyMap<string, Stored<SweepState>>,
  vaults: readonly string[],
  { tables }: Ports,
): Promise<void> => {
  const unguarded = [...rows].filter(([vault]) => !vaults.includes(vault));
  return inTurns(AT_ONCE, unguarded, async ([, stored]) => void (await tables.sweeps.remove(stored)));
};

async function sentryIsBack(vault: string, ports: Ports): Promise<void> {
  await endIncidents(vaultSubject(vault), isOf(guardianUnwell, 'sentry-silent'), 'the sentry runs again', ports);
  const standing = await readSweep(ports.tables, vault);
  if (standing !== undefined)
    await ports.tables.sweeps.write('sweep', vault, standing, { ...standing.value, rescheduledAt: undefined });
}

/** How long functions other than the sentry wait between two checks in one process, in ms. */
const CHECK_EVERY_MS = 30 * SECOND_MS;
const lastChecks = new WeakMap<Ports, Date>();

function isTimeToCheck(ports: Ports): boolean {
  const now = ports.now();
  const last = lastChecks.get(ports);
  if (last !== undefined && Math.abs(now.getTime() - last.getTime()) < CHECK_EVERY_MS) return false;
  lastChecks.set(ports, now);
  return true;
}

/** Whether the policy can be used. While it cannot, nothing is swept, and the sentry alerts people. */
function hasPolicy(ports: Ports): boolean {
  try {
    return ports.policy.vaults.length > 0;
  } catch (error) {
    if (error instanceof PolicyInvalid) return false;
    throw error;
  }
}

/** Whether a sweep is overdue. A time farther ahead than any setting allows was set by a wrong clock, and counts as overdue. */
function isOverdue({ dueAt }: SweepState, by: string, { now, settings }: Ports): boolean {
  const everyMs = settings.sweepEverySeconds * SECOND_MS;
  const overdueShare = by === 'sentry' ? SENTRY_OVERDUE_SHARE : OTHERS_OVERDUE_SHARE;
  const lateMs = now().getTime() - dueAt.getTime();
  return lateMs >= overdueShare * everyMs || lateMs < -2 * Math.max(everyMs, LONGEST_SWEEP_SECONDS * SECOND_MS);
}

/** Since when a scheduled sweep has not begun; the present time where the row's time is in the future, by a wrong clock. */
function awaitedSince(state: SweepState, now: Date): Date {
  const since = state.awaitedSince ?? state.dueAt;
  return since.getTime() > now.getTime() ? now : since;
}

/** Starts a new chain of sweeps at once. Returns false where another instance just did. */
async function schedule(
  vault: string,
  by: string,
  stored: Stored<SweepState> | undefined,
  { tables, queues, now, newId }: Ports,
): Promise<boolean> {
  const before = stored?.value;
  const token = newId();
  const awaited = before === undefined ? {} : { awaitedSince: awaitedSince(before, now()) };
  const rescheduled = before === undefined || by === 'sentry' ? {} : { rescheduledAt: now() };
  const nothing = { differing: {}, policies: [] };
  const state: SweepState = { ...nothing, ...before, token, dueAt: now(), ...awaited, ...rescheduled };
  if (!(await tables.sweeps.write('sweep', vault, stored, state))) return false;
  await queues.sweeps.send({ vault, token });
  return true;
}
