import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeedVersion } from '../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { acceptBaseline, type BaselineWords } from '../../../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { currentOf, versionsOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const inMode = (mode: 'alert' | 'block') => ({ vaults: [{ name: VAULT, mode }] });
const names = ['disk-a', 'disk-b', 'disk-c'];
/** 1 January 2040, in Unix seconds. */
const FAR = 2_208_988_800;
const vaults = [{ name: VAULT, keys: names.map((name) => seedKey(name, [{ exp: FAR }])) }];
type Act = 'disable' | 'delete';
const mending = { disable: 'enable', delete: 'recover' } as const;
const ofRule = { disable: 'version-disabled', delete: 'key-deleted' } as const;

/** A guardian that was only to alert while keys were made unusable, which it has observed, and is to undo from now on. */
async function blockAfter(bad: (world: World) => Promise<void>): Promise<World> {
  const world = await createWorld({ vaults, policy: inMode('alert') });
  await world.sentry();
  await world.pass(60, 10);
  await bad(world);
  await world.pass(60, 10);
  world.changePolicy(inMode('block'));
  return world;
}

const usable = ({ azure }: World): readonly string[] =>
  names.filter((name) => {
    const state = azure.state(VAULT, name);
    return state.kind === 'present' && state.versions.every(({ enabled }) => enabled);
  });
const judgements = async (world: World, key = 'disk-a') =>
  (await world.incidents(VAULT, key)).map(({ judgement, state }) => `${state}, ${judgement}`);

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each<Act>(['disable', 'delete'])('what was bad when block began (%s)', (act) => {
  const allBad = (): Promise<World> =>
    blockAfter(async (world) => {
      for (const name of names) await world.as('attacker')[act](VAULT, name);
    });

  test('is a person’s to restore: not one write, and an incident with its deadline and the command', async () => {
    const at = later(new Date(MONDAY), MINUTE_MS);
    const world = await allBad();
    await world.pass(180, 10);
    expect(usable(world)).toEqual([]);
    expect(world.writes()).toEqual([]);
    for (const name of names)
      expect(await world.incidents(VAULT, name)).toMatchObject([
        {
          kind: ofRule[act],
          severity: 'critical',
          audience: 'on-call',
          state: 'open',
          since: at,
          deadline: later(at, HOUR_MS),
          judgement: 'withheld: before-block',
          commands: [
            `key-guardian restore ${VAULT}/${name}`,
            expect.stringMatching(`^key-guardian approve ask ${VAULT}/${name}\\b.* --act ${act} --why`),
          ],
        },
      ]);
    const alerted = world.alerts.filter(({ incident }) => incident.kind === ofRule[act]);
    expect(alerted.map(({ event }) => event).toSorted()).toEqual(
      ['opened', 'changed'].flatMap((event) => names.map(() => event)).toSorted(),
    );
    const withheld = (await world.trail()).filter(({ detail }) => detail.because === 'before-block');
    expect(withheld).toHaveLength(names.length);
  });

  test('stays so: a day later it is still a person’s', async () => {
    const world = await allBad();
    await world.pass(60, 10);
    await world.pass(25 * 3600, 600);
    expect(world.writes()).toEqual([]);
    expect(await judgements(world)).toEqual(['open, withheld: before-block']);
  });

  test('keeps nothing else from being undone, in the same vault', async () => {
    const world = await blockAfter((before) => before.as('attacker')[act](VAULT, 'disk-a'));
    await world.pass(60, 10);
    await world.as('attacker')[act](VAULT, 'disk-b');
    await world.pass(90, 10);
    expect(usable(world)).toEqual(['disk-b', 'disk-c']);
    expect(world.changes()).toBe(1);
  });

  test('ends with a person who puts it back; done again after that, it is undone', async () => {
    const world = await allBad();
    await world.pass(60, 10);
    await world.as('owner')[mending[act]](VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(await judgements(world)).toEqual(['resolved, good again']);
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(usable(world)).toEqual(['disk-a']);
    expect(world.changes()).toBe(1);
  });

  test('is undone where the guardian goes back to block within 24 hours of leaving it: that is no beginning', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    await world.pass(60, 10);
    world.changePolicy(inMode('alert'));
    await world.pass(60, 10);
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(await judgements(world)).toEqual(['open, withheld: alert-only']);
    await world.pass(23 * 3600, 600);
    world.changePolicy(inMode('block'));
    await world.pass(120, 10);
    expect(usable(world)).toEqual(names);
    expect(world.changes()).toBe(1);
    expect(await judgements(world)).toEqual(['resolved, undone']);
  });

  test('is a person’s where the guardian had left block for more than 24 hours', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    await world.pass(60, 10);
    world.changePolicy(inMode('alert'));
    await world.pass(60, 10);
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.pass(60, 10);
    await world.pass(25 * 3600, 600);
    world.changePolicy(inMode('block'));
    await world.pass(120, 10);
    expect(world.writes()).toEqual([]);
    expect(await judgements(world)).toEqual(['open, withheld: before-block']);
  });

  test('is undone where no observation in alert had shown it', async () => {
    const world = await createWorld({ vaults, policy: inMode('alert') });
    await world.sentry();
    await world.pass(60, 10);
    await world.as('attacker')[act](VAULT, 'disk-a');
    world.changePolicy(inMode('block'));
    await world.pass(60, 10);
    expect(usable(world)).toEqual(names);
    expect(world.changes()).toBe(1);
  });
});

