import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { keyOf, type Subject, vaultSubject, versionOf } from '../../../shared/domain/subject.ts';
import { type IncidentDraft, incidentId } from '../../../shared/incidents/draft.ts';
import {
  changeIncident,
  endIncidents,
  nameActor,
  openForAct,
  openIncident,
  openWhile,
  readIncidents,
  resolveIncident,
} from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';
import { incident } from '../alerts/alerts.ts';

const VAULT = 'prod-disks';
const KEY = keyOf({ vault: VAULT, key: 'disk-a' });
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MALLORY = { oid: 'mallory' };
const guardian = () => createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
type World = Awaited<ReturnType<typeof guardian>>;

beforeEach(() => stopAt());
afterEach(resetClock);

const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);

const draft = (more: Partial<IncidentDraft> = {}): IncidentDraft => ({
  kind: 'version-disabled',
  severity: 'critical',
  audience: 'on-call',
  ends: 'with-an-inspection',
  subject: KEY,
  since: minutesAgo(10),
  summary: 'It is disabled.',
  judgement: 'withheld: alert-only',
  ...more,
});

/** The incidents of a subject, in the order in which they were detected. */
async function standing(world: World, subject: Subject = KEY): Promise<readonly Incident[]> {
  const { stored } = await readIncidents(world.ports, subject);
  return stored
    .map(({ value }) => value)
    .toSorted((one, other) => one.detectedAt.getTime() - other.detectedAt.getTime());
}

/** The one incident with its row. */
async function only(world: World) {
  const [stored, ...others] = (await readIncidents(world.ports, KEY)).stored;
  if (stored === undefined || others.length > 0) throw new Error('One incident was opened.');
  return stored;
}

/** What people were alerted of, as event and revision. */
async function alerted(world: World): Promise<readonly (readonly [string, number])[]> {
  await world.settle();
  return world.alerts.map(({ event, incident: { revision } }) => [event, revision]);
}

describe('an incident', () => {
  test('is opened once, and people are alerted once, however often it is found', async () => {
    const world = await guardian();
    for (const _ of [1, 2, 3]) await openIncident(draft(), world.ports);
    expect(await standing(world)).toMatchObject([
      { id: incidentId(draft()), state: 'open', detectedAt: new Date(), revision: 1, commands: [] },
    ]);
    expect(await alerted(world)).toEqual([['opened', 1]]);
    expect(await world.ports.tables.outbox.list()).toEqual({ stored: [], unreadable: [] });
  });

  test('of a state goes on where the act is repeated: neither its beginning nor its deadline is put off', async () => {
    const world = await guardian();
    const first = { since: minutesAgo(30), otherwiseAt: minutesAgo(31), deadline: minutesAgo(-30) };
    await openIncident(draft(first), world.ports);
    await openIncident(
      draft({ since: minutesAgo(1), otherwiseAt: minutesAgo(2), deadline: minutesAgo(-59) }),
      world.ports,
    );
    expect(await standing(world)).toMatchObject([{ ...first, revision: 1 }]);
    expect(await alerted(world)).toEqual([['opened', 1]]);
  });

  const DISKS = { kind: 'disks', says: '1 disk' } as const;
  const inMinutes = (minutes: number, more: object = {}) => ({ deadline: minutesAgo(-minutes), ...more });
  const DATABASES = { hangs: { ...DISKS, databases: true } };
  // Times are those of the test's clock, which stands only while it runs.
  test.each<[what: string, was: () => Partial<IncidentDraft>, now: () => Partial<IncidentDraft>]>([
    ['that something fails', () => ({}), () => inMinutes(50)],
    ['that a database fails before the disks', () => inMinutes(50, { hangs: DISKS }), () => inMinutes(20, DATABASES)],
  ])('of which it becomes known later %s has that deadline, and is escalated by it', async (_, was, now) => {
    const world = await guardian();
    const since = minutesAgo(10);
    await openIncident(draft({ since, ...was() }), world.ports);
    await openIncident(draft({ since, ...now() }), world.ports);
    expect(await standing(world)).toMatchObject([now()]);
    expect((await world.ports.tables.schedule.list('escalations')).stored).toHaveLength(1);
  });

  test.each<[what: string, other: Partial<IncidentDraft>]>([
    ['for another reason', { reason: 'key-unreadable' }],
    ['of another kind', { kind: 'version-expiring' }],
    ['of a version', { subject: versionOf(KEY, 'a1') }],
  ])('%s is another incident of the same key', async (_, other) => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    await openIncident(draft(other), world.ports);
    expect(await standing(world)).toHaveLength(2);
    expect(await alerted(world)).toHaveLength(2);
  });

  test('alerts people again where what is said of it changes', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    await openIncident(draft({ judgement: 'left to people' }), world.ports);
    expect(await standing(world)).toMatchObject([{ judgement: 'left to people', revision: 2 }]);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['changed', 2],
    ]);
  });

  test('that is over and found again as it was is open again', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    await world.settle();
    await resolveIncident(await only(world), 'undone', true, world.ports);
    await world.settle();
    await openIncident(draft(), world.ports);
    const [again] = await standing(world);
    expect(again).toMatchObject({ state: 'open', revision: 3 });
    expect([again?.restoredAt, again?.endedAt]).toEqual([undefined, undefined]);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['resolved', 2],
      ['changed', 3],
    ]);
  });

  test('that is open again is acknowledged by nobody, and is escalated anew', async () => {
    const world = await guardian();
    const disabled = draft({ since: minutesAgo(1), deadline: minutesAgo(-59) });
    await openIncident(disabled, world.ports);
    await changeIncident(
      await only(world),
      { escalated: 1, acknowledged: { by: MALLORY, at: new Date() } },
      world.ports,
    );
    await resolveIncident(await only(world), 'good again', false, world.ports);
    await openIncident(disabled, world.ports);
    const [again] = await standing(world);
    expect([again?.acknowledged, again?.escalated]).toEqual([undefined, undefined]);
    expect((await world.ports.tables.schedule.list('escalations')).stored).toHaveLength(1);
  });

  test('of a state that came back after its end is a new one with its own time', async () => {
    const world = await guardian();
    await openIncident(draft({ since: minutesAgo(30) }), world.ports);
    await resolveIncident(await only(world), 'undone', true, world.ports);
    await openIncident(draft({ since: minutesAgo(1) }), world.ports);
    expect((await standing(world)).map(({ state, since }) => [state, since])).toEqual(
      expect.arrayContaining([
        ['resolved', minutesAgo(30)],
        ['open', minutesAgo(1)],
      ]),
    );
  });

  test('keeps who was named first', async () => {
    const world = await guardian();
    await openIncident(draft({ who: MALLORY }), world.ports);
    await openIncident(draft({ who: { oid: 'another' } }), world.ports);
    await openIncident(draft(), world.ports);
    expect(await standing(world)).toMatchObject([{ who: MALLORY, revision: 1 }]);
  });

  test('says no more than fits an alert', async () => {
    const world = await guardian();
    await openIncident(draft({ summary: 'x'.repeat(4_001) }), world.ports);
    expect(await standing(world)).toMatchObject([{ summary: `${'x'.repeat(4_000)} …` }]);
  });
});

