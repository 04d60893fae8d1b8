import { describe, expect, test } from 'vitest';
import { AT, ID, IN_AN_HOUR, MALLORY } from '../../../local/example-incidents.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { type Change, type Changed, changedBy, onGoing } from '../../../shared/incidents/change.ts';
import type { IncidentDraft } from '../../../shared/incidents/draft.ts';
import { keyFlapping } from '../../../shared/incidents/kinds/key-flapping.ts';

const LATER = later(AT, 5 * DAY_MS);
const anHourAfter = (moment: Date): Date => later(moment, HOUR_MS);
const ANNA = { oid: 'anna' };
const { who: _, ...flapping } = keyFlapping.draft(ID, AT, undefined);
const draft = { ...flapping, kind: 'version-expiring' };
const open: Incident = { ...draft, commands: [], id: 'i1', detectedAt: AT, state: 'open', revision: 1 };
const named: Incident = { ...open, who: MALLORY };
const ofWave: Incident = { ...open, wave: 'w1' };
const over: Incident = {
  ...named,
  state: 'resolved',
  endedAt: IN_AN_HOUR,
  restoredAt: IN_AN_HOUR,
  wave: 'w1',
  escalated: 2,
};
const NO_NEWS = { event: 'changed', isNews: false, mayJoin: undefined, isToEscalate: false } as const;
const NEWS = { ...NO_NEWS, isNews: true };

describe('a change of an incident asks for', () => {
  test.each<[what: string, was: Incident, change: Change, asks: Omit<Changed, 'incident'>]>([
    ['nothing where nothing is another', open, { severity: open.severity }, NO_NEWS],
    ['nothing where a member is left open', open, { hangs: undefined }, NO_NEWS],
    ['no alert where only the newest act is another', open, { newest: IN_AN_HOUR }, NO_NEWS],
    ['an alert where anything else is', open, { judgement: 'undoing' }, NEWS],
    ['the wave of who did it where they become known', open, { who: MALLORY }, { ...NEWS, mayJoin: 'of-actor' }],
    ['the wave of whoever else did it', named, { who: ANNA }, { ...NEWS, mayJoin: 'of-actor' }],
    [
      'an alert, and the wave of nobody, where nobody is named any more',
      named,
      { who: undefined },
      { ...NEWS, mayJoin: 'of-actor' },
    ],
    ['nothing where who did it was known', named, { who: MALLORY }, NO_NEWS],
    ['no other wave where it is of one', ofWave, { who: MALLORY }, NEWS],
    [
      'no wave of who did it where it is over with that',
      open,
      { who: MALLORY, state: 'resolved' },
      { ...NEWS, event: 'resolved' },
    ],
    ['that it is over, once', open, { state: 'resolved' }, { ...NEWS, event: 'resolved' }],
    ['no second end', over, { judgement: 'undone' }, NEWS],
    ['any wave where it is open again', over, { state: 'open' }, { ...NEWS, mayJoin: 'any', isToEscalate: true }],
    [
      'another plan where its deadline is another',
      open,
      { deadline: later(AT, MINUTE_MS) },
      { ...NEWS, isToEscalate: true },
    ],
  ])('%s', (_, was, change, asks) => {
    const { incident, ...asked } = changedBy(was, change, AT);
    expect(asked).toEqual(asks);
    expect(incident).toMatchObject({ id: was.id, revision: was.revision });
  });

  test('nobody to work on it, and no escalation, where it stops on another date', () => {
    const going = { ...open, stopsOn: IN_AN_HOUR, escalated: 2, acknowledged: { by: ANNA, at: AT } };
    const { incident } = changedBy(going, { stopsOn: undefined }, AT);
    expect([incident.stopsOn, incident.escalated, incident.acknowledged]).toEqual([undefined, undefined, undefined]);
    expect(incident.countedFrom).toEqual(AT);
    expect(changedBy(going, { stopsOn: IN_AN_HOUR }, AT).incident.escalated).toBe(2);
    const later = changedBy(going, { stopsOn: LATER, deadline: anHourAfter(LATER) }, AT).incident;
    expect([later.escalated, later.acknowledged]).toEqual([undefined, { by: ANNA, at: AT }]);
  });

  test('what is open again has nothing of what was said of it before it was over, but who did it', () => {
    const { incident } = changedBy({ ...over, acknowledged: { by: ANNA, at: AT } }, { state: 'open' }, AT);
    const { restoredAt, endedAt, acknowledged, escalated, wave, who } = incident;
    expect({ restoredAt, endedAt, acknowledged, escalated, wave }).toEqual({});
    expect(who).toEqual(MALLORY);
  });
});

