import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import type { SweepState } from '../../../../shared/domain/register.ts';
import { GUARDIAN, spellSubject } from '../../../../shared/domain/subject.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import { helpSentry, keepSweeping } from '../../../../shared/senses/sweep/schedule.ts';
import { watch } from '../../../../shared/senses/sweep/sentry.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { seedKey } from '../../../simulation/end-state.ts';
import { createWorld, type World, type WorldOptions } from '../../../simulation/world.ts';

const LOST = 'prod-disks';
const OTHER = 'other-disks';
const policy = { vaults: [{ name: LOST, mode: 'block' }, { name: OTHER }] };
const vaults = [
  { name: LOST, keys: [seedKey('disk-a', [{}])] },
  { name: OTHER, keys: [seedKey('disk-b', [{}])] },
];

beforeEach(() => stopAt());
afterEach(resetClock);

/** Two vaults that are swept; the next message of the first is lost on its way. */
async function worldWithALostMessage(more: Partial<WorldOptions> = {}): Promise<World> {
  const world = await createWorld({ vaults, policy, ...more });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(65, 5);
  // The next message of this chain finds another one in its place: to the chain it is as if it had been lost.
  await world.ports.tables.sweeps.change('sweep', LOST, (standing) => {
    if (standing === undefined) throw new Error('The vault is not swept.');
    return { ...standing, token: 'lost on its way' };
  });
  world.azure.clearLog();
  return world;
}

/** As if the vault's next sweep were scheduled for then, and its message lost. */
const scheduledFor = (dueAt: Date, { ports }: World): Promise<unknown> =>
  ports.tables.sweeps.put('sweep', LOST, {
    token: 'lost on its way',
    dueAt,
    differing: {},
    policies: [],
  } satisfies SweepState);

const sweepsOf = (world: World, vault: string): number =>
  world.azure.log.filter((each) => each.vault === vault && each.operation === 'list' && each.status === 200).length;

const silent = (world: World): readonly string[] =>
  world.alerts
    .filter(({ incident }) => incident.reason === 'sentry-silent')
    .map(({ event, incident }) => `${spellSubject(incident.subject)} ${event}`);

describe('a message that is lost', () => {
  test('is scheduled again by the sentry once no sweep has run for 90 seconds, and not before', async () => {
    const world = await worldWithALostMessage();
    await world.pass(80, 5);
    await world.sentry();
    expect(sweepsOf(world, LOST)).toBe(0);
    await world.pass(10, 5);
    await world.sentry();
    expect(sweepsOf(world, LOST)).toBe(1);
    await world.pass(60, 5);
    expect(sweepsOf(world, LOST)).toBe(2);
    expect(silent(world)).toEqual([]);
  });

  test('is scheduled by any other function while the timer is dead, within three minutes of the last sweep, which says so', async () => {
    const world = await worldWithALostMessage();
    await world.pass(105, 5);
    expect(sweepsOf(world, LOST)).toBe(0);
    expect(silent(world)).toEqual([]);
    // The sweeps of the other vault are the only thing that still runs.
    await world.pass(70, 5);
    expect(sweepsOf(world, LOST)).toBeGreaterThan(0);
    expect(silent(world)).toEqual([`${LOST} opened`]);
    const [incident] = await world.incidents(LOST);
    expect(incident).toMatchObject({
      kind: 'guardian-unwell',
      reason: 'sentry-silent',
      state: 'open',
      severity: 'warning',
    });
    expect(incident?.summary).toContain('sweep scheduled');
    await world.pass(600, 10);
    expect(silent(world)).toEqual([`${LOST} opened`]);

    await world.sentry();
    expect(silent(world)).toEqual([`${LOST} opened`, `${LOST} resolved`]);
    expect(await world.incidents(LOST)).toMatchObject([
      { kind: 'guardian-unwell', reason: 'sentry-silent', state: 'resolved' },
    ]);
  });

  test('is scheduled once, however many instances look at the same moment', async () => {
    const world = await worldWithALostMessage();
    await world.pass(95, 5);
    world.azure.clearLog();
    await Promise.all(Array.from({ length: 10 }, () => keepSweeping('sentry', world.ports)));
    await world.settle();
    expect(sweepsOf(world, LOST)).toBe(1);
  });
});

