import type { SweepState } from '../../domain/register.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { Stored } from '../../register/rows.ts';
import { everyMs } from './schedule.ts';

/** How the sweeps of vaults went, by vault. */
export type Progress = ReadonlyMap<string, Stored<SweepState>>;

/** Vaults that are judged at the same time. */
const AT_ONCE = 8;
/** On-call is alerted of a vault that has had no good sweep for nearly three intervals, and for two minutes at least. */
const BLIND_AFTER_INTERVALS = 2.9;
const LEAST_BLIND_MS = 2 * MINUTE_MS;

/**
 * Adds a row for each vault that has none, and the time to one that has no time from which blindness could be judged. Removes
 * the rows of vaults that the policy no longer names: named again, such a vault is a new one.
 */
export async function keepProgress(
  vaults: readonly string[],
  progress: Progress,
  { tables, now }: Ports,
): Promise<void> {
  const empty: SweepState = { startedGeneration: 0, differing: {}, policies: [] };
  const steps = [
    ...vaults
      .map((vault) => ({ vault, stored: progress.get(vault) }))
      .filter(({ stored }) => stored === undefined || seenAt(stored.value, now()) === undefined)
      .map(({ vault, stored }) => async () => {
        await tables.sweeps.write('sweep', vault, stored, { ...empty, ...stored?.value, addedAt: now() });
      }),
    ...[...progress]
      .filter(([vault]) => !vaults.includes(vault))
      .map(
        ([, stored]) =>
          async () =>
            void (await tables.sweeps.remove(stored)),
      ),
  ];
  await inTurns(AT_ONCE, steps, (step) => step());
}

/** Alerts on-call of each vault that has had no good sweep for too long, with the reason. The next good sweep ends the incident. */
export async function alertBlind(vaults: readonly string[], progress: Progress, ports: Ports): Promise<void> {
  await inTurns(AT_ONCE, vaults, async (vault) => {
    const state = progress.get(vault)?.value;
    const since = state && blindSince(state, ports);
    if (state === undefined || since === undefined) return;
    await openIncident(guardianBlind.draft('vault-unreadable', vaultSubject(vault), since, reasonOf(state)), ports);
  });
}

/** Since when a vault has had no good sweep; `undefined` where that is not too long. */
export function blindSince(state: SweepState, ports: Pick<Ports, 'now' | 'settings'>): Date | undefined {
  const now = ports.now();
  const since = seenAt(state, now);
  const longestMs = Math.max(LEAST_BLIND_MS, BLIND_AFTER_INTERVALS * everyMs(ports));
  return since === undefined || now.getTime() - since.getTime() < longestMs ? undefined : since;
}

/** When a vault was last swept well, or else scheduled, or else first failed. What a clock ahead noted does not count; `undefined` where nothing else is left. */
const seenAt = ({ lastGoodAt, addedAt, failing }: SweepState, now: Date): Date | undefined =>
  [lastGoodAt, addedAt, failing?.since].find((at) => at !== undefined && at.getTime() <= now.getTime() + MINUTE_MS);

const reasonOf = ({ failing, runningUntil }: SweepState): string => {
  if (failing !== undefined) return failing.because;
  return runningUntil === undefined ? 'sweeps are scheduled and do not begin' : 'sweeps begin and are not finished';
};
