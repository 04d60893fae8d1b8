import { type Inspection, inspection } from '../domain/hint.ts';
import { HOUR_MS } from '../domain/time.ts';
import { isStorageAway } from '../errors.ts';
import { hintEntry } from '../guard/records.ts';
import { quarantine, wholeText } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';

/** For how long an audit event is tried again, in ms. */
const TRIED_FOR_MS = HOUR_MS;
const BACK_AFTER_SECONDS = 60;

/**
 * Quarantines what made the function of a queue fail five times, records it and alerts operators. Audit
 * events go back into the queue a minute later, for an hour: all else the next sweep finds again. Throws where
 * storage takes neither, so that the message comes again.
 */
export async function takeDeadLetter(queue: string, message: unknown, ports: Ports): Promise<void> {
  const again = queue === 'inspections' ? auditEventsOf(message, ports.now()) : undefined;
  if (again === undefined)
    return quarantine({ content: wholeText(message), because: 'it failed five times' }, queue, ports);
  // The same in each round, so that it is quarantined once.
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
  // The inspections may have failed before they recorded these.
  if (isKept && again.attempt === 0)
    await ports.trail.append(again.hints.map((hint) => hintEntry(again.subject, hint, ports)));
  // Last: from then on it is in the queue once. What was not kept may be in no trail yet: the next inspection records it again.
  await ports.queues.inspections.send({ ...again, attempt: again.attempt + (isKept ? 1 : 0) }, BACK_AFTER_SECONDS);
}

/** The part of an inspection that is to be tried again; `undefined` where nothing is. */
function auditEventsOf(message: unknown, now: Date): Inspection | undefined {
  const parsed = inspection.safeParse(message);
  if (!parsed.success) return undefined;
  const hints = parsed.data.hints.filter(
    ({ sense, sensedAt }) => sense === 'audit-log' && Math.abs(now.getTime() - sensedAt.getTime()) < TRIED_FOR_MS,
  );
  return hints.length === 0 ? undefined : { ...parsed.data, hints };
}