describe('any function', () => {
  test('schedules a vault that the policy has just named while the timer is dead, and has nothing to say of it', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: LOST, mode: 'block' }] } });
    await world.sentry();
    world.changePolicy(policy);
    await world.pass(60, 5);
    // The first of a vault lists it for its baseline as well.
    expect(sweepsOf(world, OTHER)).toBe(2);
    expect(silent(world)).toEqual([]);
  });

  test('that has done its own work does not fail where only the scheduling cannot be done', async () => {
    const away = new Set<string>();
    const world = await createWorld({
      vaults,
      policy,
      onStorage(name) {
        if (away.has(name)) throw new Error('it is away');
      },
    });
    await world.sentry();
    for (const place of ['vaults.list', 'sweeps.send', 'alerts.send', 'incidents.list']) {
      turnClock(5 * MINUTE_MS);
      away.add(place);
      await helpSentry('alert', world.ports);
      away.clear();
    }
    away.add('vaults.list');
    await expect(keepSweeping('sentry', world.ports)).rejects.toThrow();
  });
});

describe('the sentry', () => {
  test('schedules each vault at its first look, and lets those be that are on their way', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    await world.sentry();
    expect(sweepsOf(world, LOST)).toBe(1);
    expect(sweepsOf(world, OTHER)).toBe(1);
  });

  test('schedules a vault that the policy has just named', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: LOST, mode: 'block' }] } });
    await world.sentry();
    world.changePolicy(policy);
    await world.pass(60, 5);
    await world.sentry();
    // The first of a vault lists it for its baseline as well.
    expect(sweepsOf(world, OTHER)).toBe(2);
  });

  test('schedules all vaults that are overdue, and then fails, where nobody can be told', async () => {
    const names = Array.from({ length: 30 }, (_, number) => `vault-${number}`);
    let away = false;
    const world = await createWorld({
      vaults: names.map((name) => ({ name })),
      policy: { vaults: names.map((name) => ({ name })) },
      onStorage(name) {
        if (away && name === 'alerts.send') throw new Error('it is away');
      },
    });
    await world.sentry();
    turnClock(60 * MINUTE_MS);
    away = true;
    world.azure.clearLog();
    await expect(watch(world.ports)).rejects.toThrow('30 of 30 failed');
    await world.settle();
    expect(names.filter((name) => sweepsOf(world, name) === 0)).toEqual([]);
  });

  test('schedules the others, and then fails, where one cannot be scheduled', async () => {
    const world = await createWorld({ vaults, policy });
    const { sweeps } = world.ports.queues;
    const send: typeof sweeps.send = async (message) => {
      if (message.vault === LOST) throw new Error('it is away');
      await sweeps.send(message);
    };
    const ports = { ...world.ports, queues: { ...world.ports.queues, sweeps: { send } } };
    await expect(keepSweeping('sentry', ports)).rejects.toThrow('it is away');
    await world.settle();
    expect(sweepsOf(world, OTHER)).toBe(1);
  });

  test('forgets how a vault was swept that the policy does not name any more: named again, it is no blind one', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    world.changePolicy({ vaults: [{ name: OTHER }] });
    await world.pass(60, 5);
    await world.sentry();
    await world.pass(600, 10);
    world.changePolicy(policy);
    world.azure.clearLog();
    await world.sentry();
    expect(sweepsOf(world, LOST)).toBe(1);
    expect(world.alerts.map(({ incident }) => incident.reason)).not.toContain('vault-unreadable');
  });

  test.each([
    ['as far ahead as twice the longest interval', 600, 0],
    ['farther ahead', 601, 1],
  ])(
    'takes a sweep that is due farther ahead than any setting lets it be for one that a wrong clock scheduled: %s',
    async (_, seconds, scheduled) => {
      stopAt();
      const world = await createWorld({ vaults, policy });
      await scheduledFor(later(new Date(), seconds * 1_000), world);
      await world.sentry();
      expect(sweepsOf(world, LOST)).toBe(scheduled);
    },
  );

  test('that ends anywhere on its way loses no vault: the next minute makes up for it', async () => {
    for (let endAt = 1; endAt <= 8; endAt += 1) {
      stopAt();
      let calls = 0;
      const world = await createWorld({
        vaults,
        policy,
        onStorage() {
          calls += 1;
          if (calls === endAt) throw new Error('the storage is away');
        },
        baseline: false,
      });
      calls = 0;
      await keepSweeping('sentry', world.ports).catch(() => undefined);
      calls = Number.NEGATIVE_INFINITY;
      await world.pass(95, 5);
      await world.sentry();
      expect([sweepsOf(world, LOST), sweepsOf(world, OTHER)]).toEqual([
        expect.toSatisfy((sweeps: number) => sweeps > 0),
        expect.toSatisfy((sweeps: number) => sweeps > 0),
      ]);
    }
  });

  test('quarantines a row of its own that cannot be read, schedules that vault anew and no other', async () => {
    const world = await worldWithALostMessage();
    await world.tables.vaults.put('sweep', LOST, { token: 7 });
    await world.sentry();
    expect(sweepsOf(world, LOST)).toBe(1);
    expect(sweepsOf(world, OTHER)).toBe(0);
    const { stored } = await readIncidents(world.ports, GUARDIAN);
    expect(stored.map(({ value }) => value)).toMatchObject([{ reason: 'quarantined', state: 'open' }]);
  });

  test('schedules all the same where a row that cannot be read cannot be quarantined', async () => {
    let away = false;
    const world = await worldWithALostMessage({
      onStorage(name) {
        if (away && name.startsWith('quarantine.')) throw new Error('it is away');
      },
    });
    await world.tables.vaults.put('sweep', OTHER, { token: 7 });
    turnClock(90_000);
    world.azure.clearLog();
    away = true;
    await expect(keepSweeping('sentry', world.ports)).rejects.toThrow();
    await world.settle();
    expect([sweepsOf(world, LOST), sweepsOf(world, OTHER)]).toEqual([1, 1]);
  });
});

