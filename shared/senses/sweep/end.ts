import { endHolds } from '../../approvals/ended-holds.ts';
import type { SweepState } from '../../domain/register.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { SpooledRecordUnreadable } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { quarantine } from '../../incidents/quarantine.ts';
import { endIncidents, openWhile } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { readSweep } from '../../register/vaults.ts';
import { UNREADABLE_ROW } from './differing.ts';

/** On-call is alerted of a key that differs and was not inspected for this long, in ms. */
const NOT_INSPECTED_MS = 2 * MINUTE_MS;

/** A sweep of a vault. */
interface Sweep {
  readonly vault: string;
  readonly generation: number;
  /** When it began: a later change may not be in its lists. */
  readonly beganAt: Date;
}

/** Does what follows a good sweep: replays spooled records, handles expired holds, and resolves or opens incidents. */
export async function ended(sweep: Sweep, differing: SweepState['differing'], ports: Ports): Promise<void> {
  const { vault, beganAt } = sweep;
  await noteSweep(sweep, ports, ({ failing: _, runningUntil: __, ...state }) => ({
    ...state,
    lastGoodAt: beganAt,
    differing,
  }));
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
      ([, { etag, etagSince }]) => etag !== UNREADABLE_ROW && now.getTime() - etagSince.getTime() >= NOT_INSPECTED_MS,
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

/** Notes that a sweep could not be finished, and why. Expired holds are handled all the same. */
export async function refusedSweep(sweep: Sweep, because: string, ports: Ports): Promise<void> {
  await noteSweep(sweep, ports, ({ failing, runningUntil: _, ...state }) => ({
    ...state,
    failing: { since: failing?.since ?? ports.now(), because },
  }));
  await endHolds(sweep.vault, ports);
}

/** Changes how the sweeps of a vault went. Does nothing where a later sweep has begun. */
export async function noteSweep(
  { vault, generation }: Pick<Sweep, 'vault' | 'generation'>,
  { tables }: Ports,
  change: (state: SweepState) => SweepState,
): Promise<void> {
  for (;;) {
    const from = await readSweep(tables, vault);
    if (from?.value.startedGeneration !== generation) return;
    if (await tables.sweeps.write('sweep', vault, from, change(from.value))) return;
  }
}
