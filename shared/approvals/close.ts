import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import { bounded, readIncidents, resolveIncident, type StoredIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { abandon } from './abandon.ts';

/** Whether a person may close an incident: it reports an act, or something gone that nobody can bring back. */
export const isClosedByPeople = ({ ends, abandons }: Pick<Incident, 'ends' | 'abandons'>): boolean =>
  ends === 'by-a-person' || abandons !== undefined;

/**
 * Closes an incident that reports an act, alerts people, and records who closed it and why. Closing the incident of
 * something gone, such as a purged key, abandons it. Throws `NotAllowed` where there is no incident of that id, and where it
 * reports a state: such an incident ends only with its state.
 */
export async function closeIncident(id: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  const judgement = bounded(`closed by ${by.name ?? by.oid}: ${why}`);
  const { value } = await closable(id, ports);
  await abandon(value, judgement, by, ports);
  // Recorded before it is closed: a closed incident cannot be closed again to repeat a record that failed.
  const detail = { event: 'closed by a person', incident: id, why };
  await ports.trail.append([entry('incident', value.subject, detail, ports, { who: by })]);
  // An inspection may change the row meanwhile: then the changed incident is closed.
  while (!(await resolveIncident(await closable(id, ports), judgement, false, ports)));
  return value;
}

async function closable(id: string, ports: Ports): Promise<StoredIncident> {
  const stored = (await readIncidents(ports)).stored.find(({ value }) => value.id === id);
  if (stored === undefined)
    throw new NotAllowed(`There is no incident ${id}. To see all:\n  key-guardian incident list`);
  const { value } = stored;
  if (value.state === 'resolved') throw new NotAllowed(`Incident ${id} is resolved already: ${value.judgement}.`);
  if (!isClosedByPeople(value))
    throw new NotAllowed(
      `Incident ${id} reports a state, ${value.kind}: it ends by itself when that state is good again.`,
    );
  return stored;
}
