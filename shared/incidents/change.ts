import type { AlertContent, Incident } from '../domain/incident.ts';
import { sameMoment } from '../domain/time.ts';
import { deadlineWith, type IncidentDraft } from './draft.ts';
import { keyFlapping } from './kinds/key-flapping.ts';
import { wave } from './kinds/wave.ts';

/**
 * The change of an open incident whose state continues. It keeps its beginning. Its deadline stays as well, also where the version
 * was changed again; but of the same act the nearer one counts, since it becomes known later what fails first. Where the key
 * stops on a date to come, or was to, and in a wave, whose deadline is that of what is still open, it is that of the state now.
 */
export function onGoing(given: IncidentDraft, was: Incident): Omit<IncidentDraft, 'since'> {
  const { since, otherwiseAt: _, who: by, ...draft } = given;
  const who = was.who ?? by;
  const going = { ...draft, mayFail: draft.mayFail, ...(who === undefined ? {} : { who }) };
  return { ...going, ...(isFollowed(given, was) ? asNow(given, was) : asBefore(given, was)) };
}

type Stakes = Pick<IncidentDraft, 'hangs' | 'deadline' | 'stopsOn'>;

/** Whether what fails and when is as the state says now. A key that flaps has one deadline, until it has stopped. */
const isFollowed = ({ kind, stopsOn }: IncidentDraft, was: Incident): boolean =>
  kind === keyFlapping.id
    ? was.stopsOn !== undefined && stopsOn === undefined
    : stopsOn !== undefined || was.stopsOn !== undefined || kind === wave.id;

function asNow({ kind, hangs, deadline, stopsOn }: IncidentDraft, was: Incident): Stakes {
  // What nobody knows at the moment changes nothing: the deadline of such a draft is that of disks.
  if (hangs?.kind === 'unknown' && was.hangs !== undefined && was.hangs.kind !== 'unknown')
    return { hangs: was.hangs, deadline: deadline && deadlineWith(was.hangs, deadline), stopsOn };
  return {
    hangs: isLike(hangs, was.hangs) ? was.hangs : hangs,
    // A wave of which nothing is open says when something would have failed.
    deadline: kind === wave.id ? (deadline ?? was.deadline) : deadline,
    stopsOn,
  };
}

const asBefore = ({ since, hangs, deadline }: IncidentDraft, was: Incident): Stakes => ({
  hangs: isMoreThan(hangs, was.hangs) ? hangs : (was.hangs ?? hangs),
  deadline:
    was.deadline !== undefined && sameMoment(since, was.since)
      ? nearer(was.deadline, deadline)
      : (was.deadline ?? deadline),
  stopsOn: was.stopsOn,
});

/** Another number of machines is no news for people. */
const isLike = (now: Incident['hangs'], before: Incident['hangs']): boolean =>
  now?.kind === before?.kind && now?.databases === before?.databases;

/** The first disk is news, and the first database. */
const isMoreThan = (now: Incident['hangs'], before: Incident['hangs']): boolean =>
  (now?.kind === 'disks' && before?.kind !== 'disks') || (now?.databases === true && before?.databases === undefined);

const nearer = (one: Date, other: Date | undefined): Date => (other !== undefined && other < one ? other : one);

/** What an incident that is open again does not have: what was said of it before it was over. */
const ANEW = {
  restoredAt: undefined,
  endedAt: undefined,
  acknowledged: undefined,
  escalated: undefined,
  countedFrom: undefined,
  wave: undefined,
} as const;

/** Members that are gone where a change has them as `undefined`: nobody is named any more, or nothing fails. */
const REMOVABLE = ['who', 'deadline', 'stopsOn', 'mayFail'] as const;

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
export function changedBy(was: Incident, change: Change, now: Date): Changed {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const removed = Object.fromEntries(
    REMOVABLE.flatMap((member) => (member in change && change[member] === undefined ? [[member, undefined]] : [])),
  );
  const isReopened = was.state === 'resolved' && change.state === 'open';
  const merged: Incident = { ...was, ...given, ...removed };
  const incident: Incident = {
    ...merged,
    ...(isReopened ? ANEW : afterOtherDate(was, merged, now)),
  };
  const isNamed = incident.state === 'open' && incident.wave === undefined && incident.who?.oid !== was.who?.oid;
  return {
    incident,
    event: incident.state === 'resolved' && was.state === 'open' ? 'resolved' : 'changed',
    isNews: JSON.stringify({ ...incident, newest: undefined }) !== JSON.stringify({ ...was, newest: undefined }),
    mayJoin: isReopened ? 'any' : isNamed ? 'of-actor' : undefined,
    isToEscalate:
      isReopened || !sameMoment(incident.deadline, was.deadline) || !sameMoment(incident.countedFrom, was.countedFrom),
  };
}

/**
 * Where the key stops on another date, or has stopped now, or there is more time, the time to the deadline counts from now on. Who
 * works on it may have had days, and has minutes.
 */
function afterOtherDate(was: Incident, { stopsOn, deadline }: Incident, now: Date): Partial<Incident> {
  const isLater = deadline !== undefined && was.deadline !== undefined && deadline > was.deadline;
  if (sameMoment(stopsOn, was.stopsOn)) return isLater ? { escalated: undefined, countedFrom: now } : {};
  const isSooner =
    deadline !== undefined && (was.deadline === undefined || stopsOn === undefined || deadline < was.deadline);
  return { escalated: undefined, countedFrom: now, ...(isSooner ? { acknowledged: undefined } : {}) };
}
