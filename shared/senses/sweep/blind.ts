import type { SweepState } from '../../domain/register.ts';
import { GUARDIAN, vaultSubject } from '../../domain/subject.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { openIncident, openWhile } from '../../incidents/store.ts';
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

/**
 * Alerts on-call of each vault that has had no good sweep for too long, with the reason. The next good sweep ends the incident.
 * One token serves all vaults: where there is none, that is one incident of the guardian itself.
 */
export async function alertBlind(vaults: readonly string[], progress: Progress, ports: Ports): Promise<void> {
  const blind = vaults.flatMap((vault) => {
    const state = progress.get(vault)?.value;
    const since = state && blindSince(state, ports);
    return state === undefined || since === undefined ? [] : [{ vault, since, because: reasonOf(state) }];
  });
  const others = blind.filter(({ because }) => because !== NO_TOKEN);
  const [first] = blind
    .filter(({ because }) => because === NO_TOKEN)
    .toSorted((one, other) => one.since.getTime() - other.since.getTime());
  const draft = guardianBlind.draft(NO_TOKEN, GUARDIAN, first?.since ?? ports.now());
  const steps = [
    () => openWhile(first !== undefined, draft, 'it gets a token again', ports),
    ...others.map(
      ({ vault, since, because }) =>
        () =>
          openIncident(guardianBlind.draft('vault-unreadable', vaultSubject(vault), since, because), ports),
    ),
  ];
  await inTurns(AT_ONCE, steps, (step) => step());
}

/** The reason of a sweep that got no token. */
const NO_TOKEN = 'no-token';

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
