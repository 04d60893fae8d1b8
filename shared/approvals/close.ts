import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import { kinds } from '../incidents/kinds/registry.ts';
import { type Booked, bounded, readBook, resolveIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { givingUp } from './abandon.ts';

/** Whether a person may close an incident: it tells of an act, or of something that nobody brings back. */
export const isClosedByPeople = ({ kind }: Pick<Incident, 'kind'>): boolean =>
  givingUp.has(kind) || kinds.some(({ id, ends }) => id === kind && ends.kind === 'by-a-person');

/**
 * Closes an incident that tells of an act, tells, and records who did and why. What nobody brings back, as a purged key,
 * is given up with its incident. Throws `NotAllowed` where there is none of that id, and where it tells of a state: that ends when the state is
 * good again, and not before.
 */
export async function closeIncident(id: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  for (let isGivenUp = false; ; ) {
    const booked = await closable(id, ports);
    const { incident } = booked;
    const judgement = bounded(`closed by ${by.name ?? by.oid}: ${why}`);
    const { vault, key } = incident.subject;
    if (key !== undefined && incident.state === 'open' && !isGivenUp)
      await givingUp.get(incident.kind)?.give(incident, { vault, key }, judgement, by, ports);
    isGivenUp = true;
    // Somebody else may change the row meanwhile, as a look at its key does: then what they left is closed.
    if (!(await resolveIncident(booked, judgement, false, ports))) continue;
    await ports.trail.append(vault, [
      entry('incident', incident.subject, { event: 'closed by a person', incident: id, why }, ports, { who: by }),
    ]);
    return incident;
  }
}

async function closable(id: string, ports: Ports): Promise<Booked> {
  const booked = (await readBook(ports)).booked.find(({ incident }) => incident.id === id);
  if (booked === undefined) throw new NotAllowed(`There is no incident ${id}: "status" lists those that are open.`);
  const { incident } = booked;
  // One that could not be told is told and recorded now.
  const { state, toldRevision, revision } = incident;
  if (state === 'resolved' && toldRevision >= revision)
    throw new NotAllowed(`Incident ${id} is over: ${incident.judgement}.`);
  if (!isClosedByPeople(incident))
    throw new NotAllowed(
      `Incident ${id} tells of a state, ${incident.kind}: it ends by itself when that is good again.`,
    );
  return booked;
}
