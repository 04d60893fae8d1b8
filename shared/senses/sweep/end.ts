import { endHolds } from '../../approvals/ended-holds.ts';
import { MASS_BRAKE_VERSIONS } from '../../domain/decision.ts';
import type { SweepState } from '../../domain/register.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { KeptRecordUnreadable } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { hourOf } from '../../incidents/draft.ts';
import { inspectionsStalled } from '../../incidents/kinds/inspections-stalled.ts';
import type { KindFacts } from '../../incidents/kinds/kind.ts';
import { massBrake } from '../../incidents/kinds/mass-brake.ts';
import { trailBehind } from '../../incidents/kinds/trail-behind.ts';
import { vaultBlind } from '../../incidents/kinds/vault-blind.ts';
import { setAsideWhole } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident, openWhile, readBook } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { KeyRow } from '../../register/keys.ts';
import { readSweep, writeSweep } from '../../register/vaults.ts';

/** A vault that could not be swept for this long is told as blind, in ms. */
const BLIND_AFTER_MS = 2 * MINUTE_MS;

/** Tells where more was bad before the last look than the guardian undoes by itself, and when it is no more. */
export async function brake(vault: string, badBefore: number, ports: Ports): Promise<void> {
  const { unreadable } = await readBook(ports, { vault });
  for (const { content, message: because } of unreadable) await setAsideWhole({ content, because }, 'incidents', ports);
  const draft = badBefore > MASS_BRAKE_VERSIONS ? massBrake.draft(vault, hourOf(ports.now()), badBefore) : undefined;
  await openWhile(draft, massBrake, { vault }, 'good again', ports);
}

/**
 * Tells where the inspections that passes queue lead to nothing: a key that differs, and whose row nobody has written for
 * two minutes, is looked at by nobody. One key stands for all: that one alone fails shows elsewhere.
 */
export async function tellUnanswered(
  vault: string,
  before: SweepState['unanswered'],
  differing: readonly string[],
  rows: ReadonlyMap<string, KeyRow>,
  ports: Ports,
): Promise<void> {
  const now = ports.now();
  const etagOf = (key: string): string => rows.get(key)?.row?.etag ?? '';
  const still =
    before !== undefined &&
    before.since.getTime() <= now.getTime() &&
    differing.includes(before.key) &&
    etagOf(before.key) === before.etag;
  // One that cannot be read is tried again ever more rarely: its row may stand for a while.
  const first = differing.find((key) => rows.get(key)?.record.failing === undefined);
  const next = still ? before : first === undefined ? undefined : { key: first, etag: etagOf(first), since: now };
  if (before === undefined && next === undefined) return;
  if (next !== undefined && now.getTime() - next.since.getTime() >= BLIND_AFTER_MS)
    await openIncident(inspectionsStalled.draft(vault, next.key, next.since), ports);
  else await goodAgain(vault, inspectionsStalled, ports);
  if (!still) await noted(vault, ports, (state) => ({ ...state, unanswered: next }));
}

/**
 * A pass came to its end: what waited for one goes on.
 *
 * @param beganAt what came to be later may not be in its lists
 */
export async function passed(vault: string, beganAt: Date, ports: Ports): Promise<void> {
  await noted(vault, ports, ({ failing: _, unended: __, ...state }) => ({ ...state, lastPassAt: beganAt }));
  const steps = [() => goodAgain(vault, vaultBlind, ports), () => endHolds(vault, ports), () => catchUp(vault, ports)];
  await inTurns(1, steps, (step) => step());
}

/**
 * Brings in what was kept for the trail; while another instance is at it, nobody can say that it is good again. A kept record that cannot be read is told: it stays where it lies. Throws where
 * the trail's storage is still away.
 */
async function catchUp(vault: string, ports: Ports): Promise<void> {
  try {
    const { isAll } = await ports.trail.catchUp();
    if (!isAll) return;
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    for (const each of error.errors) {
      if (!(each instanceof KeptRecordUnreadable)) throw error;
      await setAsideWhole({ content: `${each.partition}/${each.row}`, because: each.message }, 'trail', ports);
    }
  }
  await goodAgain(vault, trailBehind, ports);
}

/** A pass did not come to its end: told once that has lasted for two minutes. */
export async function refusedPass(vault: string, because: string, ports: Ports): Promise<void> {
  const now = ports.now();
  const { failing } = await noted(vault, ports, ({ failing: before, unended, ...state }) => {
    // Passes that did not come to their end were blind as well.
    const atLeast = later(now, -MINUTE_MS * Math.max(0, (unended ?? 1) - 1));
    // One that began later than now was noted by a clock that was ahead.
    const since = before !== undefined && before.since.getTime() <= now.getTime() ? before.since : atLeast;
    return { ...state, failing: { since, because } };
  });
  await tellBlind(vault, failing?.since ?? now, because, ports);
}

/** Tells that a vault is blind once it has been so for two minutes. */
export async function tellBlind(vault: string, since: Date, because: string, ports: Ports): Promise<void> {
  if (ports.now().getTime() - since.getTime() < BLIND_AFTER_MS) return;
  await openIncident(vaultBlind.draft(vault, since, because), ports);
}

/** Notes how a pass ended, on the row as it stands; returns what was written. */
async function noted(
  vault: string,
  { tables, now }: Ports,
  change: (state: SweepState, now: Date) => SweepState,
): Promise<Partial<SweepState>> {
  for (;;) {
    const from = await readSweep(tables.vaults, vault);
    if (from === undefined) return {};
    const next = change(from.state, now());
    if (await writeSweep(tables.vaults, vault, from, next)) return next;
  }
}

const goodAgain = (vault: string, { id }: KindFacts, ports: Ports): Promise<void> =>
  endIncidents({ vault }, ({ kind }) => kind === id, 'good again', ports);
