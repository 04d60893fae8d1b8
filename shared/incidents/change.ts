import type { AlertContent, Incident } from '../domain/incident.ts';
import { MINUTE_MS, sameMoment } from '../domain/time.ts';
import { DISKS_FAIL_AFTER_MINUTES, type IncidentDraft } from './draft.ts';

/**
 * The change of an open incident whose state continues. It keeps its beginning. Its deadline stays as well, also where the version
 * was changed again; but of the same act the nearer one counts, since it becomes known later what fails first. While the
 * deadline is so far ahead that nothing has stopped yet, as of a version that is to expire, it follows the state.
 */
export const onGoing = (
  { since, otherwiseAt: _, who, ...draft }: IncidentDraft,
  { since: began, deadline, hangs, who: named }: Incident,
  now: Date,
): Omit<IncidentDraft, 'since'> => ({
  ...draft,
  hangs: isMoreThan(draft.hangs, hangs) ? draft.hangs : (hangs ?? draft.hangs),
  ...((named ?? who) === undefined ? {} : { who: named ?? who }),
  deadline:
    deadline === undefined || isAhead(deadline, now)
      ? draft.deadline
      : sameMoment(since, began)
        ? nearer(deadline, draft.deadline)
        : deadline,
});

/** Whether nothing has stopped yet by which this is the deadline. */
const isAhead = (deadline: Date, now: Date): boolean =>
  deadline.getTime() - now.getTime() > DISKS_FAIL_AFTER_MINUTES * MINUTE_MS;

/** Another number of machines is no news for people; the first disk is, and the first database. */
const isMoreThan = (now: Incident['hangs'], before: Incident['hangs']): boolean =>
  (now?.kind === 'disks' && before?.kind !== 'disks') || (now?.databases === true && before?.databases === undefined);

const nearer = (one: Date, other: Date | undefined): Date => (other !== undefined && other < one ? other : one);

/** What an incident that is open again does not have: what was said of it before it was over. */
const ANEW = {
  restoredAt: undefined,
  endedAt: undefined,
  acknowledged: undefined,
  escalated: undefined,
  wave: undefined,
} as const;

/** What is to change; `who: undefined`: nobody is named any more. Other members that are `undefined` stay. */
export type Change = Partial<Omit<Incident, 'id' | 'revision'>>;

/** An incident after a change, and what that asks for. */
export interface Changed {
  /** With the revision that it had. */
  readonly incident: Incident;
  readonly event: Exclude<AlertContent['event'], 'opened'>;
  /** Whether people are alerted of it: not where only the time of the newest act is another. */
  readonly isNews: boolean;
  /** The waves that it may belong to now: any where it is open again, since the wave that it was of may be over; those of who did it where that becomes known. */
  readonly mayJoin: 'any' | 'of-actor' | undefined;
  /** Whether it is to be planned anew when people are alerted again. */
  readonly isToEscalate: boolean;
}

/** What a change makes of an incident. Pure. */
export function changedBy(was: Incident, change: Change): Changed {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const isReopened = was.state === 'resolved' && change.state === 'open';
  const incident: Incident = {
    ...was,
    ...given,
    ...('who' in change ? { who: change.who } : {}),
    ...(isReopened ? ANEW : {}),
  };
  const { deadline } = incident;
  // Of more time fewer quarters are over.
  if (deadline !== undefined && was.deadline !== undefined && deadline > was.deadline) incident.escalated = undefined;
  const isNamed = incident.state === 'open' && incident.wave === undefined && incident.who?.oid !== was.who?.oid;
  return {
    incident,
    event: incident.state === 'resolved' && was.state === 'open' ? 'resolved' : 'changed',
    isNews: JSON.stringify({ ...incident, newest: undefined }) !== JSON.stringify({ ...was, newest: undefined }),
    mayJoin: isReopened ? 'any' : isNamed ? 'of-actor' : undefined,
    isToEscalate: isReopened || !sameMoment(incident.deadline, was.deadline),
  };
}
