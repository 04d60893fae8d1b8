import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { oidOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const inMode = (mode: 'alert' | 'block') => ({ vaults: [{ name: VAULT, mode }] });
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}]), seedKey('disk-b', [{}])] }];
const start = new Date(MONDAY);

const guardian = (): Promise<World> => createWorld({ vaults, policy: inMode('block') });
const isUsable = (world: World): boolean => {
  const state = world.azure.state(VAULT, 'disk-a');
  return state.kind === 'present' && state.versions.every(({ enabled }) => enabled);
};
const incidents = (world: World) => world.incidents(VAULT, 'disk-a');
const flapping = async (world: World) => (await incidents(world)).filter(({ kind }) => kind === 'key-flapping');
const alertsOf = (world: World, kind: string) =>
  world.alerts.filter(({ incident }) => incident.kind === kind).map(({ event }) => event);
/** When each of the guardian's writes happened, in seconds after the start. */
const writtenAt = (world: World): readonly number[] =>
  world.azure.log
    .filter(({ identity, changed }) => identity === 'keeper' && changed)
    .map(({ at }) => (at.getTime() - start.getTime()) / 1000);

/** Makes the key unusable and lets the guardian inspect it, as often as there are waits; each wait follows, in seconds. */
async function attack(world: World, waitsSeconds: readonly number[], act: 'disable' | 'delete' = 'disable') {
  for (const wait of waitsSeconds) {
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    await world.pass(wait);
  }
}

/** Seconds until the key is usable again, with nothing to wake the guardian but its own clock. */
async function secondsUntilUsable(world: World): Promise<number> {
  for (let passed = 0; passed < 120; passed += 1) {
    if (isUsable(world)) return passed;
    await world.pass(1);
  }
  return Number.POSITIVE_INFINITY;
}

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each(['disable', 'delete'] as const)('a key that is made unusable again and again (%s)', (act) => {
  const own = { disable: 'version-disabled', delete: 'key-deleted' }[act];

  test('is not flapping after two acts: each is undone at once, and is an incident of its own', async () => {
    const world = await guardian();
    await attack(world, [10, 10], act);
    expect(writtenAt(world)).toEqual([0, 10]);
    expect(await flapping(world)).toEqual([]);
    expect(alertsOf(world, own)).toEqual(['resolved', 'resolved']);
  });

  test('is flapping with the third within an hour: undone at once, and one incident with the first act’s deadline', async () => {
    const world = await guardian();
    await attack(world, [10, 10, 0], act);
    expect(writtenAt(world)).toEqual([0, 10, 20]);
    expect(isUsable(world)).toBe(true);
    expect(await flapping(world)).toMatchObject([
      {
        severity: 'critical',
        audience: 'on-call',
        state: 'open',
        since: start,
        deadline: later(start, HOUR_MS),
        judgement: 'not holding: restored each time, and changed again; whoever is on call has to stop that, now',
      },
    ]);
    expect(alertsOf(world, own)).toEqual(['resolved', 'resolved']);
    expect(alertsOf(world, 'key-flapping')).toEqual(['opened']);
  });

  test('is undone within 10 s from then on, with nobody to tell of the act, for an hour after the last', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0], act);
    for (const minutes of [1, 10, 30, 59]) {
      await world.pass(minutes * 60 + 7, 1);
      await world.as('attacker')[act](VAULT, 'disk-a');
      expect(await secondsUntilUsable(world)).toBeLessThanOrEqual(10);
    }
  });
});

const openBesideHolds = async (world: World) =>
  (await incidents(world)).filter(({ state, kind }) => state === 'open' && kind !== 'hold-set');

