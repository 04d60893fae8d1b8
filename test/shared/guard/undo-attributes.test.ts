import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Behaviours, SeedVersion, VersionState } from '../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { keyOf, versionIn } from '../../../shared/domain/subject.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import { inspect } from '../../../shared/guard/inspect.ts';
import type { Ports } from '../../../shared/ports.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { diskUnder, USABLE } from '../../simulation/disk.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const start = Date.parse(MONDAY);
const seconds = (days: number): number => start / 1000 + days * 86_400;
const inDays = (days: number): Date => new Date(seconds(days) * 1000);
const older = '00000000000000000000000000000001';
const latest = '00000000000000000000000000000002';
const vault = 'prod-disks';
const everyOperation = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

beforeEach(() => stopAt());
afterEach(resetClock);

interface Guarded {
  readonly behaviours?: Partial<Behaviours>;
  /** Of the latest version. */
  readonly seed?: SeedVersion;
  /** Of the older one. */
  readonly olderSeed?: SeedVersion;
  /** Versions of `disk-a` that a person calls retired: nothing needs them. Default: none. */
  readonly retired?: readonly string[];
}

/** A key `disk-a` of two versions and a key `disk-b` of one, guarded in mode block, with their baseline accepted. */
function guarded({ behaviours, seed, olderSeed, retired = [] }: Guarded = {}): Promise<World> {
  return createWorld({
    vaults: [
      {
        name: vault,
        keys: [
          {
            name: 'disk-a',
            versions: [
              { version: older, created: seconds(-200), ...olderSeed },
              { version: latest, created: seconds(-100), ...seed },
            ],
          },
          { name: 'disk-b', versions: [{ created: seconds(-100) }] },
        ],
      },
    ],
    policy: { vaults: [{ name: vault, mode: 'block' }] },
    words: { needed: [], retired: retired.map((version) => `disk-a/${version}`) },
    ...(behaviours === undefined ? {} : { behaviours }),
  });
}

