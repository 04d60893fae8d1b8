import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Behaviours, SeedVault } from '../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { diskUnder, USABLE } from '../../simulation/disk.ts';
import { oidOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const daysAgo = (days: number): number => Date.parse(MONDAY) / 1000 - days * 86_400;
const older = '00000000000000000000000000000001';
const latest = '00000000000000000000000000000002';
const vault = 'prod-disks';
const everyOperation = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

beforeEach(() => stopAt());
afterEach(resetClock);

function guarded(behaviours: Partial<Behaviours> = {}, purgeProtection = true): Promise<World> {
  const seed: SeedVault = {
    name: vault,
    purgeProtection,
    keys: [
      {
        name: 'disk-a',
        versions: [
          { version: older, created: daysAgo(90) },
          { version: latest, created: daysAgo(60) },
        ],
      },
      { name: 'disk-b', versions: [{ created: daysAgo(90) }] },
    ],
  };
  return createWorld({ vaults: [seed], policy: { vaults: [{ name: vault, mode: 'block' }] }, behaviours });
}

const kinds = async (world: World): Promise<readonly string[]> =>
  (await world.incidents(vault, 'disk-a')).map(({ kind }) => kind);
const recovers = (world: World) => world.azure.log.filter(({ operation }) => operation === 'recover');
const writes = (world: World) => world.writes().map(({ operation, status }) => `${operation} ${status}`);
/** The outcomes in the trail, in their order. */
const outcomes = async (world: World) =>
  (await world.trail()).flatMap(({ what, detail }) => (what === 'outcome' ? [detail.kind] : []));

describe('a deleted key', () => {
  test('is recovered, and every disk under every version of it wraps and unwraps again', async () => {
    const world = await guarded();
    const disks = await Promise.all([older, latest].map((version) => diskUnder(world.azure, vault, 'disk-a', version)));
    await world.as('attacker').delete(vault, 'disk-a');
    for (const use of disks) expect(await use()).toEqual({ wrap: 404, unwrap: 404 });

    await world.sentry();

    for (const use of disks) expect(await use()).toEqual(USABLE);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: true });
    expect(writes(world)).toEqual(['recover 200']);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'key-deleted', state: 'resolved', judgement: 'undone', restoredAt: expect.any(Date) },
    ]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['resolved']);
    expect(await outcomes(world)).toEqual(['done']);
    expect(world.failures).toEqual([]);
  });

  test('is found by the next sweep where nobody tells of the deletion', async () => {
    const world = await guarded({ settleMs: 2_000 });
    await world.sentry();
    await world.pass(20);
    await world.as('attacker').delete(vault, 'disk-a');
    await world.pass(60);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: true });
    expect(writes(world)).toEqual(['recover 200']);
  });

  test('gets back the attributes that were taken from its versions before it was deleted', async () => {
    const world = await guarded();
    const disks = await Promise.all([older, latest].map((version) => diskUnder(world.azure, vault, 'disk-a', version)));
    const attacker = world.as('attacker');
    await attacker.disable(vault, 'disk-a', older);
    await attacker.operations(vault, 'disk-a', ['sign'], latest);
    await attacker.delete(vault, 'disk-a');

    await world.sentry();

    for (const use of disks) expect(await use()).toEqual(USABLE);
    expect(writes(world)).toEqual(['recover 200', 'update 200', 'update 200']);
    await world.pass(130);
    expect(world.writes()).toHaveLength(3);
  });

  test('that is deleted again in the very same second is recovered again', async () => {
    const world = await guarded();
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').delete(vault, 'disk-a');
    await world.sentry();
    await world.as('attacker').delete(vault, 'disk-a');
    expect(await use()).toEqual({ wrap: 404, unwrap: 404 });
    await world.wake(vault, 'disk-a');
    expect(await use()).toEqual(USABLE);
    expect(writes(world)).toEqual(['recover 200', 'recover 200']);
  });

  test('that is deleted again as soon as it is back is recovered again within two minutes', async () => {
    const world = await guarded({ settleMs: 6_000 });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').delete(vault, 'disk-a');
    await world.sentry();
    for (let second = 0; second < 30 && (await use()).wrap !== 200; second += 1) await world.pass(1);
    expect(await use()).toEqual(USABLE);
    await world.as('attacker').delete(vault, 'disk-a');
    expect(await use()).toEqual({ wrap: 404, unwrap: 404 });
    await world.pass(120);
    expect(await use()).toEqual(USABLE);
    expect(recovers(world).filter(({ status }) => status === 200)).toHaveLength(2);
    expect((await world.incidents(vault, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
  });
});

describe('a deletion that is still settling', () => {
  test.each([1_000, 3_000, 6_000])(
    'with the key on neither path for %i ms is neither missing nor purged, and is undone when it shows',
    async (settleMs) => {
      const world = await guarded({ settleMs });
      const use = await diskUnder(world.azure, vault, 'disk-a', latest);
      await world.as('attacker').delete(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      expect(world.azure.log.slice(-3).map(({ operation, status }) => [operation, status])).toContainEqual([
        'get-deleted',
        404,
      ]);
      expect(await kinds(world)).toEqual([]);

      await world.pass(30);

      expect(await use()).toEqual(USABLE);
      expect(await kinds(world)).toEqual(['key-deleted']);
      expect(writes(world)).toEqual(['recover 200']);
    },
  );

  test.each([1, 31, 59])(
    'as slowly as was recorded, with nobody to tell of it, is undone within two minutes: %i s after a sweep',
    async (seconds) => {
      const world = await guarded({ settleMs: 24_000 });
      const use = await diskUnder(world.azure, vault, 'disk-a', latest);
      await world.sentry();
      await world.pass(seconds);
      await world.as('attacker').delete(vault, 'disk-a');
      await world.pass(120);
      expect(await use()).toEqual(USABLE);
      expect(await kinds(world)).toEqual(['key-deleted']);
      expect(writes(world)).toEqual(['recover 200']);
    },
  );

  test('for minutes is alerted as missing meanwhile, and undone when it shows', async () => {
    const world = await guarded({ settleMs: 150_000 });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.sentry();
    await world.as('attacker').delete(vault, 'disk-a');
    await world.pass(140);
    expect(await kinds(world)).toEqual(['key-missing']);
    await world.pass(300);
    expect(await use()).toEqual(USABLE);
    const incidents = await world.incidents(vault, 'disk-a');
    expect(incidents.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
  });

  test('that answers recovering with a conflict is tried again until it is taken', async () => {
    const world = await guarded();
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    world.azure.fault({ match: { operation: 'recover' }, answer: { kind: 'conflict' }, times: 3 });
    await world.as('attacker').delete(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'key-deleted', state: 'open' }]);

    await world.pass(30);

    expect(await use()).toEqual(USABLE);
    expect(writes(world)).toEqual(['recover 409', 'recover 409', 'recover 409', 'recover 200']);
    expect(await kinds(world)).toEqual(['key-deleted']);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'undone' }]);
    expect(await outcomes(world)).toEqual(['failed', 'failed', 'failed', 'done']);
  });
});

