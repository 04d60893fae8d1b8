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
  const judgement = bounded(`closed by ${by.name ?? by.oid}: ${why}`);
  const { value } = await closable(id, ports);
  await abandon(value, judgement, by, ports);
  // Before it is closed: where telling it fails, it is closed all the same, and nobody can close it again.
  const detail = { event: 'closed by a person', incident: id, why };
  await ports.trail.append([entry('incident', value.subject, detail, ports, { who: by })]);
  // Somebody else may change the row meanwhile, as an inspection of its key does: then what they left is closed.
  while (!(await resolveIncident(await closable(id, ports), judgement, false, ports)));
  return value;
}

async function closable(id: string, ports: Ports): Promise<StoredIncident> {
  const stored = (await readIncidents(ports)).stored.find(({ value }) => value.id === id);
  if (stored === undefined)
    throw new NotAllowed(`There is no incident ${id}. Those that are open:\n  key-guardian incident list`);
  const { value } = stored;
  if (value.state === 'resolved') throw new NotAllowed(`Incident ${id} is over: ${value.judgement}.`);
  if (!isClosedByPeople(value))
    throw new NotAllowed(`Incident ${id} tells of a state, ${value.kind}: it ends by itself when that is good again.`);
  return stored;
}
