import { entry } from '../audit/entries.ts';
import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { type Booked, readBook, resolveIncident } from './book.ts';
import { kinds } from './kinds/registry.ts';

/** Whether an incident stays open until a person closes it. */
export const isClosedByPeople = ({ kind }: Pick<Incident, 'kind'>): boolean =>
  kinds.some(({ id, ends }) => id === kind && ends.kind === 'by-a-person');

/**
 * Closes an incident that tells of an act, tells, and records who did and why. Throws `NotAllowed` where there is none of
 * that id, and where it tells of a state: that ends when the state is good again, and not before.
 */
export async function closeIncident(id: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  for (;;) {
    const booked = await closable(id, ports);
    // Somebody else may change the row meanwhile, as a look at its key does: then what they left is closed.
    if (!(await resolveIncident(booked, `closed by ${by.name ?? by.oid}: ${why}`, false, ports))) continue;
    const { incident } = booked;
    await ports.trail.append(incident.subject.vault, [
      entry('incident', incident.subject, { event: 'closed by a person', incident: id, why }, ports, { who: by }),
    ]);
    return incident;
  }
}

async function closable(id: string, ports: Ports): Promise<Booked> {
  const booked = (await readBook(ports)).booked.find(({ incident }) => incident.id === id);
  if (booked === undefined) throw new NotAllowed(`There is no incident ${id}: "key-guardian status" lists them.`);
  const { incident } = booked;
  if (incident.state === 'resolved') throw new NotAllowed(`Incident ${id} is over: ${incident.judgement}.`);
  if (!isClosedByPeople(incident))
    throw new NotAllowed(
      `Incident ${id} tells of a state, ${incident.kind}: it ends by itself when that is good again.`,
    );
  return booked;
}
