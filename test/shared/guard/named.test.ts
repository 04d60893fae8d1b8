import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { closeIncident } from '../../../shared/approvals/close.ts';
import { stopAt } from '../../simulation/clock.ts';
import { oidOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
async function guarded(mode: 'alert' | 'block' = 'block'): Promise<World> {
  const keys = ['disk-a', 'disk-b'].map((name) => ({
    name,
    versions: [{ created: 1_900_000_000, keyOps: ['wrapKey', 'unwrapKey'] as const }],
  }));
  const world = await createWorld({ vaults: [{ name: VAULT, keys }], policy: { vaults: [{ name: VAULT, mode }] } });
  await world.sentry();
  await world.pass(61);
  return world;
}
const told = (world: World) => world.incidents(VAULT, 'disk-a');
const openIn = async (world: World) => (await told(world)).filter(({ state }) => state === 'open');
const approvedDisable = (world: World, by: string, more: object = {}) =>
  world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], by: oidOf(world, by), ...more });
/** The records of what happened come, and what they lead to is done. */
async function heard(world: World): Promise<void> {
  await world.pass(61);
  await world.audit();
  await world.pass(61);
}

beforeEach(() => stopAt());
afterEach(resetClock);

describe('whom an incident names', () => {
  test('stays the same while others go on changing the version: nobody is alerted again and again', async () => {
    const world = await guarded();
    await world.as('attacker').operations(VAULT, 'disk-a', ['wrapKey', 'unwrapKey', 'decrypt']);
    await world.as('attacker').notBefore(VAULT, 'disk-a', new Date(Date.now() - 86_400_000));
    await heard(world);
    await world.as('owner').tag(VAULT, 'disk-a');
    await heard(world);
    const before = world.alerts.length;
    await world.pass(600, 5);
    expect(world.alerts.slice(before)).toEqual([]);
  });

  test('stays the same where a deleted key was recovered and deleted again between two inspections', async () => {
    const world = await guarded('alert');
    await world.as('attacker').delete(VAULT, 'disk-a');
    await heard(world);
    await world.as('owner').recover(VAULT, 'disk-a');
    turnClock(1_000);
    await world.as('owner').delete(VAULT, 'disk-a');
    await heard(world);
    const before = world.alerts.length;
    await world.pass(600, 5);
    expect(world.alerts.slice(before)).toEqual([]);
  });

  test('is who brought a deleted key back, not who rotated it since', async () => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['delete'] });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(130);
    await world.as('attacker').recover(VAULT, 'disk-a');
    await heard(world);
    await world.as('owner').create(VAULT, 'disk-a');
    await heard(world);
    expect(await openIn(world)).toMatchObject([
      { kind: 'version-not-approved', who: { oid: oidOf(world, 'attacker') } },
    ]);
  });

  test('is nobody where several changed the version since it was last observed otherwise: the vault has the time of the last alone', async () => {
    const world = await guarded();
    for (let round = 0; round < 3; round += 1) {
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.pass(10);
      await world.as('owner').tag(VAULT, 'disk-a');
      await heard(world);
    }
    const incidents = await told(world);
    expect(incidents.map(({ kind }) => kind)).toContain('key-flapping');
    expect(incidents.map(({ who }) => who)).toEqual(incidents.map(() => undefined));
  });

  test.each(['alert', 'block'] as const)('is nobody later either, when all is good again (%s)', async (mode) => {
    const world = await guarded(mode);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(10);
    await world.as('owner').tag(VAULT, 'disk-a');
    await heard(world);
    await world.as('owner').enable(VAULT, 'disk-a');
    await heard(world);
    await world.pass(3_700, 30);
    await world.wake(VAULT, 'disk-a');
    expect((await told(world)).map(({ kind, state, who }) => [kind, state, who])).toEqual([
      ['version-disabled', 'resolved', undefined],
    ]);
  });
});

describe('who is said to have done what was approved for another', () => {
  test('is nobody whom another approval allows it', async () => {
    const world = await guarded();
    await approvedDisable(world, 'owner', { id: '1' });
    await approvedDisable(world, 'attacker', { id: '2' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await heard(world);
    expect(await told(world)).toEqual([]);
  });

  test('is nobody who changed the version after it was disabled as approved, before the next inspection', async () => {
    const world = await guarded();
    await approvedDisable(world, 'owner');
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(10);
    await world.as('attacker').tag(VAULT, 'disk-a');
    await heard(world);
    expect(await told(world)).toEqual([]);
  });

  test('is alerted once: closed, it opens again with no other audit event of the key', async () => {
    const world = await guarded();
    await approvedDisable(world, 'owner');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await heard(world);
    const [one] = await openIn(world);
    expect(one).toMatchObject({ kind: 'approved-act-by-other', who: { oid: oidOf(world, 'attacker') } });
    await closeIncident(one?.id ?? '', 'it was a drill', { oid: 'person' }, world.ports);
    await world.as('owner').tag(VAULT, 'disk-a');
    await heard(world);
    expect(await openIn(world)).toEqual([]);
  });
});

test('an incident of an act that a person has closed is not opened by the same record coming again, and is by a new act', async () => {
  const world = await guarded();
  const bodies: unknown[] = [];
  world.azure.onAuditRecords((_, body) => bodies.push(body));
  const attempt = async (): Promise<void> => {
    await world.as('attacker').delete(VAULT, 'disk-a');
    await expect(world.as('attacker').purge(VAULT, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
    await heard(world);
  };
  await attempt();
  const [one] = await openIn(world);
  expect(one).toMatchObject({ kind: 'purge-attempted' });
  await closeIncident(one?.id ?? '', 'it was a drill', { oid: 'person' }, world.ports);
  await world.auditMessages(bodies);
  await world.pass(61);
  expect(await openIn(world)).toEqual([]);
  await attempt();
  expect(await openIn(world)).toMatchObject([{ kind: 'purge-attempted' }]);
});

test('an act from before such an incident was closed, of which the record comes only after that, is alerted', async () => {
  const world = await guarded();
  const bodies: unknown[] = [];
  world.azure.onAuditRecords((_, body) => bodies.push(body));
  const attempt = async (): Promise<void> => {
    await expect(world.as('attacker').purge(VAULT, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
    world.azure.flushAudit();
  };
  await world.as('attacker').delete(VAULT, 'disk-a');
  await attempt();
  await world.auditMessages(bodies.splice(0));
  await world.pass(10);
  const [one] = (await openIn(world)).filter(({ kind }) => kind === 'purge-attempted');
  await world.as('attacker').delete(VAULT, 'disk-a');
  await attempt();
  await world.pass(60);
  await closeIncident(one?.id ?? '', 'it was a drill', { oid: 'person' }, world.ports);
  await world.auditMessages(bodies);
  await world.pass(10);
  expect(await openIn(world)).toMatchObject([{ kind: 'purge-attempted' }]);
});
