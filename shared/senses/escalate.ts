import { inTurns } from '../in-turns.ts';
import {
  ESCALATIONS,
  incidentOfEscalation,
  isUnanswered,
  nextEscalationAt,
  quartersGone,
} from '../incidents/escalation.ts';
import { changeIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import type { Schedule } from './sweep/schedule.ts';

/** Incidents that are escalated at the same time. */
const AT_ONCE = 8;

/**
 * Alerts every channel again of each open incident of which another quarter of the time to its deadline is over and that
 * nobody has acknowledged. What is over, or acknowledged, is planned no more. Throws `StorageUnreachable`.
 */
export async function escalate(schedule: Schedule, ports: Ports): Promise<void> {
  const { incidents, schedule: rows } = ports.tables;
  const due = [...schedule.values()].filter(
    ({ row, value }) => row.partition === ESCALATIONS && value.dueAt <= ports.now(),
  );
  await inTurns(AT_ONCE, due, async (planned) => {
    const { partition, id } = incidentOfEscalation(planned.row.row);
    const stored = await incidents.get(partition, id);
    // Before the plan: after a crash in between the same quarter is found again, which changes nothing.
    if (stored !== undefined && isUnanswered(stored.value)) {
      const escalated = quartersGone(stored.value, ports.now());
      const isTaken = escalated === 0 || (await changeIncident(stored, { escalated }, ports));
      if (!isTaken) return; // somebody else has changed it: the next tick reads it again
    }
    const dueAt = stored && nextEscalationAt(stored.value, ports.now());
    if (dueAt === undefined) await rows.remove(planned);
    else await rows.replace(planned, { generation: 0, dueAt });
  });
}
