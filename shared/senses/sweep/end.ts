import { endHolds } from '../../approvals/ended-holds.ts';
import type { SweepState } from '../../domain/register.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { SpooledRecordUnreadable } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { quarantine } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident, openWhile } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { readSweep } from '../../register/vaults.ts';
import { UNREADABLE_ROW } from './differing.ts';

/** On-call is alerted of a vault that could not be swept for this long, in ms. */
const BLIND_AFTER_MS = 2 * MINUTE_MS;

/**
 * Does what follows a good sweep: replays spooled records, handles expired holds, and resolves or opens incidents.
 *
 * @param beganAt when the sweep began: a later change may not be in its lists
 */
export async function ended(
  vault: string,
  beganAt: Date,
  differing: SweepState['differing'],
  ports: Ports,
): Promise<void> {
  await noted(vault, ports, ({ failing: _, unended: __, ...state }) => ({ ...state, lastGoodAt: beganAt, differing }));
  const steps = [
    () => endIncidents(vaultSubject(vault), isOf(guardianBlind, 'vault-unreadable'), 'good again', ports),
    () => alertNotInspected(vault, differing, ports),
    () => endHolds(vault, ports),
    () => replay(vault, ports),
  ];
  await inTurns(1, steps, (step) => step());
}

/**
 * Alerts on-call where queued inspections do not run: keys differ, and their rows have not changed for two minutes. The
 * incident names one of the keys.
 */
async function alertNotInspected(vault: string, differing: SweepState['differing'], ports: Ports): Promise<void> {
  const now = ports.now();
  const [oldest] = Object.entries(differing)
    .filter(
      ([, { etag, etagSince }]) => etag !== UNREADABLE_ROW && now.getTime() - etagSince.getTime() >= BLIND_AFTER_MS,
    )
    .toSorted(([, one], [, other]) => one.etagSince.getTime() - other.etagSince.getTime());
  const subject = vaultSubject(vault);
  const [key, { etagSince }] = oldest ?? ['', { etagSince: now }];
  const draft = guardianBlind.draft('not-inspected', subject, etagSince, `${vault}/${key}`);
  await openWhile(oldest !== undefined, draft, 'keys are inspected again', ports);
}

/**
 * Replays spooled records, and resolves `trail-spooled` once none is left; not while another instance replays. A spooled
 * record that cannot be read is quarantined, and its row stays. Throws where the trail's storage still does not answer.
 */
async function replay(vault: string, ports: Ports): Promise<void> {
  try {
    const { isAll } = await ports.trail.replay();
    if (!isAll) return;
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    for (const each of error.errors) {
      if (!(each instanceof SpooledRecordUnreadable)) throw error;
      await quarantine({ content: `${each.partition}/${each.row}`, because: each.message }, 'spool', ports);
    }
  }
  await endIncidents(vaultSubject(vault), isOf(guardianUnwell, 'trail-spooled'), 'its records are in the trail', ports);
}

/** Notes that a sweep could not be finished, and alerts on-call once that has lasted two minutes. */
export async function refusedSweep(vault: string, because: string, ports: Ports): Promise<void> {
  const now = ports.now();
  const { failing } = await noted(vault, ports, ({ failing: before, unended, ...state }) => {
    // Sweeps that were not finished before count as failed as well.
    const atLeast = later(now, -MINUTE_MS * Math.max(0, (unended ?? 1) - 1));
    // A time in the future was set by a wrong clock.
    const since = before !== undefined && before.since.getTime() <= now.getTime() ? before.since : atLeast;
    return { ...state, failing: { since, because } };
  });
  await alertBlind(vault, failing?.since ?? now, because, ports);
}

/** Alerts on-call once a vault could not be swept for two minutes. */
export async function alertBlind(vault: string, since: Date, because: string, ports: Ports): Promise<void> {
  if (ports.now().getTime() - since.getTime() < BLIND_AFTER_MS) return;
  await openIncident(guardianBlind.draft('vault-unreadable', vaultSubject(vault), since, because), ports);
}

/** Writes how a sweep ended to the present row. Returns what was written. */
async function noted(
  vault: string,
  { tables }: Ports,
  change: (state: SweepState) => SweepState,
): Promise<Partial<SweepState>> {
  for (;;) {
    const from = await readSweep(tables, vault);
    if (from === undefined) return {};
    const next = change(from.value);
    if (await tables.sweeps.write('sweep', vault, from, next)) return next;
  }
}