describe('a recovery', () => {
  test('that takes its time is not begun twice, however often the key is inspected', async () => {
    const world = await guarded({ settleMs: 6_000 });
    await world.as('attacker').delete(vault, 'disk-a');
    await world.pass(7);
    for (let look = 0; look < 10; look += 1) {
      await world.wake(vault, 'disk-a');
      await world.pass(1);
    }
    expect(recovers(world).map(({ status }) => status)).toEqual([200]);
    await world.pass(60);
    expect(recovers(world).map(({ status }) => status)).toEqual([200]);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: true });
  });

  test('is not begun again while the vault goes on showing the key as deleted', async () => {
    const world = await guarded({ settleMs: 6_000 });
    const bodies: string[] = [];
    world.azure.onAnswer((_, { status, body }, operation) => {
      if (operation === 'get-deleted' && status === 200) bodies.push(body);
    });
    await world.as('attacker').delete(vault, 'disk-a');
    turnClock(6_500);
    await world.wake(vault, 'disk-a');
    // The answer of a replica that is behind.
    const stale = world.azure.fault({
      match: { operation: 'get-deleted' },
      answer: { kind: 'malformed', body: bodies[0] ?? '' },
    });
    for (let look = 0; look < 5; look += 1) await world.wake(vault, 'disk-a');
    await world.pass(4);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: false });
    expect(recovers(world).map(({ status }) => status)).toEqual([200]);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'key-deleted', state: 'open' }]);

    stale();
    await world.pass(60);

    expect(recovers(world).map(({ status }) => status)).toEqual([200]);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'undone' }]);
  });

  test('is believed only when the versions are read back', async () => {
    const world = await guarded({ settleMs: 6_000 });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').delete(vault, 'disk-a');
    turnClock(6_500);
    await world.wake(vault, 'disk-a');
    expect(recovers(world).map(({ status }) => status)).toEqual([200]);
    expect(await use()).toEqual({ wrap: 404, unwrap: 404 });
    expect(await outcomes(world)).toEqual(['begun']);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'key-deleted', state: 'open' }]);

    await world.pass(20);

    expect(await use()).toEqual(USABLE);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'undone' }]);
  });

  test('whose poller is answered 403, which the client takes for done, has not succeeded by that', async () => {
    const world = await guarded({ settleMs: 6_000 });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    world.azure.fault({
      match: { identity: 'keeper', method: 'GET' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await world.as('attacker').delete(vault, 'disk-a');
    turnClock(6_500);
    await world.wake(vault, 'disk-a');
    expect(world.azure.log.filter(({ identity, status }) => identity === 'keeper' && status === 403)).not.toEqual([]);
    expect(await use()).toEqual({ wrap: 404, unwrap: 404 });
    expect(await outcomes(world)).toEqual(['begun']);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'key-deleted', state: 'open' }]);

    await world.pass(20);

    expect(await use()).toEqual(USABLE);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'undone' }]);
  });

  test('that is refused for good stays an open incident with the command for a person', async () => {
    const world = await guarded();
    world.azure.setGrants('keeper', []);
    await world.as('attacker').delete(vault, 'disk-a');
    await world.sentry();
    await world.pass(30);
    expect(world.azure.state(vault, 'disk-a').kind).toBe('deleted');
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      {
        kind: 'key-deleted',
        state: 'open',
        judgement: expect.stringContaining('forbidden-by-permission'),
        commands: [
          `key-guardian restore ${vault}/disk-a`,
          `key-guardian approve ask ${vault}/disk-a --act delete --why "…"  # if this was meant: another person grants it`,
        ],
      },
    ]);
  });
});

