import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { HOLD } from '../../../local/example-incidents.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { acknowledgeIncident } from '../../../shared/approvals/close.ts';
import type { Actor } from '../../../shared/domain/audit-record.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { DAY_MS, HOUR_MS, later } from '../../../shared/domain/time.ts';
import type { IncidentDraft } from '../../../shared/incidents/draft.ts';
import { holdEnding } from '../../../shared/incidents/kinds/hold-ending.ts';
import { holdSet } from '../../../shared/incidents/kinds/hold-set.ts';
import { openIncident, readIncidents, resolveIncident } from '../../../shared/incidents/store.ts';
import { joinActorsWave } from '../../../shared/incidents/wave.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const keys = Array.from({ length: 12 }, (_, at) => `disk-${String.fromCharCode(97 + at)}`);
const vaults = [{ name: VAULT, keys: keys.map((key) => seedKey(key, [{}])) }];

beforeEach(() => stopAt());
afterEach(resetClock);

/** A world where all keys were disabled at once. */
async function attacked(mode: 'alert' | 'block'): Promise<World> {
  const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT, mode }] } });
  await world.sentry();
  await world.pass(300, 30);
  for (const key of keys) await world.as('attacker').disable(VAULT, key);
  await world.pass(70, 10);
  return world;
}

const ofKeys = ({ alerts }: World) => alerts.filter(({ incident: { kind } }) => kind === 'version-disabled');
const ofWave = ({ alerts }: World) => alerts.filter(({ incident: { kind } }) => kind === 'wave');
const openIn = async (world: World): Promise<number> =>
  (await world.ports.tables.incidents.list()).stored.filter(({ value: { state } }) => state === 'open').length;

describe('many incidents on the keys of a vault', () => {
  test('have five alerts of their own and one for all others, whose list grows', async () => {
    const world = await attacked('alert');
    expect(ofKeys(world).map(({ event }) => event)).toEqual(Array(5).fill('opened'));
    await world.pass(120, 30);
    const [opened, ...later] = ofWave(world);
    expect(opened?.event).toBe('opened');
    expect(later.every(({ event }) => event === 'changed')).toBe(true);
    expect(later.at(-1)?.incident.summary).toContain(
      '7 version-disabled, 0 of them good again, 7 not: prod-disks/disk-',
    );
    expect(later.at(-1)?.incident).toMatchObject({ severity: 'critical', deadline: expect.any(Date) });
    expect(await openIn(world)).toBe(13);
  });

  test('have a row each, whether people were alerted of them by themselves or not', async () => {
    const world = await attacked('alert');
    const { stored } = await world.ports.tables.incidents.list();
    expect(stored.filter(({ value: { kind } }) => kind === 'version-disabled')).toHaveLength(12);
    expect(new Set(stored.map(({ value: { wave } }) => wave)).size).toBe(2);
  });

  test('are one alert that is over once all of them are good again and none has come for five minutes', async () => {
    const world = await attacked('alert');
    for (const key of keys) await world.as('owner').enable(VAULT, key);
    await world.pass(200, 10);
    expect(ofWave(world).filter(({ event }) => event === 'resolved')).toEqual([]);
    await world.pass(300, 10);
    const last = ofWave(world).at(-1);
    expect(last?.event).toBe('resolved');
    expect(last?.incident.summary).toContain('7 version-disabled, 7 of them good again.');
    expect(await openIn(world)).toBe(0);
    await world.pass(120, 10);
    expect((await world.ports.tables.schedule.list('waves')).stored).toEqual([]);
  });

  test('that the guardian undoes say so in the end', async () => {
    const world = await attacked('block');
    await world.pass(500, 10);
    const last = ofWave(world).at(-1);
    expect(last && firstLine(last, new Date())).toMatch(/^resolved: prod-disks: restored after /);
    // Each of the five is one message, that it was undone, and the others are the wave.
    expect(ofKeys(world).map(({ event }) => event)).toEqual(Array(5).fill('resolved'));
    expect(ofWave(world).length).toBeLessThanOrEqual(3);
  });

  test('are over in time where a clock was an hour ahead that noted them', async () => {
    const world = await attacked('block');
    const { waves } = world.ports.tables;
    const ahead = new Date(Date.now() + 3_600_000);
    const stored = await waves.get('waves', VAULT);
    if (stored?.value.wave === undefined) throw new Error('There is a wave.');
    const { recent, wave } = stored.value;
    await waves.put('waves', VAULT, {
      recent: recent.map((one) => ({ ...one, at: ahead })),
      wave: { ...wave, alertedAt: ahead },
    });
    await world.pass(500, 10);
    expect(ofWave(world).at(-1)?.event).toBe('resolved');
  });

  test('that come after a wave is over are alerted by themselves again', async () => {
    const world = await attacked('block');
    await world.pass(500, 10);
    const before = ofKeys(world).length;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 10);
    expect(
      ofKeys(world)
        .slice(before)
        .map(({ event }) => event),
    ).toEqual(['resolved']);
  });

  test('of which nobody acknowledges the wave are escalated once, by their wave', async () => {
    const world = await attacked('alert');
    await world.pass(900, 30);
    const escalated = (await world.ports.tables.incidents.list()).stored.filter(
      ({ value: { escalated } }) => escalated !== undefined,
    );
    expect(escalated.map(({ value: { kind } }) => kind).toSorted()).toEqual([
      ...Array<string>(5).fill('version-disabled'),
      'wave',
    ]);
  });

  test('are counted anew where their row cannot be read, and people are alerted of each', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    await world.sentry();
    await world.tables.vaults.put('waves', VAULT, { recent: 'nonsense' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 10);
    expect(ofKeys(world)).toHaveLength(1);
  });
});