const SOON = later(AT, 10 * MINUTE_MS);
const OTHER_ACT = later(AT, MINUTE_MS);
type Times = Pick<Incident, 'deadline' | 'stopsOn'>;

test.each<[what: string, was: Times, now: Times & { since?: Date }, deadline: Date | undefined]>([
  ['is new where there was none', {}, { deadline: IN_AN_HOUR }, IN_AN_HOUR],
  ['stays where the state has none now', { deadline: IN_AN_HOUR }, {}, IN_AN_HOUR],
  ['is the nearer one of the same act', { deadline: IN_AN_HOUR }, { deadline: SOON }, SOON],
  ['is not the later one of the same act', { deadline: SOON }, { deadline: IN_AN_HOUR }, SOON],
  ['stays at another act', { deadline: IN_AN_HOUR }, { since: OTHER_ACT, deadline: SOON }, IN_AN_HOUR],
  [
    'follows a date that is to come',
    { deadline: anHourAfter(SOON), stopsOn: SOON },
    { deadline: anHourAfter(LATER), stopsOn: LATER },
    anHourAfter(LATER),
  ],
  [
    'follows an act that comes before that date',
    { deadline: anHourAfter(SOON), stopsOn: SOON },
    { since: OTHER_ACT, deadline: anHourAfter(OTHER_ACT) },
    anHourAfter(OTHER_ACT),
  ],
  [
    'is that of the act once that date has come',
    { deadline: anHourAfter(SOON), stopsOn: SOON },
    { deadline: anHourAfter(SOON) },
    anHourAfter(SOON),
  ],
  [
    'is that of a date to come where the key works again until then',
    { deadline: IN_AN_HOUR },
    { since: OTHER_ACT, deadline: anHourAfter(LATER), stopsOn: LATER },
    anHourAfter(LATER),
  ],
  ['is none where the date is taken back', { deadline: anHourAfter(LATER), stopsOn: LATER }, {}, undefined],
])('the deadline of an incident that goes on %s', (_, was, { since = AT, ...times }, deadline) => {
  const going = { ...open, deadline: undefined, ...was } as Incident;
  expect(onGoing({ ...draft, deadline: undefined, since, ...times } as IncidentDraft, going).deadline).toEqual(
    deadline,
  );
});

test('the deadline stays while nobody can read what hangs on it', () => {
  const deadline = later(LATER, 30 * MINUTE_MS);
  const hangs = { kind: 'others', says: 'a server', databases: true } as const;
  const given = { ...draft, stopsOn: LATER, deadline: anHourAfter(LATER), hangs: { kind: 'unknown', says: 'unknown' } };
  expect(onGoing(given as IncidentDraft, { ...open, stopsOn: LATER, deadline, hangs })).toMatchObject({
    deadline,
    hangs,
  });
});

test('a key that flaps by dates has one deadline, until it has stopped', () => {
  const was: Incident = { ...open, stopsOn: LATER, deadline: anHourAfter(LATER) };
  const farther = later(LATER, DAY_MS);
  const other = { ...draft, kind: keyFlapping.id, stopsOn: farther, deadline: anHourAfter(farther) };
  expect(onGoing(other, was)).toMatchObject({ stopsOn: LATER, deadline: anHourAfter(LATER) });
  const stops = { ...other, stopsOn: undefined, deadline: IN_AN_HOUR };
  expect(onGoing(stops, was)).toMatchObject({ deadline: IN_AN_HOUR });
  const stopped: Incident = { ...open, deadline: IN_AN_HOUR };
  expect(onGoing(other, stopped)).toMatchObject({ deadline: IN_AN_HOUR });
});

test('where there is more time it counts anew, and who works on it goes on', () => {
  const was: Incident = { ...open, escalated: 3, acknowledged: { by: ANNA, at: AT } };
  const { escalated, countedFrom, acknowledged } = changedBy(was, { deadline: LATER }, AT).incident;
  expect([escalated, countedFrom, acknowledged]).toEqual([undefined, AT, { by: ANNA, at: AT }]);
});

test('the deadline of a wave is that of what is still open in it', () => {
  const was: Incident = { ...open, kind: 'wave', deadline: SOON };
  expect(onGoing({ ...draft, kind: 'wave', deadline: IN_AN_HOUR }, was).deadline).toEqual(IN_AN_HOUR);
  expect(onGoing({ ...draft, kind: 'wave', deadline: undefined }, was).deadline).toEqual(SOON);
});

test('that something may fail is said no more once that is over', () => {
  const going: Incident = { ...open, mayFail: true };
  expect(changedBy(going, onGoing(draft, going), AT).incident.mayFail).toBeUndefined();
});
