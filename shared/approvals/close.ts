import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import { bounded, readIncidents, resolveIncident, type StoredIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { abandon } from './abandon.ts';

/** Whether a person may close an incident: it tells of an act, or of something that nobody brings back. */
export const isClosedByPeople = ({ ends, abandons }: Pick<Incident, 'ends' | 'abandons'>): boolean =>
  ends === 'by-a-person' || abandons !== undefined;

/**
 * Closes an incident that tells of an act, alerts people, and records who did and why. What nobody brings back, as a
 * purged key, is abandoned with its incident. Throws `NotAllowed` where there is none of that id, and where it tells of a
 * state: that ends when the state is good again, and not before.
 */
export async function closeIncident(id: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  for (let isAbandoned = false; ; ) {
    const stored = await closable(id, ports);
    const incident = stored.value;
    const judgement = bounded(`closed by ${by.name ?? by.oid}: ${why}`);
    if (!isAbandoned) await abandon(incident, judgement, by, ports);
    isAbandoned = true;
    // Somebody else may change the row meanwhile, as an inspection of its key does: then what they left is closed.
    if (!(await resolveIncident(stored, judgement, false, ports))) continue;
    const detail = { event: 'closed by a person', incident: id, why };
    await ports.trail.append([entry('incident', incident.subject, detail, ports, { who: by })]);
    return incident;
  }
}

async function closable(id: string, ports: Ports): Promise<StoredIncident> {
  const stored = (await readIncidents(ports)).stored.find(({ value }) => value.id === id);
  if (stored === undefined)
    throw new NotAllowed(`There is no incident ${id}: "incident list" has those that are open.`);
  const { value } = stored;
  if (value.state === 'resolved') throw new NotAllowed(`Incident ${id} is over: ${value.judgement}.`);
  if (!isClosedByPeople(value))
    throw new NotAllowed(`Incident ${id} tells of a state, ${value.kind}: it ends by itself when that is good again.`);
  return stored;
}