/** A not-before of the latest version, set without the SDK, which cannot write one after 2038. */
async function pushedOut({ azure }: World, nbf: number): Promise<void> {
  await azure.handle({
    method: 'PATCH',
    url: `https://${vault}.vault.azure.net/keys/disk-a/${latest}?api-version=7.4`,
    headers: {
      authorization: `Bearer ${azure.identities.get('attacker')?.token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ attributes: { nbf } }),
  });
}

function shown(world: World, version: string, key = 'disk-a'): VersionState {
  const state = world.azure.state(vault, key);
  const found = state.kind === 'none' ? undefined : state.versions.find((one) => one.version === version);
  if (found === undefined) throw new Error(`${key} shows no version ${version}.`);
  return found;
}

const kinds = async (world: World, key = 'disk-a') => (await world.incidents(vault, key)).map(({ kind }) => kind);
const open = async (world: World, key = 'disk-a') =>
  (await world.incidents(vault, key)).filter(({ state }) => state === 'open').map(({ kind }) => kind);

describe.each([200, 403] as const)('where reading a disabled version answers %i', (disabledKeyRead) => {
  const behaviours = { disabledKeyRead };

  test.each([
    ['latest', latest],
    ['older', older],
  ])('the %s version, disabled, is enabled again', async (_, version) => {
    const world = await guarded({ behaviours });
    const use = await diskUnder(world.azure, vault, 'disk-a', version);
    const before = shown(world, version);
    await world.as('attacker').disable(vault, 'disk-a', version);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });

    await world.sentry();

    expect(await use()).toEqual(USABLE);
    expect({ ...shown(world, version), updated: before.updated }).toEqual(before);
    expect(world.changes()).toBe(1);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', subject: { version }, state: 'resolved', judgement: 'undone' },
    ]);
    expect(world.failures).toEqual([]);
  });

  test('several versions, disabled at once, are all enabled again by one sweep', async () => {
    const world = await guarded({ behaviours });
    const attacker = world.as('attacker');
    const uses = await Promise.all([
      diskUnder(world.azure, vault, 'disk-a', older),
      diskUnder(world.azure, vault, 'disk-a', latest),
    ]);
    await attacker.disable(vault, 'disk-a', older);
    await attacker.disable(vault, 'disk-a', latest);
    await attacker.disable(vault, 'disk-b');

    await world.sentry();

    for (const use of uses) expect(await use()).toEqual(USABLE);
    expect(world.azure.state(vault, 'disk-b')).toMatchObject({ versions: [{ enabled: true }] });
    expect(world.changes()).toBe(3);
    expect(await kinds(world)).toEqual(['version-disabled', 'version-disabled']);
    expect(await open(world)).toEqual([]);
  });

  test('a version disabled, expired, put off and stripped at once gets all of it back', async () => {
    const world = await guarded({ behaviours, seed: { exp: seconds(300), nbf: seconds(-90) } });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    const before = shown(world, latest);
    const attacker = world.as('attacker');
    await attacker.expire(vault, 'disk-a', inDays(-1), latest);
    await attacker.notBefore(vault, 'disk-a', inDays(50), latest);
    await attacker.operations(vault, 'disk-a', ['sign'], latest);
    await attacker.disable(vault, 'disk-a', latest);

    await world.sentry();

    expect(await use()).toEqual(USABLE);
    const after = shown(world, latest);
    expect({ ...after, updated: before.updated, keyOps: after.keyOps.toSorted() }).toEqual({
      ...before,
      keyOps: before.keyOps.toSorted(),
    });
    expect(await open(world)).toEqual([]);
    const writes = world.changes();
    await world.pass(130);
    expect(world.changes()).toBe(writes);
  });

  test('a version stripped and then disabled has both deadlines from that on, not from what the guardian wrote', async () => {
    const world = await guarded({ behaviours });
    await world.sentry();
    await world.pass(60, 10);
    const attacker = world.as('attacker');
    await attacker.operations(vault, 'disk-a', ['sign'], latest);
    await attacker.disable(vault, 'disk-a', latest);
    const since = new Date();
    await world.pass(60, 30);
    const told = await world.incidents(vault, 'disk-a');
    expect(told.map(({ kind }) => kind).toSorted()).toEqual(['version-disabled', 'version-operations-removed']);
    for (const incident of told)
      expect(incident).toMatchObject({ since, deadline: later(since, HOUR_MS), state: 'resolved' });
  });

  test('a retired version stays retired', async () => {
    const world = await guarded({ behaviours, olderSeed: { enabled: false } });
    await world.sentry();
    await world.pass(130);
    expect(shown(world, older).enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await kinds(world)).toEqual([]);
  });

  test('a retired version that is enabled is alerted within the hour, not adopted, and left to people', async () => {
    const world = await guarded({ behaviours, olderSeed: { enabled: false } });
    await world.sentry();
    await world.as('attacker').enable(vault, 'disk-a', older);
    await world.pass(62 * 60, 10);
    expect(await world.incidents(vault, 'disk-a')).toContainEqual(
      expect.objectContaining({
        kind: 'version-changed',
        subject: { kind: 'version', vault, key: 'disk-a', version: older },
        state: 'open',
        judgement: 'left to people',
      }),
    );

    await world.as('owner').disable(vault, 'disk-a', older);
    await world.pass(130);

    expect(shown(world, older).enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await open(world)).toEqual([]);
  });
});

describe('an expiry', () => {
  test.each([
    ['pulled into the past', -1, { wrap: 403, unwrap: 200 }],
    ['pulled nearer than the notify time', 10, USABLE],
    ['pulled to a second inside the notify time', 30 - 1 / 86_400, USABLE],
  ])('%s is put back to the approved one', async (_, days, during) => {
    const world = await guarded({ seed: { exp: seconds(300) } });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').expire(vault, 'disk-a', inDays(days));
    expect(await use()).toEqual(during);

    await world.sentry();

    expect(shown(world, latest).exp).toBe(seconds(300));
    expect(await use()).toEqual(USABLE);
    expect(world.changes()).toBe(1);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'version-expiring', state: 'resolved', judgement: 'undone' },
    ]);
  });

  test.each([
    [
      'pulled nearer, yet farther away than the notify time',
      100,
      // Disks fail an hour after it has expired.
      { kind: 'version-expiring', hangs: { kind: 'unknown' }, deadline: later(inDays(100), 3_600_000) },
    ],
    ['pushed out', 400, { kind: 'version-changed' }],
  ])('%s is alerted and left as it is', async (_, days, incident) => {
    const world = await guarded({ seed: { exp: seconds(300) } });
    await world.as('attacker').expire(vault, 'disk-a', inDays(days));
    await world.sentry();
    await world.pass(130);
    expect(shown(world, latest).exp).toBe(seconds(days));
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { ...incident, state: 'open', judgement: 'left to people' },
    ]);
    expect(world.alerts).toHaveLength(1);
  });

  test('that was far enough away when it was pulled nearer is undone on the day it comes inside the notify time', async () => {
    const world = await guarded({ seed: { exp: seconds(300) } });
    await world.as('attacker').expire(vault, 'disk-a', inDays(31));
    await world.sentry();
    expect(world.writes()).toEqual([]);
    turnClock(2 * 86_400_000);
    await world.sentry();
    expect(shown(world, latest).exp).toBe(seconds(300));
  });

  test.each([
    ['ten years ahead', { kind: 'date-rejected' }, 3650, 'now'],
    ['as far as a policy allows', { kind: 'refused-by-policy', longestDays: 720 }, 720, 'created'],
  ] as const)(
    'whose approved date the service refuses goes %s instead, once, and that becomes the approved one with a record',
    async (_, refusal, days, from) => {
      const far = seconds(2_900_000);
      const world = await guarded({ seed: { exp: far } });
      const refused: (Date | undefined)[] = [];
      const writes: Ports['writes'] = (name) => ({
        ...world.ports.writes(name),
        async update(key, version, change, requestId) {
          if (change.expiresOn === undefined || change.expiresOn.getTime() < far * 1000)
            return world.ports.writes(name).update(key, version, change, requestId);
          refused.push(change.expiresOn);
          return { error: new Error('The parameter exp is not valid.'), ...refusal };
        },
      });
      const ports: Ports = Object.create(world.ports, { writes: { value: writes } });
      await world.as('attacker').expire(vault, 'disk-a', inDays(-1));
      for (let round = 0; round < 3; round += 1) {
        await inspect({ subject: keyOf({ vault, key: 'disk-a' }), hints: [], attempt: 0 }, ports);
        turnClock(2_000);
      }
      expect(refused).toEqual([new Date(far * 1000)]);
      const { exp = 0, created } = shown(world, latest);
      const beganAt = from === 'now' ? Date.now() / 1000 : created;
      expect(Math.abs(exp - beganAt - days * 86_400)).toBeLessThan(60);
      const [incident] = await world.incidents(vault, 'disk-a');
      expect(incident).toMatchObject({ kind: 'version-expiring', state: 'resolved' });
      expect(incident?.summary).toContain('Azure takes neither a date away nor that one');
      const changed = (await world.trail()).filter(({ what }) => what === 'register').at(-1)?.detail;
      expect(changed).toMatchObject({ change: { attributes: { expiresOn: new Date(exp * 1000).toISOString() } } });
    },
  );

  test('of which the service refuses every date is tried again each time, and its row does not grow', async () => {
    const world = await guarded({ seed: { exp: seconds(1_800) } });
    let tries = 0;
    const writes: Ports['writes'] = (name) => ({
      ...world.ports.writes(name),
      async update() {
        tries += 1;
        return { kind: 'date-rejected', error: new Error('The parameter exp is not valid.') };
      },
    });
    const ports: Ports = Object.create(world.ports, { writes: { value: writes } });
    await world.as('attacker').expire(vault, 'disk-a', inDays(-1));
    for (let round = 0; round < 20; round += 1) {
      await inspect({ subject: keyOf({ vault, key: 'disk-a' }), hints: [], attempt: 0 }, ports);
      turnClock(60_000);
    }
    const row = (await world.ports.tables.keys.get(vault, 'disk-a'))?.value;
    expect(row?.inFlight.refusedDates?.[latest]?.dates).toEqual([inDays(1_800)]);
    expect(tries).toBe(20);
  });

  test('of a version that never had one goes ten years ahead, which becomes the approved one with a record', async () => {
    const world = await guarded();
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').expire(vault, 'disk-a', inDays(-1));
    expect(await use()).toEqual({ wrap: 403, unwrap: 200 });

    await world.sentry();

    const exp = shown(world, latest).exp ?? 0;
    expect(exp - Math.floor(Date.now() / 1000)).toBeGreaterThanOrEqual(3650 * 86_400 - 60);
    expect(exp - Math.floor(Date.now() / 1000)).toBeLessThanOrEqual(3650 * 86_400);
    expect(await use()).toEqual(USABLE);
    const records = (await world.trail()).filter(
      ({ what, subject }) => what === 'register' && versionIn(subject) === latest,
    );
    expect(records.at(-1)?.detail).toMatchObject({
      change: {
        kind: 'approve-version',
        attributes: { enabled: true, expiresOn: new Date(exp * 1000).toISOString() },
        because: 'a date that was set cannot be taken away',
      },
    });

    await world.pass(130);

    expect(world.changes()).toBe(1);
    expect(await open(world)).toEqual([]);
    await world.as('attacker').expire(vault, 'disk-a', inDays(-2));
    await world.pass(61);
    expect(shown(world, latest).exp).toBe(exp);
  });

  test('after 2038 goes out on the wire as it was approved', async () => {
    const farAway = Date.UTC(2051, 0, 1) / 1000;
    const notBefore = seconds(-90);
    const world = await guarded({ seed: { exp: farAway, nbf: notBefore } });
    const sent: unknown[] = [];
    world.azure.onAnswer(({ body }, _, operation) => {
      if (operation === 'update' && body !== '') sent.push(JSON.parse(body));
    });
    await world.as('attacker').expire(vault, 'disk-a', inDays(-1));
    await world.sentry();
    expect(sent.at(-1)).toMatchObject({ attributes: { exp: farAway } });
    expect(shown(world, latest)).toMatchObject({ exp: farAway, nbf: notBefore });
    await world.pass(130);
    expect(world.changes()).toBe(1);
  });

  test('that passes as it was approved is alerted, and never undone', async () => {
    const world = await guarded({ seed: { exp: seconds(40) } });
    await world.sentry();
    turnClock(41 * 86_400_000);
    await world.sentry();
    await world.pass(61);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'version-expiring', state: 'open', judgement: 'left to people' },
    ]);
    expect(world.writes()).toEqual([]);
  });
});

describe('a not-before', () => {
  test('after 2038 goes out on the wire as it was approved', async () => {
    const farAway = Date.UTC(2041, 0, 1) / 1000;
    const farther = Date.UTC(2045, 0, 1) / 1000;
    const world = await guarded({ seed: { nbf: farAway }, retired: [latest] });
    const sent: unknown[] = [];
    world.azure.onAnswer(({ body }, _, operation) => {
      if (operation === 'update' && body !== '') sent.push(JSON.parse(body));
    });
    await pushedOut(world, farther);
    expect(shown(world, latest).nbf).toBe(farther);
    await world.sentry();
    expect(sent.at(-1)).toMatchObject({ attributes: { nbf: farAway } });
    expect(shown(world, latest).nbf).toBe(farAway);
    await world.pass(130);
    expect(world.changes()).toBe(1);
  });

  test('pushed out is put back to the approved one', async () => {
    const world = await guarded({ seed: { nbf: seconds(-90) } });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').notBefore(vault, 'disk-a', inDays(5));
    expect(await use()).toEqual({ wrap: 403, unwrap: 200 });
    await world.sentry();
    expect(await use()).toEqual(USABLE);
    expect(shown(world, latest).nbf).toBe(seconds(-90));
    expect(world.changes()).toBe(1);
  });

  test('of a version that never had one becomes the version’s birth, which is then the approved one', async () => {
    const world = await guarded();
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.as('attacker').notBefore(vault, 'disk-a', inDays(5));
    expect(await use()).toEqual({ wrap: 403, unwrap: 200 });
    await world.sentry();
    expect(await use()).toEqual(USABLE);
    expect(shown(world, latest).nbf).toBe(seconds(-100));
    await world.pass(130);
    expect(world.changes()).toBe(1);
    expect(await open(world)).toEqual([]);
    expect(await kinds(world)).toEqual(['version-not-before-later']);
  });
});

describe.each([true, false])('where a change of operations alone moves `updated`: %s', (operationsMoveUpdated) => {
  const behaviours = { operationsMoveUpdated };

  test.each([
    ['wrapKey', { wrap: 403, unwrap: 200 }],
    ['unwrapKey', { wrap: 200, unwrap: 403 }],
  ])('a version that lost %s gets it back within the hour', async (lost, during) => {
    const world = await guarded({ behaviours });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await world.sentry();
    await world.pass(60);
    await world.as('attacker').operations(
      vault,
      'disk-a',
      everyOperation.filter((operation) => operation !== lost),
    );
    expect(await use()).toEqual(during);

    await world.pass(operationsMoveUpdated ? 60 : 62 * 60, 10);

    expect(await use()).toEqual(USABLE);
    expect(shown(world, latest).keyOps.toSorted()).toEqual(everyOperation.toSorted());
    expect(world.changes()).toBe(1);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'version-operations-removed', state: 'resolved', judgement: 'undone' },
    ]);
  });

  test('operations removed within the same second as the guardian’s own write are found by the next sweep', async () => {
    const world = await guarded({ behaviours });
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    const attacker = world.as('attacker');
    await world.sentry();
    await world.pass(30);
    turnClock(1_000 - (Date.now() % 1_000));
    await attacker.disable(vault, 'disk-a');
    await world.wake(vault, 'disk-a');
    const written = shown(world, latest);
    expect(written.enabled).toBe(true);
    await attacker.operations(vault, 'disk-a', ['sign', 'verify']);
    expect(shown(world, latest).updated).toBe(written.updated);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });

    await world.pass(60);

    expect(await use()).toEqual(USABLE);
    expect(world.changes()).toBe(2);
  });

  test('operations removed from an older version within the same second as the guardian’s own write are found by the next sweep', async () => {
    const world = await guarded({ behaviours });
    const use = await diskUnder(world.azure, vault, 'disk-a', older);
    const attacker = world.as('attacker');
    await world.sentry();
    await world.pass(30);
    turnClock(1_000 - (Date.now() % 1_000));
    await attacker.disable(vault, 'disk-a', older);
    await world.wake(vault, 'disk-a');
    await attacker.operations(vault, 'disk-a', ['sign', 'verify'], older);
    await world.wake(vault, 'disk-a');
    expect(await use()).toEqual(USABLE);
    expect(world.changes()).toBe(2);
  });
});

test('operations added to a version are alerted and left as they are', async () => {
  const world = await guarded({ seed: { keyOps: ['wrapKey', 'unwrapKey'] } });
  await world.as('attacker').operations(vault, 'disk-a', ['wrapKey', 'unwrapKey', 'decrypt']);
  await world.sentry();
  await world.pass(61);
  expect(shown(world, latest).keyOps).toEqual(['wrapKey', 'unwrapKey', 'decrypt']);
  expect(world.writes()).toEqual([]);
  expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ kind: 'version-changed', state: 'open' }]);
});

test('several changes that take nothing away are one incident that names each of them', async () => {
  const world = await guarded({ seed: { exp: seconds(300), keyOps: ['wrapKey', 'unwrapKey'] } });
  await world.as('attacker').operations(vault, 'disk-a', ['wrapKey', 'unwrapKey', 'decrypt']);
  await world.as('attacker').expire(vault, 'disk-a', inDays(400));
  await world.sentry();
  await world.pass(61);
  expect(world.writes()).toEqual([]);
  const [incident, ...others] = await world.incidents(vault, 'disk-a');
  expect(others).toEqual([]);
  expect(incident).toMatchObject({ kind: 'version-changed', state: 'open', judgement: 'left to people' });
  expect(incident?.summary).toContain('expires on ');
  expect(incident?.summary).toContain(
    'allows the operations wrapKey, unwrapKey, decrypt; approved were wrapKey, unwrapKey',
  );
  expect(world.alerts).toHaveLength(1);
});

describe('what the guardian only alerts of', () => {
  const alert = { vaults: [{ name: vault, mode: 'alert' }] };

  test.each(['disable', 'delete'] as const)(
    'of a %s ends once the owner has mended it, and is not called undone',
    async (act) => {
      const world = await guarded();
      world.changePolicy(alert);
      await world.as('attacker')[act](vault, 'disk-a');
      await world.sentry();
      expect(await open(world)).toHaveLength(1);
      await (act === 'disable'
        ? world.as('owner').enable(vault, 'disk-a')
        : world.as('owner').recover(vault, 'disk-a'));
      await world.pass(61);
      expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'good again' }]);
      expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'resolved']);
      expect(world.writes()).toEqual([]);
    },
  );

  test('of a disabled version stays open while the key is deleted and nobody can see the version', async () => {
    const world = await guarded();
    world.changePolicy(alert);
    await world.as('attacker').disable(vault, 'disk-a');
    await world.sentry();
    await world.as('attacker').delete(vault, 'disk-a');
    await world.pass(61);
    expect((await open(world)).toSorted()).toEqual(['key-deleted', 'version-disabled']);
  });
});
