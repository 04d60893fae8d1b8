import type { Incident } from '../domain/incident.ts';
import { partitionOf } from '../domain/subject.ts';
import { later } from '../domain/time.ts';
import type { Ports } from '../ports.ts';

/** The partition of the table `schedule` with the incidents that may have to be escalated. Row: partition and id of the incident. */
export const ESCALATIONS = 'escalations';
/** The time from the act to the deadline has so many parts: an incident is escalated at the end of each but the last. */
const PARTS = 4;

/** How many quarters of the time from the act to the deadline are over, at most three; 0 where there is no deadline. */
export function quartersGone(
  { since, countedFrom = since, deadline }: Pick<Incident, 'since' | 'countedFrom' | 'deadline'>,
  now: Date,
): number {
  if (deadline === undefined) return 0;
  // It is over before it was found.
  if (deadline <= countedFrom) return PARTS - 1;
  const gone = (now.getTime() - countedFrom.getTime()) / (deadline.getTime() - countedFrom.getTime());
  return Math.max(0, Math.min(PARTS - 1, Math.floor(gone * PARTS)));
}

/** When the next quarter of that time is over; `undefined` after the third, without a deadline, and where nobody has to be alerted again. */
export function nextEscalationAt(incident: Incident, now: Date): Date | undefined {
  const { since, countedFrom = since, deadline } = incident;
  const next = quartersGone(incident, now) + 1;
  if (deadline === undefined || !isUnanswered(incident) || next >= PARTS) return undefined;
  return later(countedFrom, (next * (deadline.getTime() - countedFrom.getTime())) / PARTS);
}

/** Whether it is open, has alerts of its own, and nobody has said that they work on it. */
export const isUnanswered = ({ state, wave, acknowledged }: Incident): boolean =>
  state === 'open' && wave === undefined && acknowledged === undefined;

/** Plans the next escalation of an incident, where there is one. One that is planned for an earlier time already stays. */
export async function planEscalation(incident: Incident, { tables, now }: Ports): Promise<void> {
  const dueAt = nextEscalationAt(incident, now());
  const row = `${partitionOf(incident.subject)},${incident.id}`;
  if (dueAt === undefined) return;
  await tables.schedule.change(ESCALATIONS, row, (standing) =>
    standing !== undefined && standing.dueAt <= dueAt ? standing : { generation: 0, dueAt },
  );
}

/** Where the incident of a row of `ESCALATIONS` stands. */
export function incidentOfEscalation(row: string): { readonly partition: string; readonly id: string } {
  const comma = row.lastIndexOf(',');
  return { partition: row.slice(0, comma), id: row.slice(comma + 1) };
}
