import type { Decision } from '../../domain/decision.ts';
import { type Inspection, inspectionFor } from '../../domain/hint.ts';
import type { KeyRecord } from '../../domain/register.ts';
import type { KeySubject } from '../../domain/subject.ts';
import { later, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import type { Ports } from '../../ports.ts';

type Needs = Pick<Ports, 'newId' | 'now'> & { readonly queues: Pick<Ports['queues'], 'inspections'> };

/** Seconds before the next attempt: 1, 2, 4 … at most 60. */
export const delaySeconds = (attempt: number): number => Math.min(60, 2 ** Math.min(attempt, 6));

/** The furthest ahead that an inspection is asked for, in ms; what is further was noted by a clock that was ahead. */
const FURTHEST_MS = 20 * MINUTE_MS;

/** Whether somebody asked already for an inspection that is still to come. */
export function isPlanned({ inFlight: { nextInspectionAt } }: KeyRecord, now: Date): boolean {
  const aheadMs = nextInspectionAt === undefined ? 0 : nextInspectionAt.getTime() - now.getTime();
  return aheadMs > 0 && aheadMs <= FURTHEST_MS;
}

/** Schedules another inspection after a failure, unless one is scheduled already. Returns its time. */
export async function tryAgain(message: Inspection, record: KeyRecord, ports: Needs): Promise<Date | undefined> {
  if (isPlanned(record, ports.now()) && message.attempt === 0) return record.inFlight.nextInspectionAt;
  const afterSeconds = delaySeconds(message.attempt);
  await ports.queues.inspections.send({ ...message, attempt: message.attempt + 1 }, afterSeconds);
  return later(ports.now(), afterSeconds * SECOND_MS);
}

const MORE_TO_DO_SECONDS = 1;

/** Schedules another inspection where the key is settling or flapping or more is to be done, unless one is scheduled already. Returns its time; `undefined` where none is needed. */
export async function followUp(
  subject: KeySubject,
  { actions, inspectAgainInSeconds }: Decision,
  record: KeyRecord,
  { queues, newId, now }: Needs,
): Promise<Date | undefined> {
  // The actions of the last round's decision may not be done yet.
  const isMoreToDo = actions.length > 0;
  const seconds = isMoreToDo ? MORE_TO_DO_SECONDS : inspectAgainInSeconds;
  if (seconds === undefined) return undefined;
  if (isPlanned(record, now())) return record.inFlight.nextInspectionAt;
  const why = isMoreToDo ? 'more to do' : 'not settled';
  const hint = { id: newId(), sense: 'follow-up', sensedAt: now(), says: { kind: 'inspect-again', why } } as const;
  await queues.inspections.send(inspectionFor(subject, hint), seconds);
  return later(now(), seconds * SECOND_MS);
}
