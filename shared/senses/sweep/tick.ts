import { wakeSenders } from '../../alerts/send.ts';
import { guardedVaults } from '../../domain/policy.ts';
import type { Chain, Due, TickMessage } from '../../domain/schedule.ts';
import { GUARDIAN } from '../../domain/subject.ts';
import { later, MINUTE_MS, SECOND_MS, utc } from '../../domain/time.ts';
import { PolicyInvalid, RowUnreadable, unlessStorageIsAway } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { Rows, Stored } from '../../register/rows.ts';
import { planAccess } from '../activity/ask.ts';
import { queryWhenDue } from '../audit-query.ts';
import { escalate } from '../escalate.ts';
import { planReads } from '../plan-reads.ts';
import { alertPolicyChange } from '../policy-changes.ts';
import { sealWhenDue } from '../seal-trail.ts';
import { shipWhenDue } from '../ship-trail.ts';
import { alertMissedSurveys, planSurvey } from '../survey/plan.ts';
import { followWaves } from '../waves.ts';
import { alertBlind, keepProgress, type Progress } from './blind.ts';
import {
  isDue,
  keepChains,
  planSweeps,
  queueTick,
  type Schedule,
  SENTRY,
  scheduleOf,
  standing,
  TICKS,
} from './schedule.ts';

/** The sentry's timer fires twice a minute. */
const SENTRY_EVERY_MS = 30 * SECOND_MS;
/** Operators are alerted of a sentry that has not run for so long, in ms. */
const SENTRY_SILENT_MS = 3 * MINUTE_MS;
/** Faults of a policy that an alert lists at most. */
const NAMED_FAULTS = 20;

/**
 * One tick of a chain: queues its successor first, and then does what is due. A tick that was delivered again is dropped.
 * While tables do not answer, the chain goes on and nothing else is done. Throws where the queue does not answer.
 */
export async function tick({ chain, generation, token }: TickMessage, ports: Ports): Promise<void> {
  const from = await unlessStorageIsAway(() => chainOf(chain, ports));
  const isOld = from !== undefined && generation < from.value.generation;
  const isDouble = from?.value.generation === generation && from.value.token !== token;
  if (isOld || isDouble) return;
  await queueTick(chain, generation, from, ports);
  await unlessStorageIsAway(() => doWhatIsDue(ports));
}

/** The row of a chain. One that cannot be read is replaced with what is due. */
const chainOf = (chain: Chain, { tables }: Ports): Promise<Stored<Due> | undefined> =>
  tables.schedule.get(TICKS, chain).catch((error: unknown) => {
    if (error instanceof RowUnreadable) return undefined;
    throw error;
  });

/** The sentry: does what is due by the clock of a timer, which needs no message that could be lost. */
export async function watch(ports: Ports): Promise<void> {
  const steps = [
    () => noteSentry(ports),
    () => doWhatIsDue(ports),
    () => endIncidents(GUARDIAN, isOf(guardianUnwell, 'sentry-silent'), 'the sentry runs again', ports),
  ];
  await inTurns(1, steps, (step) => step());
}

const noteSentry = async ({ tables, now }: Ports): Promise<void> =>
  void (await tables.schedule.put(TICKS, SENTRY, { generation: 0, dueAt: later(now(), SENTRY_EVERY_MS) }));

/**
 * Queues the alerts and sweeps that are due, starts chains of ticks again, escalates incidents that nobody acknowledges,
 * alerts people of what does not run, seals the trail, sends it to its workspace, and asks workspaces who did it. Rows that cannot be read are quarantined, and planned
 * anew.
 */
async function doWhatIsDue(ports: Ports): Promise<void> {
  const { tables } = ports;
  await ports.scope.refresh();
  const [planned, swept] = await Promise.all([tables.schedule.list(), tables.sweeps.list('sweep')]);
  const schedule = scheduleOf(planned.stored);
  const progress = new Map(swept.stored.map((stored) => [stored.row.row, stored]));
  const steps = [
    () => quarantineRows([...planned.unreadable, ...swept.unreadable], ports),
    // Also where that failed: what is due does not wait for it.
    () => removeAll(tables.schedule, planned.unreadable),
    () => removeAll(tables.sweeps, swept.unreadable),
    () => keepChains(schedule, ports),
    () => keepSweeping(schedule, progress, ports),
    async () => quarantineRows(await wakeSenders(ports), ports),
    () => followWaves(schedule, ports),
    () => escalate(schedule, ports),
    () => alertSilentSentry(schedule, ports),
    () => sealWhenDue(schedule, ports),
    // Last, since they wait for a service that nothing else here needs.
    () => shipWhenDue(schedule, ports),
    () => queryWhenDue(schedule, ports),
  ];
  await inTurns(1, steps, (step) => step());
}

const removeAll = <T>(rows: Rows<T>, unreadable: readonly RowUnreadable[]): Promise<void> =>
  inTurns(1, unreadable, async ({ stored }) => void (await rows.remove({ row: stored })));

/**
 * Queues the sweeps that are due, and alerts people of blind vaults and of a change of the policy. A policy that cannot be
 * used is alerted and thrown: nothing is swept and nothing is written until it can be used again.
 */
async function keepSweeping(schedule: Schedule, progress: Progress, ports: Ports): Promise<void> {
  try {
    const vaults = guardedVaults(ports.policy);
    const steps = [
      () => keepProgress(vaults, progress, ports),
      () => planSweeps(vaults, newestStart(progress), schedule, ports),
      () => alertBlind(vaults, progress, ports),
      () => planSurvey(schedule, ports),
      () => planReads(schedule, ports),
      () => planAccess(schedule, ports),
      () => alertMissedSurveys(ports),
      () => alertPolicyChange(ports),
      () => endIncidents(GUARDIAN, isOf(guardianBlind, 'policy-invalid'), 'the policy can be used again', ports),
    ];
    await inTurns(1, steps, (step) => step());
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    await openIncident(guardianBlind.draft('policy-invalid', GUARDIAN, ports.now(), faultsOf(error)), ports);
    throw error;
  }
}

const newestStart = (progress: Progress): number =>
  Math.max(0, ...[...progress.values()].map(({ value }) => value.startedGeneration));

/** Alerts operators of a timer that has stopped: the chains of ticks go on without it. */
async function alertSilentSentry(schedule: Schedule, ports: Ports): Promise<void> {
  const stored = standing(schedule, TICKS, SENTRY);
  if (stored === undefined) return noteSentry(ports);
  const { dueAt } = stored.value;
  if (!isDue(stored.value, later(ports.now(), -SENTRY_SILENT_MS), 2 * SENTRY_SILENT_MS)) return;
  await openIncident(guardianUnwell.draft('sentry-silent', dueAt, utc(dueAt)), ports);
}

const faultsOf = ({ faults }: PolicyInvalid): string =>
  faults.length <= NAMED_FAULTS
    ? faults.join('; ')
    : `${faults.slice(0, NAMED_FAULTS).join('; ')}; and ${faults.length - NAMED_FAULTS} more: "npm run build" lists all`;