describe('resolving', () => {
  test.each([
    [true, new Date('2031-03-03T09:10:00.000Z')],
    [false, undefined],
  ])('says when it ended, and when it was restored where it was: %s', async (restored, restoredAt) => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    expect(await resolveIncident(await only(world), 'undone', restored, world.ports)).toBe(true);
    const [over] = await standing(world);
    expect(over).toMatchObject({ state: 'resolved', judgement: 'undone', endedAt: new Date(), revision: 2 });
    expect(over?.restoredAt).toEqual(restoredAt);
  });

  test('twice is once', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    await world.settle();
    for (const _ of [1, 2]) await resolveIncident(await only(world), 'undone', true, world.ports);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['resolved', 2],
    ]);
  });

  test('leaves the incident as somebody else left it meanwhile', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    const read = await only(world);
    await openIncident(draft({ judgement: 'left to people' }), world.ports);
    expect(await resolveIncident(read, 'undone', true, world.ports)).toBe(false);
    expect(await standing(world)).toMatchObject([{ state: 'open', judgement: 'left to people', revision: 2 }]);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['changed', 2],
    ]);
  });

  test('of a subject ends those that are meant, and no other', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    await openIncident(draft({ kind: 'version-expiring' }), world.ports);
    await endIncidents(KEY, ({ kind }) => kind === 'version-expiring', 'it was put back', world.ports);
    expect((await standing(world)).map(({ kind, state }) => [kind, state]).toSorted()).toEqual([
      ['version-disabled', 'open'],
      ['version-expiring', 'resolved'],
    ]);
  });

  test('comes by itself where the state of the incident is over', async () => {
    const world = await guardian();
    for (const lasts of [true, true, false, false]) {
      await openWhile(lasts, draft(), 'good again', world.ports);
      await world.settle();
    }
    expect(await standing(world)).toMatchObject([{ state: 'resolved', judgement: 'good again' }]);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['resolved', 2],
    ]);
  });
});

describe('a state that two find at once, at different times', () => {
  const find = (world: World) =>
    Promise.all([10, 9].map((ago) => openWhile(true, draft({ since: minutesAgo(ago) }), 'good again', world.ports)));

  test('is one incident, alerted once, also when it comes back', async () => {
    const world = await guardian();
    await find(world);
    expect(await standing(world)).toMatchObject([{ state: 'open' }]);
    expect(await alerted(world)).toEqual([['opened', 1]]);
    await openWhile(false, draft(), 'good again', world.ports);
    turnClock(MINUTE_MS);
    await find(world);
    expect(await standing(world)).toMatchObject([{ state: 'resolved' }, { state: 'open' }]);
    expect((await alerted(world)).at(-1)).toEqual(['opened', 1]);
    expect((await alerted(world)).filter(([event]) => event === 'opened')).toHaveLength(2);
  });
});

