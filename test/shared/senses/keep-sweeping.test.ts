import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { keepSweeping } from '../../../shared/senses/keep-sweeping.ts';
import { watch } from '../../../shared/senses/sentry.ts';
import { startAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

const LOST = 'prod-disks';
const OTHER = 'other-disks';
const policy = { vaults: [{ name: LOST, mode: 'block' }, { name: OTHER }] };
const vaults = [
  { name: LOST, keys: [seedKey('disk-a', [{}])] },
  { name: OTHER, keys: [seedKey('disk-b', [{}])] },
];

beforeEach(() => startAt());
afterEach(resetClock);

/** Two vaults that are swept; the next message of the first is lost on its way. */
async function worldWithALostMessage(more: Partial<WorldOptions> = {}): Promise<World> {
  const world = await createWorld({ vaults, policy, ...more });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(65, 5);
  // The next message of this chain finds another one in its place: to the chain it is as if it had been lost.
  const row = await world.ports.tables.vaults.get('sweep', LOST);
  if (row === undefined) throw new Error('The vault is not swept.');
  await world.ports.tables.vaults.put('sweep', LOST, { ...Object(row.data), token: 'lost on its way' });
  world.azure.clearLog();
  return world;
}

const passesOver = (world: World, vault: string): number =>
  world.azure.log.filter((each) => each.vault === vault && each.operation === 'list' && each.status === 200).length;

const replanted = (world: World): readonly string[] =>
  world.alerts
    .filter(({ incident }) => incident.kind === 'sweep-replanted')
    .map(({ event, incident }) => `${incident.subject.vault} ${event}`);

describe('a message that is lost', () => {
  test('is planted again by the sentry once no pass has run for 90 seconds, and not before', async () => {
    const world = await worldWithALostMessage();
    await world.pass(80, 5);
    await world.sentry();
    expect(passesOver(world, LOST)).toBe(0);
    await world.pass(10, 5);
    await world.sentry();
    expect(passesOver(world, LOST)).toBe(1);
    await world.pass(60, 5);
    expect(passesOver(world, LOST)).toBe(2);
    expect(replanted(world)).toEqual([]);
  });

  test('is planted by any other function while the timer is dead, within three minutes of the last pass, which says so', async () => {
    const world = await worldWithALostMessage();
    await world.pass(105, 5);
    expect(passesOver(world, LOST)).toBe(0);
    expect(replanted(world)).toEqual([]);
    // The sweeps of the other vault are the only thing that still runs.
    await world.pass(70, 5);
    expect(passesOver(world, LOST)).toBeGreaterThan(0);
    expect(replanted(world)).toEqual([`${LOST} opened`]);
    const [incident] = await world.incidents(LOST);
    expect(incident).toMatchObject({ kind: 'sweep-replanted', state: 'open', severity: 'warning' });
    expect(incident?.summary).toContain('sweep planted');
    await world.pass(600, 10);
    expect(replanted(world)).toEqual([`${LOST} opened`]);

    await world.sentry();
    expect(replanted(world)).toEqual([`${LOST} opened`, `${LOST} resolved`]);
    expect(await world.incidents(LOST)).toMatchObject([{ kind: 'sweep-replanted', state: 'resolved' }]);
  });

  test('is planted once, however many instances look at the same moment', async () => {
    const world = await worldWithALostMessage();
    await world.pass(95, 5);
    world.azure.clearLog();
    await Promise.all(Array.from({ length: 10 }, () => keepSweeping('sentry', world.ports)));
    await world.settle();
    expect(passesOver(world, LOST)).toBe(1);
  });
});

describe('the sentry', () => {
  test('plants each vault at its first look, and lets those be that are on their way', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    await world.sentry();
    expect(passesOver(world, LOST)).toBe(1);
    expect(passesOver(world, OTHER)).toBe(1);
  });

  test('plants a vault that the policy has just named', async () => {
    const world = await createWorld({ vaults, policy: { vaults: [{ name: LOST, mode: 'block' }] } });
    await world.sentry();
    world.changePolicy(policy);
    await world.pass(60, 5);
    await world.sentry();
    expect(passesOver(world, OTHER)).toBe(1);
  });

  test('that ends anywhere on its way loses no vault: the next minute makes up for it', async () => {
    for (let endAt = 1; endAt <= 8; endAt += 1) {
      resetClock();
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
      expect([passesOver(world, LOST), passesOver(world, OTHER)]).toEqual([
        expect.toSatisfy((passes: number) => passes > 0),
        expect.toSatisfy((passes: number) => passes > 0),
      ]);
    }
  });

  test('sets a row of its own aside that cannot be read, plants that vault anew and no other', async () => {
    const world = await worldWithALostMessage();
    await world.ports.tables.vaults.put('sweep', LOST, { token: 7 });
    await world.sentry();
    expect(passesOver(world, LOST)).toBe(1);
    expect(passesOver(world, OTHER)).toBe(0);
    const [incident] = await world.incidents('-');
    expect(incident).toMatchObject({ kind: 'set-aside', state: 'open' });
  });
});

describe('passes that are planted and do not begin', () => {
  /** Turns the clock by so many minutes and lets the sentry look, while nobody takes the messages of the sweeps. */
  async function withoutSweeps(world: World, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      turnClock(MINUTE_MS);
      await watch(world.ports);
    }
  }
  const blind = async (world: World) => (await world.incidents(LOST)).filter(({ kind }) => kind === 'vault-blind');

  test('leave a vault blind: told within four minutes of the last pass, since when it was due, and good again with the next', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    const last = Date.now();
    await withoutSweeps(world, 2);
    expect(await blind(world)).toEqual([]);
    await withoutSweeps(world, 2);
    const [incident] = await blind(world);
    expect(incident).toMatchObject({ state: 'open', severity: 'critical' });
    expect(incident?.summary).toContain('passes are planted and do not begin');
    expect(incident?.since.getTime()).toBeCloseTo(last + MINUTE_MS, -3);
    await withoutSweeps(world, 30);
    expect(await blind(world)).toHaveLength(1);

    await world.settle();
    expect(await blind(world)).toMatchObject([{ state: 'resolved' }]);
    await world.pass(600, 5);
    expect(world.alerts.filter(({ incident: { kind } }) => kind === 'vault-blind').map(({ event }) => event)).toEqual([
      'opened',
      'opened',
      'resolved',
      'resolved',
    ]);
  });

  test('are told of by whoever looks where everything stood still for an hour', async () => {
    const world = await createWorld({ vaults, policy });
    await world.sentry();
    turnClock(60 * MINUTE_MS);
    await world.sentry();
    expect(await blind(world)).toMatchObject([{ state: 'resolved' }]);
    expect(world.alerts.map(({ incident: { kind, subject }, event }) => `${subject.vault} ${kind} ${event}`)).toEqual(
      expect.arrayContaining([`${LOST} vault-blind opened`, `${LOST} vault-blind resolved`]),
    );
  });
});