describe('sweeps that are scheduled and do not begin', () => {
  /** Turns the clock by so many minutes and lets the sentry look, while nobody takes the messages of the sweeps. */
  async function withoutSweeps(world: World, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      turnClock(MINUTE_MS);
      await watch(world.ports);
    }
  }
  const blind = async (world: World) =>
    (await world.incidents(LOST)).filter(({ reason }) => reason === 'vault-unreadable');

  test('leave a vault blind: told within four minutes of the last sweep, since when it was due, and good again with the next', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    const last = Date.now();
    await withoutSweeps(world, 2);
    expect(await blind(world)).toEqual([]);
    await withoutSweeps(world, 2);
    const [incident] = await blind(world);
    expect(incident).toMatchObject({ state: 'open', severity: 'critical' });
    expect(incident?.summary).toContain('sweeps are scheduled and do not begin');
    expect(incident?.since.getTime()).toBeCloseTo(last + MINUTE_MS, -3);
    await withoutSweeps(world, 30);
    expect(await blind(world)).toHaveLength(1);

    await world.settle();
    expect(await blind(world)).toMatchObject([{ state: 'resolved' }]);
    await world.pass(600, 5);
    expect(
      world.alerts.filter(({ incident: { reason } }) => reason === 'vault-unreadable').map(({ event }) => event),
    ).toEqual(['opened', 'opened', 'resolved', 'resolved']);
  });

  test('leave a vault blind as well where the last was scheduled by a clock that was a day ahead', async () => {
    const world = await createWorld({ vaults, policy });
    await scheduledFor(later(new Date(), DAY_MS), world);
    await watch(world.ports);
    await withoutSweeps(world, 4);
    expect(await blind(world)).toMatchObject([{ state: 'open' }]);
  });

  test('are told of by whoever looks where everything stood still for an hour', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    turnClock(60 * MINUTE_MS);
    await world.sentry();
    expect(await blind(world)).toMatchObject([{ state: 'resolved' }]);
    expect(
      world.alerts.map(({ incident: { reason, subject }, event }) => `${spellSubject(subject)} ${reason} ${event}`),
    ).toEqual(expect.arrayContaining([`${LOST} vault-unreadable opened`, `${LOST} vault-unreadable resolved`]));
  });
});