describe('a flapping key', () => {
  test('says how a responder stops the guardian, and has the commands for it and for finding whose rights allow it', async () => {
    const world = await guardian();
    await attack(world, [10, 10, 0]);
    const [before] = await flapping(world);
    expect(before?.summary).toContain('First ask whether a responder of your own does this: if so, set a hold;');
    expect(before?.summary).toMatch(/ was changed three times within an hour, and restored each time\./);
    expect(before?.commands).toEqual([
      'key-guardian hold set prod-disks/disk-a --why "…"  # if a responder of your own does this: then nothing is restored',
      'az role assignment list --scope $(az keyvault show --name prod-disks --query id --output tsv) --include-inherited --output table  # if not: what lets them do it, to be taken away',
    ]);
    await world.audit();
    await world.pass(10);
    await attack(world, [0]);
    const [after] = await flapping(world);
    expect(after?.who).toMatchObject({ oid: oidOf(world, 'attacker') });
    expect(after?.commands[1]).toContain(
      `--include-inherited --include-groups --assignee ${oidOf(world, 'attacker')} --output table`,
    );
  });

  test('names who does it once the audit log tells', async () => {
    const world = await guardian();
    await attack(world, [10, 10, 60]);
    expect((await flapping(world))[0]?.who).toBeUndefined();
    await world.audit();
    expect((await flapping(world))[0]?.who?.oid).toBe(oidOf(world, 'attacker'));
  });

  test('is inspected every 10 s for an hour after the third act, and by sweeps alone after that', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0]);
    world.azure.clearLog();
    await world.pass(3700, 1);
    const readAt = world.azure.log
      .filter(({ operation, key, identity }) => identity === 'watcher' && operation === 'get' && key === 'disk-a')
      .map(({ at }) => (at.getTime() - start.getTime()) / 1000);
    const gaps = readAt.slice(1).map((at, place) => at - (readAt[place] ?? 0));
    const last = readAt.at(-1) ?? 0;
    expect(Math.max(...gaps.slice(0, -1))).toBeLessThanOrEqual(10);
    expect(last).toBeGreaterThanOrEqual(3600);
    expect(last).toBeLessThanOrEqual(3660);
  });

  test('that is fought over for more than an hour is undone each time, under one incident whose deadline stays', async () => {
    const world = await guardian();
    await world.sentry();
    let done = 0;
    for (let passed = 0; passed < 65 * 60; passed += 40) {
      expect(isUsable(world)).toBe(true);
      await world.as('attacker').disable(VAULT, 'disk-a');
      done += 1;
      if (done <= 3) await world.wake(VAULT, 'disk-a');
      await world.pass(40, 10);
      if (passed % 400 === 0) await world.audit();
    }
    expect(world.changes()).toBe(done);
    const told = world.alerts.filter(({ incident }) => incident.kind === 'key-flapping');
    const [{ incident: first } = { incident: undefined }] = told;
    expect(await flapping(world)).toMatchObject([
      { id: first?.id, state: 'open', since: first?.since, deadline: first?.deadline },
    ]);
    expect(first?.since.getTime()).toBeLessThan(later(start, MINUTE_MS).getTime());
    expect(first?.deadline).toEqual(later(first?.since ?? start, HOUR_MS));
    expect(told.filter(({ event }) => event === 'opened')).toHaveLength(1);
    // The name, and the command with it, may come later than the page; nobody acknowledges it.
    expect(told.filter(({ incident }) => incident.escalated === undefined).length).toBeLessThanOrEqual(3);
    expect(told.at(-1)?.incident.escalated).toBe(3);
    expect(alertsOf(world, 'version-disabled').filter((event) => event === 'resolved')).toHaveLength(2);
  }, 60_000);

  test('ends after ten unbroken minutes in which it stayed usable, not before', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0]);
    await world.pass(9 * 60);
    await attack(world, [0]);
    await world.pass(10 * 60 - 1);
    expect(await flapping(world)).toMatchObject([{ state: 'open' }]);
    await world.pass(11);
    expect(await flapping(world)).toMatchObject([
      { state: 'resolved', judgement: 'holding for ten minutes', restoredAt: expect.any(Date) },
    ]);
    // A quarter of an hour after the third act nobody had acknowledged it.
    expect(alertsOf(world, 'key-flapping')).toEqual(['opened', 'changed', 'resolved']);
  });

  test('that held and is made unusable again within the hour is a new incident, with its own deadline', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0]);
    await world.pass(11 * 60);
    const again = new Date();
    await attack(world, [0]);
    expect(isUsable(world)).toBe(true);
    const told = (await flapping(world)).toSorted((one, other) => one.since.getTime() - other.since.getTime());
    expect(told).toMatchObject([
      { state: 'resolved', since: start },
      { state: 'open', since: again, deadline: later(again, HOUR_MS) },
    ]);
    expect(alertsOf(world, 'version-disabled')).toHaveLength(2);
  });

  test('ends ten minutes after its last act also where the acts before it are more than an hour ago by then', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [50 * 60, 9 * 60, 60]);
    expect(await flapping(world)).toMatchObject([{ state: 'open', since: later(start, 50 * MINUTE_MS) }]);
    await world.pass(8 * 60);
    expect(await flapping(world)).toMatchObject([{ state: 'open' }]);
    await world.pass(2 * 60);
    expect(await flapping(world)).toMatchObject([{ state: 'resolved' }]);
    // Nobody goes on asking after that.
    world.azure.clearLog();
    await world.pass(30 * 60, 10);
    expect(world.azure.log.filter(({ operation }) => operation === 'get').length).toBeLessThanOrEqual(1);
  });

  test('is undone every time also where nobody is told that it holds in between', async () => {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0]);
    await world.pass(3600 + 120, 10);
    expect(await flapping(world)).toMatchObject([{ state: 'resolved' }]);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    expect(isUsable(world)).toBe(true);
    expect(await flapping(world)).toHaveLength(1);
    expect(alertsOf(world, 'version-disabled').at(-1)).toBe('resolved');
  });
});

