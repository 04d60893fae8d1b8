import { type Hold, hold } from '../domain/hold.ts';
import { guardedVaults } from '../domain/policy.ts';
import { incidentId } from '../incidents/draft.ts';
import { holdSet } from '../incidents/kinds/hold-set.ts';
import { readOrSetAside } from '../incidents/quarantine.ts';
import { endIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/** The id of the incident that tells of a hold. */
export const incidentOfHold = (set: Hold): string => incidentId(holdSet.draft(set), set.id);

/**
 * Records and tells that holds have ended by themselves, after which the guardian writes again: those on the vault, which
 * is swept by one at a time, and with the first vault of the policy those on everything. Their rows go last, so that a
 * crash tells twice rather than never.
 */
export async function endHolds(vault: string, ports: Ports): Promise<void> {
  const swept = guardedVaults(ports.policy);
  for (const row of await ports.tables.holds.list('holds')) {
    // One that cannot be read may be a person's stop: every look at a key tells of it and writes nothing.
    const ended = await readOrSetAside(hold, row, 'holds', ports);
    if (ended === undefined) continue;
    const at = ended.vault !== undefined && swept.includes(ended.vault) ? ended.vault : swept[0];
    if (at !== vault || ports.now().getTime() < ended.until.getTime()) continue;
    if (ended.released === undefined) await tellEnded(ended, ports);
    await ports.tables.holds.remove(row);
  }
}

async function tellEnded(ended: Hold, ports: Ports): Promise<void> {
  const { subject } = holdSet.draft(ended);
  await ports.trail.append(subject.vault, [entry('hold', subject, { event: 'ended by itself', hold: ended }, ports)]);
  await endIncidents(subject, ({ id }) => id === incidentOfHold(ended), 'ended by itself', ports);
}
