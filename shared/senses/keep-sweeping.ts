import type { SweepMessage } from '../domain/hint.ts';
import { guardedVaults } from '../domain/policy.ts';
import type { SweepState } from '../domain/register.ts';
import { sweepState } from '../domain/register.ts';
import { SECOND_MS } from '../domain/time.ts';
import { PolicyInvalid, RegisterUnreadable } from '../errors.ts';
import { endIncidents, openIncident } from '../incidents/book.ts';
import { sweepReplanted } from '../incidents/kinds/sweep-replanted.ts';
import { setAsideWhole } from '../incidents/set-aside.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';
import { readSweep, type SweepRow, writeSweep } from '../register/vaults.ts';
import type { Row } from '../storage.ts';
import { tellBlind } from './pass-end.ts';

/** The sentry plants a vault's message once a pass is overdue by half the time between two. */
const SENTRY_OVERDUE_SHARE = 0.5;
/**
 * Any other function does so, and says so, a little later: a timer is one lease, and timers have been seen silent for
 * half an hour. With the minute until the next of them looks, no vault is without a pass for more than three minutes.
 */
const OTHERS_OVERDUE_SHARE = 0.9;

/** Why a vault is blind whose messages nobody takes. */
const NO_PASS_BEGINS = 'passes are planted and do not begin';

/**
 * Plants the sweep of every guarded vault that has none under way. `by` is the function that looks: the sentry does it
 * as its work, any other because the sentry has not. A vault whose passes do not begin for two minutes is told as blind.
 */
export async function keepSweeping(by: string, ports: Ports): Promise<void> {
  if (by !== 'sentry' && !(isTimeToLook(ports) && hasPolicy(ports))) return;
  const states = new Map<string, SweepRow>();
  for (const row of await ports.tables.vaults.list('sweep')) {
    const state = await soundState(row, ports);
    if (state !== undefined) states.set(row.row, { state, row });
  }
  const overdueShare = by === 'sentry' ? SENTRY_OVERDUE_SHARE : OTHERS_OVERDUE_SHARE;
  for (const vault of guardedVaults(ports.policy)) {
    const standing = states.get(vault);
    const due = standing === undefined ? by === 'sentry' : isOverdue(standing.state, overdueShare, ports);
    if (due && (await plant(vault, by, standing, ports))) {
      if (by !== 'sentry') await openIncident(sweepReplanted.draft(vault, ports.now(), by), ports);
      if (standing !== undefined) await tellBlind(vault, awaitedSince(standing.state), NO_PASS_BEGINS, ports);
    }
    if (by === 'sentry' && standing?.state.replantedAt !== undefined) await sentryIsBack(vault, ports);
  }
}

/** `undefined` where the row cannot be read: it is set aside and removed, so that its vault is planted anew. */
async function soundState(row: Row, ports: Ports): Promise<SweepState | undefined> {
  try {
    return parsed(sweepState, row);
  } catch (error) {
    if (!(error instanceof RegisterUnreadable)) throw error;
    await setAsideWhole({ content: error.content, because: error.message }, 'register', ports);
    await ports.tables.vaults.remove(row);
    return undefined;
  }
}

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

const isOverdue = ({ plannedFor }: SweepState, overdueShare: number, { now, settings }: Ports): boolean =>
  now().getTime() >= plannedFor.getTime() + overdueShare * settings.sweepEverySeconds * SECOND_MS;

/** Since when a pass is waited for that has not begun. */
const awaitedSince = (state: SweepState): Date => state.awaitedSince ?? state.plannedFor;

/** Starts a new chain of passes at once; false where somebody else just did. */
async function plant(
  vault: string,
  by: string,
  standing: SweepRow | undefined,
  { tables, queues, now, newId }: Ports,
): Promise<boolean> {
  const token = newId();
  const replanted = by === 'sentry' ? {} : { replantedAt: now() };
  const awaited = standing === undefined ? {} : { awaitedSince: awaitedSince(standing.state) };
  const state: SweepState = { ...standing?.state, token, plannedFor: now(), ...awaited, ...replanted };
  if (!(await writeSweep(tables.vaults, vault, standing, state))) return false;
  const message: SweepMessage = { vault, token };
  await queues.sweeps.send(message);
  return true;
}