describe('a key is not flapping', () => {
  test('by three acts of which the first is more than an hour ago', async () => {
    const world = await guardian();
    await attack(world, [1800, 1810, 5]);
    expect(writtenAt(world)).toEqual([0, 1800, 3610]);
    expect(await flapping(world)).toEqual([]);
  });

  test('by acts on three versions, one each', async () => {
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}, {}])] }],
      policy: inMode('block'),
    });
    const state = world.azure.state(VAULT, 'disk-a');
    for (const { version } of state.kind === 'present' ? state.versions : []) {
      await world.as('attacker').disable(VAULT, 'disk-a', version);
      await world.wake(VAULT, 'disk-a');
      await world.pass(10);
    }
    expect(world.changes()).toBe(3);
    expect(await flapping(world)).toEqual([]);
  });

  test('in alert, where nothing is undone: each act is an incident of its own', async () => {
    const world = await createWorld({ vaults, policy: inMode('alert') });
    for (let time = 0; time < 4; time += 1) {
      await attack(world, [10]);
      await world.as('owner').enable(VAULT, 'disk-a');
      await world.wake(VAULT, 'disk-a');
      await world.pass(10);
    }
    expect(await flapping(world)).toEqual([]);
    expect(alertsOf(world, 'version-disabled')).toHaveLength(8);
  });

  test('under a hold: what is done then is an incident of its own, and is left', async () => {
    const world = await guardian();
    await attack(world, [10, 10]);
    await world.hold({ vault: VAULT, key: 'disk-a' });
    await attack(world, [300]);
    expect(isUsable(world)).toBe(false);
    expect(world.changes()).toBe(2);
    expect(await flapping(world)).toEqual([]);
    expect(await openBesideHolds(world)).toMatchObject([
      {
        kind: 'version-disabled',
        judgement: 'withheld: hold',
        commands: ['key-guardian restore prod-disks/disk-a', expect.stringContaining(' --act disable ')],
      },
    ]);
  });
});

describe('a hold on a flapping key', () => {
  async function heldWhileUnusable(): Promise<World> {
    const world = await guardian();
    await world.sentry();
    await attack(world, [10, 10, 0]);
    await world.hold({ vault: VAULT, key: 'disk-a' });
    await attack(world, [5]);
    return world;
  }

  test('is heeded: it is left as it is, and is not said to hold while it is unusable', async () => {
    const world = await heldWhileUnusable();
    await world.pass(30 * 60, 10);
    expect(isUsable(world)).toBe(false);
    expect(world.changes()).toBe(3);
    const open = (await openBesideHolds(world)).map(({ kind }) => kind);
    expect(open.toSorted()).toEqual(['key-flapping', 'version-disabled']);
    const told = world.alerts.filter(({ incident }) => incident.kind === 'key-flapping');
    expect(told.map(({ incident: { escalated } }) => escalated)).toEqual([undefined, 1, 2]);
  });

  test('ends its incident once a person has made it usable again', async () => {
    const world = await heldWhileUnusable();
    await world.pass(30 * 60, 10);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(12 * 60, 10);
    expect(await openBesideHolds(world)).toEqual([]);
  });
});

test('acts on other versions keep no version of a flapping key down for longer than 10 s', async () => {
  const versions = Array.from({ length: 30 }, () => ({}));
  const world = await createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', versions)] }],
    policy: inMode('block'),
  });
  await attack(world, [5, 5, 61]);
  await world.as('attacker').disable(VAULT, 'disk-a');
  const state = world.azure.state(VAULT, 'disk-a');
  for (const { version } of state.kind === 'present' ? state.versions.slice(0, 10) : []) {
    await world.as('attacker').disable(VAULT, 'disk-a', version);
    await world.pass(20);
    expect(isUsable(world)).toBe(true);
  }
});