describe.each([
  ['the last that a sweep noted is alert', true],
  ['no sweep has noted any', false],
] as const)('what becomes bad in block before a sweep has noted that policy, where %s', (_, isAlertNoted) => {
  test('is undone also where that takes more than one inspection', async () => {
    const world = await createWorld({ vaults, policy: inMode(isAlertNoted ? 'alert' : 'block') });
    if (isAlertNoted) await world.sentry();
    await world.pass(10);
    world.changePolicy(inMode('block'));
    world.azure.fault({ match: { identity: 'keeper', method: 'PATCH' }, answer: { kind: 'conflict' }, times: 2 });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    expect(usable(world)).toEqual(['disk-b', 'disk-c']);
    await world.sentry();
    await world.pass(65);
    expect(usable(world)).toEqual(names);
    expect(await judgements(world)).toEqual(['resolved, undone']);
  });
});

describe('of a version that was bad when block began', () => {
  const SOONER = new Date('2031-03-01T00:00:00Z');
  const SOONEST = new Date('2020-01-01T00:00:00Z');
  const expired = (): Promise<World> => blockAfter((world) => world.as('attacker').expire(VAULT, 'disk-a', SOONER));

  test('a value that is changed in block is new, and is put back to what was approved', async () => {
    const world = await expired();
    await world.pass(60, 10);
    expect(world.writes()).toEqual([]);
    await world.as('attacker').expire(VAULT, 'disk-a', SOONEST);
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').exp).toBe(FAR);
    expect(world.changes()).toBe(1);
    expect(await judgements(world)).toEqual(['resolved, undone']);
  });

  test('another attribute that is changed in block is undone, and the first stays a person’s', async () => {
    const world = await expired();
    await world.pass(60, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a')).toMatchObject({ enabled: true, exp: SOONER.getTime() / 1000 });
    expect(world.changes()).toBe(1);
    await world.pass(120, 10);
    expect(world.changes()).toBe(1);
    expect((await judgements(world)).toSorted()).toEqual(['open, withheld: before-block', 'resolved, undone']);
  });

  test('a change that leaves the value as it was makes it no new one', async () => {
    const world = await expired();
    await world.pass(60, 10);
    await world.as('attacker').tag(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(world.writes()).toEqual([]);
    expect(await judgements(world)).toEqual(['open, withheld: before-block']);
  });

  test('a key that is deleted in block comes back, with the version as it was', async () => {
    const world = await expired();
    await world.pass(60, 10);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.pass(120, 10);
    expect(currentOf(world, VAULT, 'disk-a').exp).toBe(SOONER.getTime() / 1000);
    expect(world.writes().map(({ operation }) => operation)).toEqual(['recover']);
    expect((await judgements(world)).toSorted()).toEqual(['open, withheld: before-block', 'resolved, undone']);
  });
});

describe('the first acceptance of a baseline in block', () => {
  async function waiting(disk: SeedVersion): Promise<World> {
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: [seedKey('disk-a', [disk]), seedKey('disk-b', [{}])] }],
      policy: inMode('block'),
      baseline: false,
    });
    await world.sentry();
    await world.pass(60, 10);
    return world;
  }

  /** A person looks, and accepts a second later. */
  async function accept(world: World, words: Partial<BaselineWords>): Promise<void> {
    const proposed = await proposeBaseline(VAULT, world.ports);
    turnClock(1_000);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [], ...words }, { oid: 'person' }, world.ports);
  }

  test('with `needed` leaves what was bad by then to a person: not written, and alerted with its deadline', async () => {
    const at = later(new Date(MONDAY), -10 * MINUTE_MS);
    const world = await waiting({ enabled: false, updated: at.getTime() / 1000 });
    const { version } = currentOf(world, VAULT, 'disk-a');
    await accept(world, { needed: [`disk-a/${version}`] });
    await world.pass(120, 10);
    expect(world.writes()).toEqual([]);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === 'version-disabled')).toMatchObject([
      {
        state: 'open',
        since: at,
        deadline: later(at, HOUR_MS),
        judgement: 'withheld: before-block',
        commands: [
          `key-guardian restore ${VAULT}/disk-a`,
          expect.stringMatching(/ --act disable --why "…" {2}# if this was meant/),
        ],
      },
    ]);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(60, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });

  test('leaves to a person what became bad while it was waited for; what becomes so after that is undone', async () => {
    const world = await waiting({});
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(await judgements(world)).toEqual(['open, withheld: no-baseline']);
    const { version } = currentOf(world, VAULT, 'disk-a');
    await accept(world, { needed: [`disk-a/${version}`] });
    await world.pass(60, 10);
    expect(await judgements(world)).toEqual(['open, withheld: before-block']);
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(currentOf(world, VAULT, 'disk-b').enabled).toBe(true);
    expect(world.changes()).toBe(1);
  });

  test('is the only one of its kind: what became bad before a later one is undone', async () => {
    const world = await waiting({});
    await accept(world, {});
    await world.pass(60, 10);
    const { version } = currentOf(world, VAULT, 'disk-a');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await accept(world, { needed: [`disk-a/${version}`] });
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });
});

test('500 versions of ten keys that become bad at once in block are all undone within two minutes', async () => {
  const keys = Array.from({ length: 10 }, (_, place) =>
    seedKey(
      `disk-${place}`,
      Array.from({ length: 50 }, () => ({})),
    ),
  );
  const world = await createWorld({ vaults: [{ name: VAULT, keys }], policy: inMode('block') });
  await world.sentry();
  await world.pass(60, 10);
  for (const { name } of keys)
    for (const { version } of versionsOf(world, VAULT, name)) await world.as('attacker').disable(VAULT, name, version);
  await world.pass(110, 10);
  const stillBad = keys.flatMap(({ name }) => versionsOf(world, VAULT, name).filter(({ enabled }) => !enabled));
  expect(stillBad).toEqual([]);
  expect(world.changes()).toBe(500);
  const open = await Promise.all(keys.map(({ name }) => world.incidents(VAULT, name)));
  expect(open.flat().filter(({ state }) => state === 'open')).toEqual([]);
  expect(open.flat()).toHaveLength(500);
}, 60_000);
