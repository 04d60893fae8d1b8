import { type Inspection, inspection } from '../domain/hint.ts';
import { agoMs, HOUR_MS } from '../domain/time.ts';
import { isStorageAway } from '../errors.ts';
import { hintEntry } from '../guard/records.ts';
import { quarantine, wholeText } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';

/** How long an audit event is tried again, in ms. */
const TRIED_FOR_MS = HOUR_MS;
const BACK_AFTER_SECONDS = 60;

/**
 * Quarantines a message that made the function of a queue fail five times, records it and alerts operators. Audit events in
 * it are queued again after a minute, for an hour; the next sweep finds everything else. Throws where storage accepts
 * neither, so that the message is delivered again.
 */
export async function takeDeadLetter(queue: string, message: unknown, ports: Ports): Promise<void> {
  const again = queue === 'inspections' ? auditEventsOf(message, ports.now()) : undefined;
  if (again === undefined)
    return quarantine({ content: wholeText(message), because: 'it failed five times' }, queue, ports);
  // The same content in each round, so that it is quarantined once.
  const unparsed = {
    content: wholeText({ ...again, attempt: 0 }),
    because: 'it failed five times, and is tried again',
  };
  const isKept = await quarantine(unparsed, queue, ports).then(
    () => true,
    (error: unknown) => {
      if (!isStorageAway(error)) throw error;
      return false;
    },
  );
  // Recorded here: the inspections may have failed before they recorded these events.
  if (isKept && again.attempt === 0)
    await ports.trail.append(again.hints.map((hint) => hintEntry(again.subject, hint, ports)));
  // Queued last, so that it is queued once. Where recording failed, the next inspection records the events again.
  await ports.queues.inspections.send({ ...again, attempt: again.attempt + (isKept ? 1 : 0) }, BACK_AFTER_SECONDS);
}

/** The part of an inspection that is to be tried again; `undefined` where nothing is. */
function auditEventsOf(message: unknown, now: Date): Inspection | undefined {
  const parsed = inspection.safeParse(message);
  if (!parsed.success) return undefined;
  const hints = parsed.data.hints.filter(
    ({ sense, sensedAt }) => ['audit-log', 'audit-query'].includes(sense) && agoMs(sensedAt, now) < TRIED_FOR_MS,
  );
  return hints.length === 0 ? undefined : { ...parsed.data, hints };
}
