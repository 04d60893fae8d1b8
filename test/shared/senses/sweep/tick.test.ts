import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import { type ScheduledMessage, scheduledMessage } from '../../../../shared/domain/schedule.ts';
import { GUARDIAN, spellSubject } from '../../../../shared/domain/subject.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { PolicyInvalid } from '../../../../shared/errors.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import type { Ports } from '../../../../shared/ports.ts';
import { tick, watch } from '../../../../shared/senses/sweep/tick.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { seedKey } from '../../../simulation/end-state.ts';
import { createWorld, type World, type WorldOptions } from '../../../simulation/world.ts';

const ONE = 'prod-disks';
const OTHER = 'other-disks';
const policy = { vaults: [{ name: ONE, mode: 'block' }, { name: OTHER }] };
const vaults = [
  { name: ONE, keys: [seedKey('disk-a', [{}])] },
  { name: OTHER, keys: [seedKey('disk-b', [{}])] },
];

beforeEach(() => stopAt());
afterEach(resetClock);

/** Two vaults whose sweeps have been running for two minutes. */
async function sweptWorld(more: Partial<WorldOptions> = {}): Promise<World> {
  const world = await createWorld({ vaults, policy, ...more });
  await world.sentry();
  await world.pass(120, 5);
  world.azure.clearLog();
  return world;
}

/** When the keys of a vault were listed, in seconds from now on. */
const sweepsOf = (world: World, vault: string): number =>
  world.azure.log.filter((each) => each.vault === vault && each.operation === 'list' && each.status === 200).length;

const alertsOf = (world: World, reason: string): readonly string[] =>
  world.alerts
    .filter(({ incident }) => incident.reason === reason)
    .map(({ event, incident }) => `${spellSubject(incident.subject)} ${event}`);

const incidentsOf = async (world: World) =>
  (await readIncidents(world.ports, GUARDIAN)).stored.map(({ value }) => value);

/** The ports of a world, with what its sweeps queue handed to `onSend` instead. */
const sending = ({ ports }: World, onSend: (message: ScheduledMessage, delaySeconds: number) => void): Ports => ({
  ...ports,
  get policy() {
    return ports.policy;
  },
  queues: { ...ports.queues, sweeps: { send: async (message, delaySeconds = 0) => onSend(message, delaySeconds) } },
});

/** The world's ports, under a policy that cannot be used. */
const withoutPolicy = ({ ports }: World, faults: readonly string[]): Ports =>
  Object.defineProperty({ ...ports }, 'policy', {
    get: () => {
      throw new PolicyInvalid('policy.json', faults);
    },
  });

