import { describe, expect, test } from 'vitest';
import { AT, ID, IN_AN_HOUR, MALLORY } from '../../../local/example-incidents.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { type Change, type Changed, changedBy, onGoing } from '../../../shared/incidents/change.ts';
import type { IncidentDraft } from '../../../shared/incidents/draft.ts';
import { keyFlapping } from '../../../shared/incidents/kinds/key-flapping.ts';

const ANNA = { oid: 'anna' };
const { who: _, ...draft } = keyFlapping.draft(ID, AT, undefined);
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
    ['nothing where a member is left open', open, { deadline: undefined }, NO_NEWS],
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
    const { incident, ...asked } = changedBy(was, change);
    expect(asked).toEqual(asks);
    expect(incident).toMatchObject({ id: was.id, revision: was.revision });
  });

  test.each<[what: string, deadline: Date, escalated: number | undefined]>([
    ['later', later(IN_AN_HOUR, MINUTE_MS), undefined],
    ['nearer', later(IN_AN_HOUR, -MINUTE_MS), 2],
  ])('no escalation, or that it was escalated: a deadline that is %s', (_, deadline, escalated) => {
    expect(changedBy({ ...open, escalated: 2 }, { deadline }).incident.escalated).toBe(escalated);
  });

  test('what is open again has nothing of what was said of it before it was over, but who did it', () => {
    const { incident } = changedBy({ ...over, acknowledged: { by: ANNA, at: AT } }, { state: 'open' });
    const { restoredAt, endedAt, acknowledged, escalated, wave, who } = incident;
    expect({ restoredAt, endedAt, acknowledged, escalated, wave }).toEqual({});
    expect(who).toEqual(MALLORY);
  });
});

const DAYS = later(AT, 5 * DAY_MS);
const FARTHER = later(AT, 9 * DAY_MS);
const SOON = later(AT, 10 * MINUTE_MS);
const OTHER_ACT = later(AT, MINUTE_MS);

test.each<[what: string, was: Date | undefined, since: Date, draft: Date | undefined, deadline: Date | undefined]>([
  ['is new where there was none', undefined, AT, IN_AN_HOUR, IN_AN_HOUR],
  ['stays where the state has none now', IN_AN_HOUR, AT, undefined, IN_AN_HOUR],
  ['is the nearer one of the same act', IN_AN_HOUR, AT, SOON, SOON],
  ['is not the later one of the same act', SOON, AT, IN_AN_HOUR, SOON],
  ['stays at another act', IN_AN_HOUR, OTHER_ACT, SOON, IN_AN_HOUR],
  ['follows the state while it is days ahead', DAYS, AT, FARTHER, FARTHER],
  ['follows another act while it is days ahead', DAYS, OTHER_ACT, IN_AN_HOUR, IN_AN_HOUR],
])('the deadline of an incident that goes on %s', (_, was, since, deadlineNow, deadline) => {
  const going = { ...open, deadline: was } as Incident;
  expect(onGoing({ ...draft, since, deadline: deadlineNow } as IncidentDraft, going, AT).deadline).toEqual(deadline);
});