describe('after a wave', () => {
  const draft = (key: string): IncidentDraft => ({
    ...{ kind: 'version-disabled', severity: 'critical', audience: 'on-call', ends: 'with-an-inspection' },
    ...{ subject: keyOf({ vault: VAULT, key }), since: new Date(), summary: 'It is disabled.', judgement: 'seen' },
  });

  test('people are alerted of an incident of it that is found again as it was, once the wave is over', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    await world.sentry();
    const drafts = keys.map(draft);
    for (const one of drafts) await openIncident(one, world.ports);
    for (const stored of (await readIncidents(world.ports)).stored)
      if (stored.value.wave !== undefined) await resolveIncident(stored, 'good again', false, world.ports);
    await world.pass(500, 10);
    expect(ofWave(world).at(-1)?.event).toBe('resolved');
    const before = ofKeys(world).length;
    const last = drafts.at(-1);
    if (last !== undefined) await openIncident(last, world.ports);
    await world.settle();
    const again = ofKeys(world).slice(before);
    expect(again.map(({ event, incident: { subject, state } }) => [event, subject, state])).toEqual([
      ['changed', last?.subject, 'open'],
    ]);
  });

  test('what people do through the guardian while it lasts is alerted by itself, and no wave is made of it', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    const holds = keys.map((key) => ({ ...HOLD, vault: VAULT, key, id: key }));
    for (const hold of holds) await openIncident(holdSet.draft(hold), world.ports);
    for (const key of keys) await openIncident(draft(key), world.ports);
    for (const hold of holds) await openIncident(holdEnding.draft(hold), world.ports);
    await world.settle();
    expect(world.alerts.filter(({ incident: { kind } }) => kind === 'hold-set')).toHaveLength(12);
    expect(world.alerts.filter(({ incident: { kind } }) => kind === 'hold-ending')).toHaveLength(12);
    expect(ofKeys(world)).toHaveLength(5);
  });
});