describe('a key that is in neither list', () => {
  /** Deleted and purged between two inspections. */
  async function gone(): Promise<World> {
    const world = await guarded({}, false);
    await world.sentry();
    await world.pass(5);
    await world.as('attacker').delete(vault, 'disk-a');
    await world.as('attacker').purge(vault, 'disk-a');
    return world;
  }

  test('is missing after a minute of settling, and alerted with deadline and the command that restores a backup', async () => {
    const world = await gone();
    await world.wake(vault, 'disk-a');
    const absentSince = new Date();
    await world.pass(58);
    expect(await kinds(world)).toEqual([]);
    await world.pass(4);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      {
        kind: 'key-missing',
        state: 'open',
        judgement: 'left to people',
        severity: 'critical',
        since: absentSince,
        deadline: later(absentSince, HOUR_MS),
        commands: [`az keyvault key restore --vault-name ${vault} --file "…"  # if there is a backup of the key`],
        abandons: 'key',
      },
    ]);
    expect(world.alerts.map(({ incident }) => incident.kind)).toEqual(['key-missing']);
    expect(world.writes()).toEqual([]);
  });

  test('is said to be purged as soon as a record of the purge says so, and who did it is named', async () => {
    const world = await gone();
    await world.wake(vault, 'disk-a');
    await world.audit();
    const purged = {
      kind: 'key-missing',
      state: 'open',
      severity: 'critical',
      judgement: 'left to people',
      summary: expect.stringContaining('was purged on 2031-03-03'),
      who: { oid: oidOf(world, 'attacker') },
    };
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([purged]);
    await world.pass(60);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([purged]);
    expect(world.writes()).toEqual([]);
  });

  test('that was called missing goes on in the same incident, with its deadline, once a record says that it was purged', async () => {
    const world = await gone();
    await world.wake(vault, 'disk-a');
    await world.pass(120);
    const [missing] = await world.incidents(vault, 'disk-a');
    await world.audit();
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      {
        id: missing?.id,
        deadline: missing?.deadline,
        state: 'open',
        summary: expect.stringContaining('was purged'),
        who: { oid: oidOf(world, 'attacker') },
      },
    ]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'changed']);
  });

  test('is not purged because somebody was refused to purge it', async () => {
    const world = await guarded({ settleMs: 6_000 });
    await world.as('attacker').delete(vault, 'disk-a');
    await expect(world.as('attacker').purge(vault, 'disk-a')).rejects.toMatchObject({ statusCode: 409 });
    await world.audit();
    expect(await kinds(world)).toEqual(['purge-attempted']);
    turnClock(6_500);
    await expect(world.as('attacker').purge(vault, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
    await world.audit();
    await world.pass(10);
    expect((await kinds(world)).toSorted()).toEqual(['key-deleted', 'purge-attempted']);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present' });
  });

  test('stays missing, and is never called purged by silence, for as long as no record tells of a purge', async () => {
    const world = await gone();
    await world.pass(60 * 60, 10);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'key-missing', state: 'open', summary: expect.stringContaining('is missing') },
    ]);
    expect(world.alerts.map(({ incident: { escalated } }) => escalated)).toEqual([undefined, 1, 2, 3]);
    expect(world.writes()).toEqual([]);
  });

  test('that was deleted before is never said to be restored', async () => {
    const world = await guarded({}, false);
    world.azure.fault({ match: { operation: 'recover' }, answer: { kind: 'conflict' } });
    await world.as('attacker').delete(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    await world.as('attacker').purge(vault, 'disk-a');
    await world.audit();
    await world.pass(30);
    const told = await world.incidents(vault, 'disk-a');
    const deleted = told.find(({ kind }) => kind === 'key-deleted');
    expect(deleted).toMatchObject({ state: 'resolved', judgement: 'now key-missing' });
    expect(deleted?.restoredAt).toBeUndefined();
    expect(told.find(({ kind }) => kind === 'key-missing')).toMatchObject({
      state: 'open',
      summary: expect.stringContaining('was purged'),
    });
  });

  test('that only settles for longer than a minute is recovered once it shows, and its incident ends with that', async () => {
    const world = await guarded({ settleMs: 90_000 });
    await world.sentry();
    await world.as('attacker').delete(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    await world.pass(80);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'key-missing', state: 'open' }]);
    await world.pass(180);
    expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: true });
    const told = await world.incidents(vault, 'disk-a');
    const missing = told.find(({ kind }) => kind === 'key-missing');
    expect(missing).toMatchObject({ state: 'resolved', judgement: 'good again' });
    expect(missing?.restoredAt).toBeUndefined();
    expect(told.find(({ kind }) => kind === 'key-deleted')).toMatchObject({ state: 'resolved', judgement: 'undone' });
    expect(recovers(world).filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

test('a key whose recovery was sent by a worker that stopped there, and takes its time, is not missing', async () => {
  stopAt();
  let isKilled = false;
  let recovered = (): number => 0;
  const world = await createWorld({
    vaults: [{ name: vault, keys: [{ name: 'disk-a', versions: [{ version: latest, created: daysAgo(60) }] }] }],
    policy: { vaults: [{ name: vault, mode: 'block' }] },
    behaviours: { settleMs: 50_000 },
    onStep({ name, when }) {
      if (isKilled || name !== 'vault.sendRequest' || when === 'before' || recovered() === 0) return;
      isKilled = true;
      throw new Error('the process is gone');
    },
  });
  recovered = () => recovers(world).filter(({ status }) => status === 200).length;
  await world.sentry();
  await world.as('attacker').delete(vault, 'disk-a');
  await world.wake(vault, 'disk-a');
  await world.pass(300, 1);
  expect(isKilled).toBe(true);
  expect(world.azure.state(vault, 'disk-a')).toMatchObject({ kind: 'present', settled: true });
  expect(await kinds(world)).toEqual(['key-deleted']);
});

describe('a key that was deleted, purged and created again under its name', () => {
  test('is alerted, is not taken for recovered, and is not written to', async () => {
    const world = await guarded({}, false);
    const attacker = world.as('attacker');
    await attacker.delete(vault, 'disk-a');
    await attacker.purge(vault, 'disk-a');
    await attacker.create(vault, 'disk-a');
    await world.sentry();
    await world.pass(180);

    const told = await world.incidents(vault, 'disk-a');
    expect(told.find(({ kind }) => kind === 'key-recreated')).toMatchObject({
      state: 'open',
      severity: 'critical',
      judgement: 'left to people',
    });
    expect(world.writes()).toEqual([]);
  });

  test('is not adopted: what happens to its new version is not undone', async () => {
    const world = await guarded({}, false);
    const attacker = world.as('attacker');
    await attacker.delete(vault, 'disk-a');
    await attacker.purge(vault, 'disk-a');
    // As good as the one before it in all but that one is gone.
    await attacker.create(vault, 'disk-a', { keyOps: everyOperation });
    await world.sentry();
    await world.pass(60);
    await attacker.disable(vault, 'disk-a');
    await world.pass(130);
    expect(world.writes()).toEqual([]);
    const approved = (await world.trail()).filter(({ what, detail }) =>
      what === 'register' ? JSON.stringify(detail).includes('held against') : false,
    );
    expect(approved).toEqual([]);
  });

  test('while its deletion was being undone is alerted as another key, and never as undone', async () => {
    const world = await guarded({}, false);
    const attacker = world.as('attacker');
    world.azure.fault({ match: { operation: 'recover' }, answer: { kind: 'conflict' } });
    await attacker.delete(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    await attacker.purge(vault, 'disk-a');
    await attacker.create(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    const told = await world.incidents(vault, 'disk-a');
    const deleted = told.find(({ kind }) => kind === 'key-deleted');
    expect(deleted).toMatchObject({ state: 'resolved', judgement: 'now key-recreated' });
    expect(deleted?.restoredAt).toBeUndefined();
  });
});

describe('a recovery that nobody answered', () => {
  test.each(['unreachable', 'internal-error', 'lost-answer'] as const)(
    'is sent again within seconds, since it may not have begun (%s)',
    async (kind) => {
      const world = await guarded({ settleMs: 2_000 });
      world.azure.fault({ match: { operation: 'recover' }, answer: { kind }, times: 1 });
      await world.as('attacker').delete(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      await world.pass(10);
      expect(world.azure.state(vault, 'disk-a').kind).toBe('present');
      expect(world.changes()).toBe(1);
    },
  );

  test('is sent by whoever claims the key next where the worker stopped before it was sent', async () => {
    let stops = false;
    const world = await createWorld({
      vaults: [{ name: vault, purgeProtection: true, keys: [{ name: 'disk-a' }, { name: 'disk-b' }] }],
      policy: { vaults: [{ name: vault, mode: 'block' }] },
      onStep({ name, when }) {
        if (!stops || name !== 'intents.put' || when === 'before') return;
        stops = false;
        throw new Error('The instance was stopped.');
      },
    });
    await world.sentry();
    await world.pass(1);
    stops = true;
    await world.as('attacker').delete(vault, 'disk-a');
    await world.pass(120);
    expect(world.azure.state(vault, 'disk-a').kind).toBe('present');
    expect(world.changes()).toBe(1);
  });
});
