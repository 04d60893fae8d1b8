import { entry } from '../audit/entries.ts';
import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readBook, resolveIncident } from './book.ts';
import { kinds } from './kinds/registry.ts';

/** Whether an incident stays open until a person closes it. */
export const isClosedByPeople = ({ kind }: Pick<Incident, 'kind'>): boolean =>
  kinds.some(({ id, ends }) => id === kind && ends.kind === 'by-a-person');

/**
 * Closes an incident that tells of an act: records who did and why, and tells. Throws `NotAllowed` where there is none of
 * that id, and where it tells of a state: that ends when the state is good again, and not before.
 */
export async function closeIncident(id: string, why: string, by: Actor, ports: Ports): Promise<Incident> {
  const booked = (await readBook(ports)).booked.find(({ incident }) => incident.id === id);
  if (booked === undefined) throw new NotAllowed(`There is no incident ${id}: "key-guardian status" lists them.`);
  const { incident } = booked;
  if (incident.state === 'resolved') throw new NotAllowed(`Incident ${id} is over: ${incident.judgement}.`);
  if (!isClosedByPeople(incident))
    throw new NotAllowed(
      `Incident ${id} tells of a state, ${incident.kind}: it ends by itself when that is good again.`,
    );
  await ports.trail.append(incident.subject.vault, [
    entry('incident', incident.subject, { event: 'closed by a person', incident: id, why }, ports, { who: by }),
  ]);
  await resolveIncident(booked, `closed by ${by.name ?? by.oid}: ${why}`, false, ports);
  return incident;
}
