import { recipients } from '../alerts/recipients.ts';
import { freshRow, type Incident } from '../domain/incident.ts';
import type { Anchor } from '../domain/seal.ts';
import { GUARDIAN, partitionOf } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS, utc } from '../domain/time.ts';
import { SigningFailed } from '../errors.ts';
import { incidentId } from '../incidents/draft.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { trailAnchored } from '../incidents/kinds/trail-anchored.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { NEXT_ANCHOR, NEXT_SEAL, SEALING } from '../trail/seal-due.ts';
import { isDue, type Schedule, standing } from './sweep/schedule.ts';

/** How long one planner has for a seal, in ms: after a crash the next one makes it. */
const CLAIM_MS = 2 * MINUTE_MS;
/** Operators are alerted of a trail that could not be sealed for so long after it was due, in ms. */
const LATE_MS = HOUR_MS;

/**
 * Seals the trail where that is due: each hour, and at the next full minute after the guardian has acted. Once a day the seal
 * names all current streams, and its root goes to the alert channels. Where the key cannot sign, the next tick tries again,
 * and after an hour operators are alerted. Does nothing where no signing key is set up. Throws `StorageUnreachable`.
 */
export async function sealWhenDue(schedule: Schedule, ports: Ports): Promise<void> {
  const { trail, tables, now } = ports;
  if (trail.seal === undefined) return;
  const due = standing(schedule, SEALING, NEXT_SEAL);
  if (due !== undefined && !isDue(due.value, now(), HOUR_MS)) return;
  const claim = { generation: 0, dueAt: later(now(), CLAIM_MS) };
  const claimed = await tables.schedule.write(SEALING, NEXT_SEAL, due, claim);
  if (claimed === undefined) return;
  const anchored = standing(schedule, SEALING, NEXT_ANCHOR);
  const isAnchorDue = anchored === undefined || isDue(anchored.value, now(), DAY_MS);
  try {
    const { anchor, isAll } = await trail.seal(isAnchorDue ? 'also-current' : 'changed');
    if (isAnchorDue) {
      await sendAnchor(anchor, ports);
      await tables.schedule.write(SEALING, NEXT_ANCHOR, anchored, { generation: 0, dueAt: later(now(), DAY_MS) });
    }
    // Where the guardian acts meanwhile, the row has changed and the next seal is due soon.
    await tables.schedule.replace(claimed, { generation: 0, dueAt: later(now(), isAll ? HOUR_MS : 0) });
    if (due !== undefined && isLate(due.value.dueAt, now())) await endUnsealed(ports);
  } catch (error) {
    if (!(error instanceof SigningFailed)) throw error;
    const since = due?.value.dueAt ?? now();
    await tables.schedule.replace(claimed, { generation: 0, dueAt: since });
    if (isLate(since, now()))
      await openIncident(guardianUnwell.draft('trail-unsealed', since, `${utc(since)}: ${error.message}`), ports);
  }
}

const isLate = (dueAt: Date, now: Date): boolean => now.getTime() - dueAt.getTime() >= LATE_MS;

const endUnsealed = (ports: Ports): Promise<void> =>
  endIncidents(GUARDIAN, isOf(guardianUnwell, 'trail-unsealed'), 'the trail is sealed again', ports);

/** Hands an anchor to the alert channels, as an alert of something that is over: it wakes nobody, and nothing stays open. */
async function sendAnchor(anchor: Anchor, ports: Ports): Promise<void> {
  const { tables, queues, now } = ports;
  const draft = { ...trailAnchored.draft(anchor), commands: [] };
  const ended = { detectedAt: now(), endedAt: now(), state: 'resolved', revision: 1 } as const;
  const incident: Incident = { ...draft, id: incidentId(draft, anchor.root), ...ended };
  const content = { event: 'resolved', incident } as const;
  const partition = partitionOf(GUARDIAN);
  for (const { id } of recipients(content, ports).first) {
    const { row, value } = freshRow(content, id, now());
    await tables.outbox.put(partition, row, value);
    await queues.alerts.send({ partition, row });
  }
}