describe('incidents on the keys of several vaults', () => {
  const seven = Array.from({ length: 7 }, (_, at) => `prod-${at}`);

  test('of which it becomes known that one identity did them, have one alert from the sixth on', async () => {
    const world = await createWorld({
      vaults: seven.map((name) => ({ name, keys: [seedKey('disk', [{}])] })),
      policy: { vaults: seven.map((name) => ({ name })) },
    });
    await world.sentry();
    for (const vault of seven) await world.as('attacker').disable(vault, 'disk');
    await world.pass(70, 10);
    expect(ofKeys(world).map(({ event }) => event)).toEqual(Array(7).fill('opened'));
    await world.pass(400, 30);
    await world.audit();
    expect(
      ofKeys(world)
        .slice(7)
        .map(({ event }) => event),
    ).toEqual(Array(5).fill('changed'));
    await world.pass(60, 30);
    const last = ofWave(world).at(-1)?.incident;
    const { oid = '' } = world.azure.identities.get('attacker') ?? {};
    expect(last).toMatchObject({ subject: { kind: 'actor', id: oid }, who: { oid }, severity: 'critical' });
    expect(last?.summary).toContain('2 version-disabled, 0 of them good again, 2 not: prod-');
    for (const vault of seven) await world.as('owner').enable(vault, 'disk');
    await world.pass(400, 10);
    expect(ofWave(world).at(-1)?.event).toBe('resolved');
    expect(ofKeys(world).filter(({ event }) => event === 'resolved')).toHaveLength(5);
    expect(await openIn(world)).toBe(0);
  });

  const ID = '0f0e0d0c-0000-4000-8000-000000000002';
  test.each<[string, Actor, own: readonly string[], joined: boolean]>([
    ['is known by its object id', { oid: ID, name: 'mallory' }, [], true],
    ['is known by the id of its application alone', { oid: 'unknown', appId: ID }, [], true],
    ['nothing but a name says', { oid: 'unknown', name: ID }, [], false],
    ['calls itself by no id', { oid: 'mallory', name: 'mallory' }, [], false],
    ['is the guardian itself', { oid: ID.toUpperCase() }, [ID], false],
  ])(
    'are a wave only by who has an id and is not the guardian, where who did them %s',
    async (_, who, ownObjectIds, joined) => {
      const { ports } = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
      const needs = { ...ports, settings: { ...ports.settings, ownObjectIds } };
      const waves = [];
      for (const vault of seven)
        waves.push(
          await joinActorsWave(
            { kind: 'version-disabled', audience: 'on-call', subject: keyOf({ vault, key: 'disk' }) },
            new Date(),
            who,
            needs,
          ),
        );
      expect(waves.map((wave) => wave !== undefined)).toEqual([...Array(5).fill(false), joined, joined]);
    },
  );
});

describe('a wave of keys that are to expire', () => {
  const eight = keys.slice(0, 8);

  async function expiring(): Promise<World> {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
    await world.sentry();
    await world.pass(300, 30);
    await expireIn(world, eight, 10);
    return world;
  }

  async function expireIn(world: World, some: readonly string[], days: number): Promise<void> {
    const expiry = new Date(Math.floor(later(world.ports.now(), days * DAY_MS).getTime() / 1000) * 1000);
    for (const key of some) await world.as('attacker').expire(VAULT, key, expiry);
    await world.pass(240, 30);
  }

  const wave = async (world: World) =>
    (await world.ports.tables.incidents.list()).stored
      .map(({ value }) => value)
      .find(({ kind, state }) => kind === 'wave' && state === 'open');
  const hoursLeft = async (world: World): Promise<number> =>
    (((await wave(world))?.deadline?.getTime() ?? 0) - world.ports.now().getTime()) / HOUR_MS;

  test('has the deadline of the nearest, and takes the word of who works on it for no less time', async () => {
    const world = await expiring();
    expect(await hoursLeft(world)).toBeGreaterThan(9 * 24);
    await acknowledgeIncident((await wave(world))?.id ?? '', { oid: 'a-person' }, world.ports);
    await expireIn(world, eight, -1);
    expect(await hoursLeft(world)).toBeLessThanOrEqual(1);
    expect((await wave(world))?.acknowledged).toBeUndefined();
  });

  test('has the later deadline again once what was nearer is good again', async () => {
    const world = await expiring();
    await world.as('attacker').disable(VAULT, 'disk-k');
    await world.pass(240, 30);
    expect(await hoursLeft(world)).toBeLessThanOrEqual(1);
    await world.as('owner').enable(VAULT, 'disk-k');
    await world.pass(240, 30);
    expect(await hoursLeft(world)).toBeGreaterThan(9 * 24);
  });
});
