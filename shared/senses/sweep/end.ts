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
 * A sweep came to its end: what waited for one goes on.
 *
 * @param beganAt what came to be later may not be in its lists
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
 * Alerts on-call where the inspections that sweeps queue lead to nothing: keys that differ, and whose rows nobody has
 * written for two minutes. One key stands for all.
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
 * Replays what was spooled for the trail; while another instance is at it, nobody can say that it is good again. A spooled
 * record that cannot be read is quarantined: it stays where it lies. Throws where the trail's storage is still away.
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

/** A sweep did not come to its end: alerted once that has lasted for two minutes. */
export async function refusedSweep(vault: string, because: string, ports: Ports): Promise<void> {
  const now = ports.now();
  const { failing } = await noted(vault, ports, ({ failing: before, unended, ...state }) => {
    // Sweeps that did not come to their end were blind as well.
    const atLeast = later(now, -MINUTE_MS * Math.max(0, (unended ?? 1) - 1));
    // One that began later than now was noted by a clock that was ahead.
    const since = before !== undefined && before.since.getTime() <= now.getTime() ? before.since : atLeast;
    return { ...state, failing: { since, because } };
  });
  await alertBlind(vault, failing?.since ?? now, because, ports);
}

/** Alerts on-call that a vault is blind once it has been so for two minutes. */
export async function alertBlind(vault: string, since: Date, because: string, ports: Ports): Promise<void> {
  if (ports.now().getTime() - since.getTime() < BLIND_AFTER_MS) return;
  await openIncident(guardianBlind.draft('vault-unreadable', vaultSubject(vault), since, because), ports);
}

/** Notes how a sweep ended, on the row as it stands; returns what was written. */
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