describe('a chain of ticks', () => {
  test('sweeps each vault every minute while the timer is dead for good, and says so once', async () => {
    const world = await sweptWorld();
    world.killTimer();
    await world.pass(3_600, 5);
    expect(sweepsOf(world, ONE)).toBe(60);
    expect(sweepsOf(world, OTHER)).toBe(60);
    expect(alertsOf(world, 'sentry-silent')).toEqual(['Key Guardian opened']);
    expect(world.alerts).toHaveLength(1);

    await world.sentry();
    expect(alertsOf(world, 'sentry-silent')).toEqual(['Key Guardian opened', 'Key Guardian resolved']);
  });

  test('is started again by the other one, half a minute after its tick was lost', async () => {
    const world = await sweptWorld();
    world.killTimer();
    const { schedule } = world.ports.tables;
    // Its next tick finds a later generation noted: to the chain it is as if it had been lost.
    const before = await schedule.change('ticks', 'a', (standing) => {
      if (standing === undefined) throw new Error('There is no chain.');
      return { ...standing, generation: standing.generation + 5 };
    });
    await world.pass(85, 5);
    expect((await schedule.get('ticks', 'a'))?.value.generation).toBe(before.generation);
    await world.pass(5, 5);
    expect((await schedule.get('ticks', 'a'))?.value.generation).toBe(before.generation + 1);
    await world.pass(600, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(11);
    expect(world.poisoned).toEqual([]);
  });

  test('is started again by the very next tick of the other one, so that no two killed ticks 90 s apart end both', async () => {
    let isKilling = false;
    const world = await sweptWorld({
      onStep({ name, when }) {
        if (!isKilling || name !== 'sweeps.send' || when !== 'before') return;
        isKilling = false;
        throw new Error('the process is gone');
      },
    });
    world.killTimer();
    // From now on ticks come a fraction of a second after the full one.
    turnClock(600);
    await world.pass(120);
    for (const _ of [1, 2, 3]) {
      isKilling = true;
      await world.pass(90);
    }
    world.azure.clearLog();
    await world.pass(600);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(9);
  });

  test.each([
    [29.5, 1],
    [20, 1],
    [15, 1],
    [14, 0],
  ])('whose tick is %f s late by the clock of the other one: started again %i times', async (seconds, times) => {
    const world = await createWorld({ vaults, policy });
    const noted = { generation: 7, token: 'any', dueAt: later(new Date(), -seconds * 1_000) };
    await world.ports.tables.schedule.put('ticks', 'a', noted);
    const sent: ScheduledMessage[] = [];
    const ports = sending(world, (message) => sent.push(message));
    await tick({ kind: 'tick', chain: 'b', generation: 1, token: 'any' }, ports);
    expect(sent.filter((message) => message.kind === 'tick' && message.chain === 'a')).toHaveLength(times);
  });

  test('drops a tick that was delivered before, and the successor of one that was delivered twice at a time', async () => {
    const world = await sweptWorld();
    const noted = (await world.ports.tables.schedule.get('ticks', 'a'))?.value;
    const sent: ScheduledMessage[] = [];
    const ports = sending(world, (message) => sent.push(message));
    const message = {
      kind: 'tick',
      chain: 'a',
      generation: noted?.generation ?? 0,
      token: noted?.token ?? '',
    } as const;

    await tick({ ...message, generation: message.generation - 1 }, ports);
    await tick({ ...message, token: 'of another one' }, ports);
    expect(sent).toEqual([]);

    await Promise.all([tick(message, ports), tick(message, ports)]);
    const successors = sent.filter(({ kind }) => kind === 'tick');
    expect(successors).toHaveLength(2);
    for (const successor of successors) await tick(scheduledMessage.parse(successor) as typeof message, ports);
    expect(sent.filter(({ kind }) => kind === 'tick')).toHaveLength(3);
  });

  test('goes on while no table answers, and its messages are not tried again', async () => {
    let isAway = false;
    const world = await sweptWorld({
      onStorage(name) {
        if (isAway && !name.startsWith('sweeps.')) throw new Error('it is away');
      },
    });
    world.killTimer();
    isAway = true;
    await world.pass(600, 5);
    expect(sweepsOf(world, ONE)).toBe(0);
    isAway = false;
    await world.pass(60, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(1);
    expect(world.failures).toEqual([]);
  });

  test.each([
    ['a', 0, 60],
    ['a', 0.6, 60],
    ['a', 48, 12],
    ['a', 49, 71],
    ['b', 0, 30],
    ['b', 30, 60],
  ] as const)('%s that ticks %f s after the full minute ticks again %i s later', async (chain, seconds, again) => {
    const world = await createWorld({ vaults, policy });
    turnClock(seconds * 1_000);
    const delays: number[] = [];
    const ports = sending(world, ({ kind }, delaySeconds) => void (kind === 'tick' && delays.push(delaySeconds)));
    await tick({ kind: 'tick', chain, generation: 1, token: 'any' }, ports);
    expect(delays[0]).toBe(again);
  });
});

describe('sweeps', () => {
  test('of many vaults are queued in chunks of sixteen, half of them with each chain', async () => {
    const names = Array.from({ length: 70 }, (_, number) => `vault-${String(number).padStart(2, '0')}`);
    const world = await createWorld({
      vaults: names.map((name) => ({ name })),
      policy: { vaults: names.map((name) => ({ name })) },
    });
    await world.sentry();
    await world.pass(90, 5);
    const sent: { readonly second: number; readonly vaults: readonly string[] }[] = [];
    for (let second = 0; second < 60; second += 30) {
      const ports = sending(world, (message) => {
        if (message.kind === 'sweep') sent.push({ second, vaults: message.vaults });
      });
      turnClock(30_000);
      await watch(ports);
    }
    expect(sent.map(({ second, vaults: chunk }) => [second, chunk.length])).toEqual([
      [0, 16],
      [0, 16],
      [0, 6],
      [30, 16],
      [30, 16],
    ]);
    expect(sent.flatMap(({ vaults: chunk }) => chunk).toSorted()).toEqual(names);
  });

  test('are planned once, however many planners look at the same moment', async () => {
    const world = await sweptWorld();
    turnClock(MINUTE_MS);
    await Promise.all(Array.from({ length: 10 }, () => watch(world.ports)));
    await world.settle();
    expect([sweepsOf(world, ONE), sweepsOf(world, OTHER)]).toEqual([1, 1]);
  });

  test('whose planner ended before they were queued are planned by the next tick', async () => {
    const world = await sweptWorld();
    const ports = sending(world, ({ kind }) => {
      if (kind === 'sweep') throw new Error('the process is gone');
    });
    await world.pass(55, 5);
    turnClock(5_000);
    await expect(watch(ports)).rejects.toThrow('the process is gone');
    await world.settle();
    expect(sweepsOf(world, ONE)).toBe(0);
    await world.pass(30, 5);
    expect(sweepsOf(world, ONE)).toBe(1);
  });

  test.each([
    ['of a vault that the policy has just named begin with the next tick', { vaults: [{ name: OTHER }] }],
    ['of a vault that was moved to another chunk go on', { vaults: [{ name: ONE, mode: 'block' }] }],
  ])('%s', async (_, first) => {
    const world = await createWorld({ vaults, policy: first });
    await world.sentry();
    await world.pass(120, 5);
    world.changePolicy(policy);
    world.azure.clearLog();
    await world.pass(60, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(1);
    expect(sweepsOf(world, OTHER)).toBeGreaterThanOrEqual(1);
    expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
  });

  test('of every vault go on while a deployment replaces one policy with another, and each plans in turn', async () => {
    const names = Array.from({ length: 33 }, (_, number) => `vault-${String(number).padStart(2, '0')}`);
    const of = (some: readonly string[]) => ({ vaults: some.map((name) => ({ name })) });
    const world = await createWorld({ vaults: names.map((name) => ({ name })), policy: of(names.slice(1)) });
    await world.sentry();
    const sweptAt = new Map(names.map((name) => [name, [Date.now()]]));
    for (let turn = 0; turn < 20; turn += 1) {
      world.changePolicy(of(turn % 2 === 0 ? names : names.slice(1)));
      await world.pass(30, 5);
      for (const { vault = '', operation, at } of world.azure.log)
        if (operation === 'list') sweptAt.get(vault)?.push(at.getTime());
      world.azure.clearLog();
    }
    const gaps = [...sweptAt]
      .slice(1)
      .map(([, times]) => Math.max(...[...times, Date.now()].map((time, place) => time - (times[place - 1] ?? time))));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * MINUTE_MS);
    expect((await world.ports.tables.schedule.list('sweeps')).stored.length).toBeLessThanOrEqual(6);
    world.changePolicy(of(names));
    await world.pass(2 * 3_600, 15);
    expect((await world.ports.tables.schedule.list('sweeps')).stored.length).toBe(3);
  });

  test('of a vault that the policy names again after an hour make it a new one, and no blind one', async () => {
    const world = await sweptWorld();
    world.changePolicy({ vaults: [{ name: OTHER }] });
    await world.pass(3_600, 10);
    world.changePolicy(policy);
    world.azure.clearLog();
    await world.pass(60, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(1);
    expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
  });

  test('that a clock planned which was a day ahead are planned anew', async () => {
    const world = await sweptWorld();
    for (const { row } of (await world.ports.tables.schedule.list()).stored)
      await world.ports.tables.schedule.put(row.partition, row.row, {
        generation: 9,
        dueAt: later(new Date(), DAY_MS),
      });
    await world.pass(120, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(2);
    expect(alertsOf(world, 'sentry-silent')).toEqual([]);
  });

  test('are planned all the same where a row of their own cannot be read, which is quarantined', async () => {
    let isAway = true;
    const world = await sweptWorld({
      onStorage(name) {
        if (isAway && name.startsWith('quarantine.')) throw new Error('it is away');
      },
    });
    const unreadable = async (): Promise<void> => {
      for (const { row } of await world.tables.schedule.list('sweeps'))
        await world.tables.schedule.put('sweeps', row, { generation: 'no number' });
      await world.tables.schedule.put('ticks', 'a', 7);
      await world.tables.vaults.put('sweep', ONE, { startedGeneration: 'no number' });
    };
    await unreadable();
    await world.pass(60, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(1);
    isAway = false;
    await unreadable();
    await world.pass(120, 5);
    expect(sweepsOf(world, ONE)).toBeGreaterThanOrEqual(2);
    expect(await incidentsOf(world)).toMatchObject([{ reason: 'quarantined' }, { reason: 'quarantined' }]);
  });

  test('whose rows cannot be read are quarantined before they are removed, each even where another one cannot be', async () => {
    const calls: string[] = [];
    let failures = 0;
    const world = await sweptWorld({
      onStorage(name) {
        if (name === 'quarantine.create' && failures > 0) {
          failures -= 1;
          throw new Error('it is away');
        }
        calls.push(name);
      },
    });
    for (const { row } of await world.tables.schedule.list('sweeps'))
      await world.tables.schedule.put('sweeps', row, { generation: 'no number' });
    await world.tables.vaults.put('sweep', ONE, { startedGeneration: 'no number' });
    failures = 1;
    calls.splice(0);
    await expect(watch(world.ports)).rejects.toThrow('Storage failed: create');
    const removals = ['schedule.remove', 'vaults.remove'];
    const steps = calls.filter((name) => name === 'quarantine.create' || removals.includes(name));
    expect(steps).toEqual(['quarantine.create', ...removals]);
  });

  test('of the other vaults go on, and then somebody is told, where one of them cannot be alerted of', async () => {
    let isAway = false;
    const world = await sweptWorld({
      onStorage(name) {
        if (isAway && name === 'outbox.insert') throw new Error('it is away');
      },
    });
    world.killTimer();
    turnClock(60 * MINUTE_MS);
    isAway = true;
    await expect(watch(world.ports)).rejects.toThrow('failed');
    await world.settle();
    expect([sweepsOf(world, ONE), sweepsOf(world, OTHER)]).toEqual([1, 1]);
  });
});

describe('a vault whose sweeps do not begin', () => {
  /** Turns the clock by so many minutes and lets the sentry look, while nobody takes the messages. */
  async function withoutSweeps(world: World, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      turnClock(MINUTE_MS);
      await watch(world.ports);
    }
  }
  const tomorrow = (): Date => later(new Date(), DAY_MS);
  const blind = async (world: World) =>
    (await world.incidents(ONE)).filter(({ reason }) => reason === 'vault-unreadable');

  test('is blind: told three minutes after its last good sweep, and good again with the next', async () => {
    const world = await sweptWorld();
    const last = Date.now();
    await withoutSweeps(world, 2);
    expect(await blind(world)).toEqual([]);
    await withoutSweeps(world, 1);
    const [incident] = await blind(world);
    expect(incident).toMatchObject({ state: 'open', severity: 'critical', since: new Date(last) });
    expect(incident?.summary).toContain('sweeps are scheduled and do not begin');
    await withoutSweeps(world, 30);
    expect(await blind(world)).toHaveLength(1);

    await world.settle();
    expect(await blind(world)).toMatchObject([{ state: 'resolved' }]);
  });

  test('is told after two minutes and no sooner, however often it is to be swept', async () => {
    const world = await sweptWorld({ sweepEverySeconds: 2 });
    turnClock(2 * MINUTE_MS - 1);
    await watch(world.ports);
    expect(await blind(world)).toEqual([]);
    turnClock(6_000);
    await watch(world.ports);
    expect(await blind(world)).toMatchObject([{ state: 'open' }]);
  });

  test('for want of a token is no incident of its own: one token serves all vaults, and its lack is one incident', async () => {
    const world = await sweptWorld();
    const { sweeps } = world.ports.tables;
    for (const vault of [ONE, OTHER]) {
      const stored = await sweeps.get('sweep', vault);
      if (stored === undefined) throw new Error(`${vault} was swept.`);
      await sweeps.replace(stored, { ...stored.value, failing: { since: new Date(), because: 'no-token' } });
    }
    const ofToken = async () =>
      (await readIncidents(world.ports, GUARDIAN)).stored
        .map(({ value }) => value)
        .filter(({ reason }) => reason === 'no-token');
    await withoutSweeps(world, 2);
    expect(await ofToken()).toEqual([]);
    await withoutSweeps(world, 10);
    expect(await ofToken()).toMatchObject([{ kind: 'guardian-blind', state: 'open', severity: 'critical' }]);
    expect(await blind(world)).toEqual([]);

    await world.settle();
    await watch(world.ports);
    expect(await ofToken()).toMatchObject([{ state: 'resolved', judgement: 'it gets a token again' }]);
    await world.settle();
    expect(alertsOf(world, 'no-token')).toEqual(['Key Guardian opened', 'Key Guardian resolved']);
  });

  test('is blind as well where it was never swept', async () => {
    const world = await createWorld({ vaults, policy });
    await watch(world.ports);
    await withoutSweeps(world, 3);
    expect(await blind(world)).toMatchObject([{ state: 'open' }]);
  });

  test.each([
    ['a clock a day ahead noted its last good sweep', (standing: object) => ({ ...standing, lastGoodAt: tomorrow() })],
    ['a clock a day ahead scheduled it, and it was never swept', () => ({ addedAt: tomorrow() })],
    ['its row holds nothing', () => ({})],
  ])('is blind as well where %s', async (_, changed) => {
    const world = await sweptWorld();
    const standing = await world.tables.vaults.get('sweep', ONE);
    await world.tables.vaults.put('sweep', ONE, changed(Object(standing?.data)));
    await withoutSweeps(world, 4);
    expect(await blind(world)).toMatchObject([{ state: 'open' }]);
  });
});

describe('a vault that was never swept well', () => {
  test('is blind as well where a clock a day ahead noted when it was first scheduled', async () => {
    const world = await createWorld({ vaults, policy });
    await watch(world.ports);
    const failing = { since: new Date(), because: 'the vault does not answer' };
    await world.ports.tables.sweeps.change('sweep', ONE, (standing) => {
      if (standing === undefined) throw new Error('The vault was not scheduled.');
      return { ...standing, addedAt: later(new Date(), DAY_MS), failing };
    });
    for (let minute = 0; minute < 3; minute += 1) {
      turnClock(MINUTE_MS);
      await watch(world.ports);
    }
    const [incident] = await world.incidents(ONE);
    expect(incident).toMatchObject({ reason: 'vault-unreadable', state: 'open', since: failing.since });
  });
});

describe('a policy that cannot be used', () => {
  test.each([
    [20, 'vaults[19].name: not the name of a key vault.'],
    [1_000, 'vaults[19].name: not the name of a key vault; and 980 more: "npm run build" lists all.'],
  ])('with %i faults is told, the first twenty by name', async (count, ends) => {
    const world = await createWorld({ vaults, policy });
    const faults = Array.from({ length: count }, (_, number) => `vaults[${number}].name: not the name of a key vault`);
    await expect(watch(withoutPolicy(world, faults))).rejects.toThrow(PolicyInvalid);
    await world.settle();
    expect(world.alerts).toMatchObject([
      { event: 'opened', incident: { kind: 'guardian-blind', reason: 'policy-invalid' } },
    ]);
    expect(world.alerts[0]?.incident.summary.endsWith(ends)).toBe(true);
  });

  test('keeps no alert from being sent that no message woke a sender for', async () => {
    let isAway = true;
    const world = await createWorld({
      vaults,
      policy: { vaults: [{ name: ONE }] },
      onStorage(name) {
        if (isAway && name === 'alerts.send') throw new Error('it is away');
      },
    });
    await world.as('attacker').disable(ONE, 'disk-a');
    await world.wake(ONE, 'disk-a');
    expect(world.alerts).toEqual([]);
    isAway = false;
    await expect(watch(withoutPolicy(world, ['it is empty']))).rejects.toThrow(PolicyInvalid);
    await world.settle();
    expect(world.alerts.map(({ incident: { kind, reason } }) => reason ?? kind)).toContain('policy-invalid');
    expect(world.alerts.map(({ incident: { kind } }) => kind)).toContain('version-disabled');
  });
});
