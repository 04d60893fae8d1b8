import { isClosedByPeople } from '../alerts/runnable.ts';
import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import { bounded, changeIncident, readIncidents, resolveIncident, type StoredIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { abandon } from './abandon.ts';

/**
 * Closes an incident that reports an act, alerts people, and records who closed it and why. Closing the incident of
 * something gone, such as a purged key, abandons it. Throws `NotAllowed` as `findIncident` does, and where the incident
 * reports a state: such an incident ends only with its state.
 *
 * @param given its id, or its first characters
 */
export async function closeIncident(given: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  const judgement = bounded(`closed by ${by.name ?? by.oid}: ${why}`);
  const { value } = await closable(given, ports);
  const { id } = value;
  await abandon(value, judgement, by, ports);
  // Recorded before it is closed: a closed incident cannot be closed again to repeat a record that failed.
  const detail = { event: 'closed by a person', incident: id, why };
  await ports.trail.append([entry('incident', value.subject, detail, ports, { who: by })]);
  // An inspection may change the row meanwhile: then the changed incident is closed.
  while (!(await resolveIncident(await closable(id, ports), judgement, false, ports)));
  return value;
}

/** Notes who works on an open incident, alerts people, and records it. Throws `NotAllowed` where it is resolved. */
export async function acknowledgeIncident(given: string, by: Actor, ports: Ports): Promise<Incident> {
  for (;;) {
    const stored = await findIncident(given, ports);
    const { value } = stored;
    if (value.state === 'resolved')
      throw new NotAllowed(`Incident ${value.id} is resolved already: ${value.judgement}.`);
    const acknowledged = { by, at: ports.now() };
    const detail = { event: 'acknowledged by a person', incident: value.id };
    await ports.trail.append([entry('incident', value.subject, detail, ports, { who: by })]);
    // An inspection may change the row meanwhile.
    if (await changeIncident(stored, { acknowledged }, ports)) return { ...value, acknowledged };
  }
}

/** The incident of an id, or of its first characters. Throws `NotAllowed` where there is none, and where several begin so. */
export async function findIncident(id: string, ports: Ports): Promise<StoredIncident> {
  if (id === '') throw new NotAllowed('Give the id of an incident, or its first characters.');
  const found = (await readIncidents(ports)).stored.filter(({ value }) => value.id.startsWith(id.toLowerCase()));
  const [one, another] = found;
  if (one === undefined) throw new NotAllowed(`There is no incident ${id}. To see all:\n  key-guardian incident list`);
  if (another !== undefined) throw new NotAllowed(`Several incidents begin with ${id}: give more of the id.`);
  return one;
}

async function closable(id: string, ports: Ports): Promise<StoredIncident> {
  const stored = await findIncident(id, ports);
  const { value } = stored;
  if (value.state === 'resolved') throw new NotAllowed(`Incident ${value.id} is resolved already: ${value.judgement}.`);
  if (!isClosedByPeople(value))
    throw new NotAllowed(
      `Incident ${value.id} reports a state, ${value.kind}: it ends by itself when that state is good again.`,
    );
  return stored;
}