describe('naming who did it', () => {
  test('alerts people, once', async () => {
    const world = await guardian();
    await openIncident(draft(), world.ports);
    for (const _ of [1, 2]) await nameActor(await only(world), MALLORY, world.ports);
    expect(await standing(world)).toMatchObject([{ who: MALLORY, revision: 2 }]);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['changed', 2],
    ]);
  });
});

describe('acts of one hour', () => {
  const HOURLY = 'purges-of-nine';
  const act = (since: Date) => draft({ kind: 'purge-attempted', ends: 'by-a-person', since, summary: 'It was tried.' });

  test('are one incident, which begins with the first of them, and nobody is alerted again', async () => {
    const world = await guardian();
    for (const minutes of [5, 3, 4, 3]) await openForAct(act(minutesAgo(minutes)), world.ports, HOURLY);
    expect(await standing(world)).toMatchObject([
      { id: HOURLY, since: minutesAgo(5), newest: minutesAgo(3), revision: 1 },
    ]);
    expect(await alerted(world)).toEqual([['opened', 1]]);
  });

  test('that people were alerted of before one closed their incident open none; one after them opens a new one, with its own time', async () => {
    const world = await guardian();
    for (const minutes of [5, 3]) await openForAct(act(minutesAgo(minutes)), world.ports, HOURLY);
    await world.settle();
    await resolveIncident(await only(world), 'closed by owner', false, world.ports);
    for (const minutes of [5, 4, 3]) await openForAct(act(minutesAgo(minutes)), world.ports, HOURLY);
    expect(await standing(world)).toMatchObject([{ id: HOURLY, state: 'resolved' }]);

    turnClock(MINUTE_MS);
    for (const minutes of [2, 1]) await openForAct(act(minutesAgo(minutes)), world.ports, HOURLY);
    const [, again] = await standing(world);
    expect(again).toMatchObject({ state: 'open', since: minutesAgo(2), newest: minutesAgo(1), continues: HOURLY });
    expect(again?.id).not.toBe(HOURLY);
    expect(await alerted(world)).toEqual([
      ['opened', 1],
      ['resolved', 2],
      ['opened', 1],
    ]);
  });

  test('of which the second incident was closed too open a third', async () => {
    const world = await guardian();
    for (const minutes of [5, 3, 1]) {
      await openForAct(act(minutesAgo(minutes)), world.ports, HOURLY);
      await world.settle();
      for (const stored of (await readIncidents(world.ports, KEY)).stored)
        await resolveIncident(stored, 'closed by owner', false, world.ports);
    }
    expect(new Set((await standing(world)).map(({ id }) => id)).size).toBe(3);
    expect((await alerted(world)).filter(([event]) => event === 'opened')).toHaveLength(3);
  });
});

describe('a new incident takes the place of one that is over', () => {
  /** Puts an incident of the vault, alerted and over, found so long ago. */
  async function put(world: World, id: string, foundAgoMs: number, more: Partial<Incident> = {}): Promise<void> {
    const detectedAt = new Date(Date.now() - foundAgoMs);
    const over = { subject: vaultSubject(VAULT), since: detectedAt, detectedAt, state: 'resolved' } as const;
    await world.ports.tables.incidents.put(VAULT, id, incident({ id, ...over, ...more }));
  }
  const open = (world: World) => openIncident(draft({ kind: 'new', subject: vaultSubject(VAULT) }), world.ports);
  const idsIn = async (world: World) =>
    (await world.incidents(VAULT)).filter(({ kind }) => kind !== 'new').map(({ id }) => id);

  test.each<readonly [ago: number, more: Partial<Incident>, left: readonly string[]]>([
    [30 * DAY_MS, {}, ['old']],
    [30 * DAY_MS + 1, {}, []],
    [90 * DAY_MS, { state: 'open' }, ['old']],
  ])('and was found %i ms ago, with %j', async (ago, more, left) => {
    const world = await guardian();
    await put(world, 'old', ago, more);
    await open(world);
    expect(await idsIn(world)).toEqual(left);
  });

  test('where more than a thousand are over, the oldest first', async () => {
    const world = await guardian();
    for (let minutes = 1; minutes <= 1_003; minutes += 1)
      await put(world, `${minutes}`.padStart(4, '0'), minutes * MINUTE_MS);
    await open(world);
    expect((await idsIn(world)).toSorted().slice(-2)).toEqual(['0999', '1000']);
  });
});
