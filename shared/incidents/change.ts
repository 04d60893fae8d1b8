import type { AlertContent, Incident } from '../domain/incident.ts';
import { sameMoment } from '../domain/time.ts';
import { deadlineOf, type IncidentDraft } from './draft.ts';

/**
 * The change of an open incident whose state continues. It keeps its beginning. Its deadline stays as well, also where the version
 * was changed again; but of the same act the nearer one counts, since it becomes known later what fails first. Until the
 * date comes on which the key stops, the deadline follows that date.
 */
export function onGoing(
  { since, otherwiseAt: _, who, ...draft }: IncidentDraft,
  { since: began, deadline, stopsOn, hangs: before, who: named }: Incident,
  now: Date,
): Omit<IncidentDraft, 'since'> {
  const hangs = isMoreThan(draft.hangs, before) ? draft.hangs : (before ?? draft.hangs);
  const going = {
    ...draft,
    hangs,
    mayFail: draft.mayFail,
    ...((named ?? who) === undefined ? {} : { who: named ?? who }),
  };
  if (deadline === undefined || (stopsOn !== undefined && stopsOn > now)) {
    const follows = draft.stopsOn && hangs ? deadlineOf(hangs, draft.stopsOn) : draft.deadline;
    return { ...going, deadline: follows, stopsOn: draft.stopsOn };
  }
  return { ...going, deadline: sameMoment(since, began) ? nearer(deadline, draft.deadline) : deadline, stopsOn };
}

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

/** Members that are gone where a change has them as `undefined`: nobody is named any more, say. */
const REMOVABLE = ['who', 'stopsOn', 'mayFail'] as const;

/** What is to change. Members that are `undefined` stay, but for those of `REMOVABLE`. */
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
  const removed = Object.fromEntries(
    REMOVABLE.flatMap((member) => (member in change && change[member] === undefined ? [[member, undefined]] : [])),
  );
  const isReopened = was.state === 'resolved' && change.state === 'open';
  const merged: Incident = { ...was, ...given, ...removed };
  const incident: Incident = {
    ...merged,
    ...(isReopened ? ANEW : {}),
    // Who works on it may have had days, and now has minutes.
    ...(isReopened || sameMoment(merged.stopsOn, was.stopsOn) ? {} : { acknowledged: undefined, escalated: undefined }),
  };
  const isNamed = incident.state === 'open' && incident.wave === undefined && incident.who?.oid !== was.who?.oid;
  return {
    incident,
    event: incident.state === 'resolved' && was.state === 'open' ? 'resolved' : 'changed',
    isNews: JSON.stringify({ ...incident, newest: undefined }) !== JSON.stringify({ ...was, newest: undefined }),
    mayJoin: isReopened ? 'any' : isNamed ? 'of-actor' : undefined,
    isToEscalate: isReopened || !sameMoment(incident.deadline, was.deadline),
  };
}
