import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { knownUntil } from '../../../shared/domain/arrivals.ts';
import { later } from '../../../shared/domain/time.ts';
import { subscriptionRow } from '../../fakes/graph.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, WORKSPACE, type World, type WorldOptions } from '../../simulation/world.ts';
import { keyUrl, SUBSCRIPTION, setRow, vaultRow } from '../estate/rows.ts';

const VAULT = 'prod-disks';
const OTHER = 'not-guarded';
const tables = ['AZKVAuditLogs', 'AzureDiagnostics'] as const;

/** With material that unwraps. */
const usable = {
  name: 'disk-a',
  versions: [{ created: 1_900_000_000, updated: 1_900_000_000, keyOps: ['wrapKey', 'unwrapKey'] as const }],
};

const made = async (more: Partial<WorldOptions> = {}): Promise<World> => {
  const world = await createWorld({
    vaults: [
      { name: VAULT, purgeProtection: false, keys: [usable, seedKey('disk-b', [{}])] },
      { name: OTHER, keys: [seedKey('disk-a', [{}])] },
    ],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    monitor: 'AZKVAuditLogs',
    ...more,
  });
  await world.sentry();
  await world.pass(120, 5);
  return world;
};
const oid = ({ azure }: World, name: string): string => azure.identities.get(name)?.oid ?? '';
const whoOf = async (world: World, key: string) => (await world.incidents(VAULT, key)).map(({ who }) => who?.oid);
const queries = ({ azure }: World) => azure.monitor.log.filter(({ kind }) => kind === 'query');
const hintsOf = async (world: World, sense: string) =>
  (await world.trail()).filter(({ hints }) => hints?.senses?.includes(sense) === true);
const recordsOf = async ({ ports }: World) => (await ports.tables.vaultRecords.get('records', VAULT))?.value;
const toldOf = (world: World, reason: string) =>
  world.alerts
    .filter(({ incident }) => incident.reason === reason)
    .map(({ event, incident }) => [event, incident.summary]);

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each(tables)('the audit events in %s', (monitor) => {
  test('name who did what the sweep already undid', async () => {
    const world = await made({ monitor });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 5);
    expect(await whoOf(world, 'disk-a')).toEqual([undefined]);
    await world.pass(420, 5);
    expect(await whoOf(world, 'disk-a')).toEqual([oid(world, 'attacker')]);
    const [incident] = await world.incidents(VAULT, 'disk-a');
    expect(incident?.who?.assignment?.id).toMatch(/^[0-9a-f-]{32,36}$/);
    expect(world.failures).toEqual([]);
  });

  test.each(['by-kind', 'short', 'uri'] as const)(
    'name who did it, whatever the spelling of claims: %s',
    async (claimSpelling) => {
      const world = await made({ monitor, behaviours: { claimSpelling } });
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.pass(480, 10);
      expect(await whoOf(world, 'disk-a')).toEqual([oid(world, 'attacker')]);
    },
  );

  test('show a purge that nobody was permitted, which no sweep sees', async () => {
    const world = await made({ monitor });
    const attacker = world.azure.identities.get('attacker');
    world.azure.setGrants('attacker', [{ vault: VAULT, dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }]);
    await world
      .as('attacker')
      .purge(VAULT, 'disk-b')
      .catch(() => {});
    await world.pass(480, 10);
    const found = await world.incidents(VAULT, 'disk-b');
    expect(found.map(({ kind, who }) => [kind, who?.oid])).toEqual([[expect.stringMatching(/./), attacker?.oid]]);
  });
});

describe('a workspace', () => {
  test('is asked every two minutes, and once an hour for the whole day: at most 32 times an hour', async () => {
    const world = await made();
    world.azure.monitor.log.length = 0;
    await world.pass(3_600, 30);
    expect(queries(world).length).toBeGreaterThanOrEqual(29);
    expect(queries(world).length).toBeLessThanOrEqual(32);
  });

  test('that gives an event again leads to no inspection for it', async () => {
    const world = await made();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(600, 10);
    const once = (await hintsOf(world, 'audit-query')).length;
    expect(once).toBeGreaterThan(0);
    await world.pass(2 * 3_600, 60);
    expect(await hintsOf(world, 'audit-query')).toHaveLength(once);
  });

  test('is not believed about vaults that are not guarded', async () => {
    const world = await made();
    await world.as('attacker').disable(OTHER, 'disk-a');
    await world.pass(600, 10);
    expect(await hintsOf(world, 'audit-query')).toEqual([]);
    expect(await world.ports.tables.vaultRecords.get('records', OTHER)).toBeUndefined();
  });

  test('is not believed where the record of one vault names a key of another', async () => {
    const world = await made();
    const from = world.azure.monitor.workspace(WORKSPACE);
    const guarded = from.table('AZKVAuditLogs')?.rows[0]?.values ?? {};
    const forged = {
      ...guarded,
      OperationName: 'KeyUpdate',
      HttpStatusCode: 200,
      Id: `https://${OTHER}.vault.azure.net/keys/disk-a/${'0'.repeat(32)}`,
    };
    from.add('AZKVAuditLogs', [forged, { ...forged, Id: guarded.Id, _ResourceId: `${guarded._ResourceId}/keys/x` }]);
    await world.pass(600, 10);
    expect(await hintsOf(world, 'audit-query')).toEqual([]);
  });

  test('names who did it, however often: more events than one answer takes are read in parts', async () => {
    const world = await made({ behaviours: { mostLogRows: 20 } });
    await world.as('attacker').disable(VAULT, 'disk-b');
    for (let time = 0; time < 60; time += 1) {
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.as('attacker').enable(VAULT, 'disk-a');
    }
    await world.pass(900, 15);
    expect(await whoOf(world, 'disk-b')).toEqual([oid(world, 'attacker')]);
    expect(queries(world).some(({ rows }) => rows === 20)).toBe(true);
    expect(toldOf(world, 'workspace-unread')).toEqual([]);
  });

  test('gives one refusal of a caller and a key in each window, however often it was refused', async () => {
    const world = await made();
    world.azure.setGrants('attacker', [{ vault: VAULT, dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }]);
    for (let time = 0; time < 100; time += 1)
      await world
        .as('attacker')
        .purge(VAULT, 'disk-b')
        .catch(() => {});
    world.azure.monitor.log.length = 0;
    await world.pass(900, 15);
    expect((await world.incidents(VAULT, 'disk-b')).map(({ who }) => who?.oid)).toEqual([oid(world, 'attacker')]);
    expect(queries(world).every(({ rows }) => rows < 10)).toBe(true);
  });

  test('that could not be queried for ten days gives what happened meanwhile', async () => {
    const world = await made();
    world.azure.monitor.revoke('watcher', 'query');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(10 * 86_400, 86_400);
    world.azure.monitor.grant('watcher', { kind: 'query', workspace: WORKSPACE });
    await world.pass(900, 60);
    expect(await hintsOf(world, 'audit-query')).not.toEqual([]);
  });

  test('that cannot be queried is alerted after 15 minutes, until it can; what came meanwhile is read then', async () => {
    const world = await made();
    world.azure.monitor.revoke('watcher', 'query');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(14 * 60, 30);
    expect(toldOf(world, 'workspace-unread')).toEqual([]);
    await world.pass(240, 30);
    expect(toldOf(world, 'workspace-unread')).toEqual([['opened', expect.stringMatching(/403/)]]);
    expect(await whoOf(world, 'disk-a')).toEqual([undefined]);
    world.azure.monitor.grant('watcher', { kind: 'query', workspace: WORKSPACE });
    await world.pass(300, 30);
    expect(toldOf(world, 'workspace-unread').map(([event]) => event)).toEqual(['opened', 'resolved']);
    expect(await whoOf(world, 'disk-a')).toEqual([oid(world, 'attacker')]);
  });
});

test('one of two workspaces that cannot be queried is alerted by its id, and the other names who did it all the same', async () => {
  const FAILING = '0a9d7c11-1111-4111-8111-000000000002';
  const world = await made({
    workspaces: [WORKSPACE, FAILING],
    vaults: [VAULT, OTHER].map((name) => ({ name, keys: [seedKey('disk-a', [{}])] })),
    policy: { vaults: [VAULT, OTHER].map((name) => ({ name, mode: 'block' })) },
  });
  const actorsOf = async (vault: string) => (await world.incidents(vault, 'disk-a')).map(({ who }) => who?.oid);
  const attacker = oid(world, 'attacker');
  world.azure.monitor.revoke('watcher', 'query');
  world.azure.monitor.grant('watcher', { kind: 'query', workspace: WORKSPACE });
  for (const vault of [VAULT, OTHER]) await world.as('attacker').disable(vault, 'disk-a');
  await world.pass(480, 10);
  expect([await actorsOf(VAULT), await actorsOf(OTHER)]).toEqual([[attacker], [undefined]]);
  await world.pass(900, 30);
  expect(toldOf(world, 'workspace-unread')).toEqual([['opened', expect.stringContaining(FAILING)]]);
  world.azure.monitor.grant('watcher', { kind: 'query', workspace: FAILING });
  await world.pass(300, 30);
  expect(toldOf(world, 'workspace-unread').map(([event]) => event)).toEqual(['opened', 'resolved']);
  expect([await actorsOf(VAULT), await actorsOf(OTHER)]).toEqual([[attacker], [attacker]]);
  expect(world.failures).toEqual([]);
});

describe('how far the events of a vault have arrived', () => {
  test('is noted: the guardian’s own reads are among them', async () => {
    const world = await made();
    await world.pass(600, 30);
    const known = await recordsOf(world);
    const ageMs = Date.now() - (known?.until.getTime() ?? 0);
    expect(ageMs).toBeGreaterThan(100_000);
    expect(ageMs).toBeLessThan(600_000);
  });

  test('is said in an alert where none has arrived yet', async () => {
    const world = await made({ behaviours: { logsShowAfterMs: { least: 3_600_000, longest: 3_600_000 } } });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 5);
    const [told] = world.alerts.filter(({ incident }) => incident.kind === 'version-disabled');
    expect(told?.incident).toMatchObject({ eventsUntil: null });
    expect(told?.incident.who).toBeUndefined();
  });

  test('is said in an alert whose actor is not known yet', async () => {
    const world = await made();
    await world.pass(600, 30);
    const { until } = (await recordsOf(world)) ?? {};
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 5);
    const [told] = world.alerts.filter(({ incident }) => incident.kind === 'version-disabled');
    expect(told?.incident.who).toBeUndefined();
    expect(told?.incident.eventsUntil?.getTime()).toBeGreaterThanOrEqual(until?.getTime() ?? Number.NaN);
  });

  test('is noted with the periods that they cover: from the start on, as long as they are sent', async () => {
    const world = await made();
    const began = new Date();
    await world.pass(3_600, 60);
    const known = await recordsOf(world);
    expect(known?.periods).toHaveLength(1);
    const until = known && knownUntil(known, later(began, 300_000));
    expect(Date.now() - (until?.getTime() ?? 0)).toBeLessThan(35 * 60_000);
    world.azure.monitor.sendLogs(VAULT, undefined);
    await world.pass(1_200, 60);
    world.azure.monitor.sendLogs(VAULT, { workspace: WORKSPACE, table: 'AZKVAuditLogs' });
    await world.pass(3_600, 60);
    const after = await recordsOf(world);
    expect(after?.periods).toHaveLength(2);
    const gap = after && knownUntil(after, later(began, 300_000));
    expect(Math.abs((gap?.getTime() ?? 0) - later(began, 3_600_000).getTime())).toBeLessThanOrEqual(600_000);
  });

  test('is alerted where none arrive, with what is missing, until they do', async () => {
    const world = await made();
    world.azure.monitor.sendLogs(VAULT, undefined);
    await world.pass(85 * 60, 60);
    expect(toldOf(world, 'records-missing')).toEqual([]);
    await world.pass(600, 60);
    expect(toldOf(world, 'records-missing')).toEqual([
      ['opened', expect.stringMatching(/prod-disks.*diagnostic setting/)],
    ]);
    world.azure.monitor.sendLogs(VAULT, { workspace: WORKSPACE, table: 'AzureDiagnostics' });
    await world.pass(600, 60);
    expect(toldOf(world, 'records-missing').map(([event]) => event)).toEqual(['opened', 'resolved']);
  });

  test('is alerted where the daily cap drops them', async () => {
    const world = await made();
    world.azure.behaviours.cappedLogTables = ['AZKVAuditLogs', 'AzureDiagnostics'];
    await world.pass(100 * 60, 60);
    expect(toldOf(world, 'records-missing').map(([event]) => event)).toEqual(['opened']);
  });
});

describe('the last use of a version', () => {
  test.each(tables)('is noted for each user, from %s', async (monitor) => {
    const world = await made({ monitor });
    const state = world.azure.state(VAULT, 'disk-a');
    const version = state.kind === 'present' ? (state.versions[0]?.version ?? '') : '';
    const disk = world.as('disk');
    await disk.wrapAndUnwrap(VAULT, 'disk-a', version);
    await world.pass(120, 10);
    const lastMs = Date.now();
    await disk.wrapAndUnwrap(VAULT, 'disk-a', version);
    await world.pass(600, 10);
    const uses = (await recordsOf(world))?.uses ?? {};
    expect(Object.keys(uses)).toEqual([`disk-a/${version}`]);
    expect(Object.keys(uses[`disk-a/${version}`] ?? {})).toEqual([oid(world, 'disk')]);
    expect(Math.abs((uses[`disk-a/${version}`]?.[oid(world, 'disk')]?.last.getTime() ?? 0) - lastMs)).toBeLessThan(
      1_000,
    );
  });

  test('by somebody whom the policy does not know is alerted, and is no use by a known user', async () => {
    const world = await made();
    world.changePolicy({
      vaults: [{ name: VAULT, mode: 'block', knownUsers: ['d15cd15c-0000-4000-8000-000000000001'] }],
    });
    const state = world.azure.state(VAULT, 'disk-a');
    const version = state.kind === 'present' ? (state.versions[0]?.version ?? '') : '';
    await world.as('disk').wrapAndUnwrap(VAULT, 'disk-a', version);
    await world.pass(600, 10);
    expect((await recordsOf(world))?.uses).toEqual({});
    expect((await world.incidents(VAULT, 'disk-a')).map(({ who }) => who?.oid)).toEqual([oid(world, 'disk')]);
  });

  test('is noted for the users that a survey found, where the policy names none', async () => {
    const version = '1'.repeat(32);
    const world = await made({
      vaults: [{ name: VAULT, keys: [{ ...usable, versions: usable.versions.map((one) => ({ ...one, version })) }] }],
      graph: {
        subscriptions: [subscriptionRow(SUBSCRIPTION)],
        vaults: [vaultRow(VAULT)],
        sets: [setRow('des-a', keyUrl(VAULT, 'disk-a', version))],
      },
    });
    await world.as('disk').wrapAndUnwrap(VAULT, 'disk-a', version);
    await world.pass(600, 10);
    expect((await recordsOf(world))?.uses).toEqual({});
    expect(await whoOf(world, 'disk-a')).toEqual([oid(world, 'disk')]);
  });

  test.each(tables)(
    'is noted for a user of another tenant by its application, from %s, and for no person who calls through one',
    async (monitor) => {
      const version = '1'.repeat(32);
      const options = {
        monitor,
        vaults: [{ name: VAULT, keys: [{ ...usable, versions: usable.versions.map((one) => ({ ...one, version })) }] }],
      };
      const { azure } = await made(options);
      const applications = ['disk', 'owner'].map((name) => azure.identities.get(name)?.appid ?? '');
      const url = keyUrl(VAULT, 'disk-a', version);
      const world = await made({
        ...options,
        graph: {
          subscriptions: [subscriptionRow(SUBSCRIPTION)],
          vaults: [vaultRow(VAULT)],
          sets: applications.map((federatedClientId) => setRow(`des-${federatedClientId}`, url, { federatedClientId })),
        },
      });
      await world.as('disk').wrapAndUnwrap(VAULT, 'disk-a', version);
      await world.as('owner').wrapAndUnwrap(VAULT, 'disk-a', version);
      await world.pass(600, 10);
      const uses = (await recordsOf(world))?.uses[`disk-a/${version}`];
      expect(Object.keys(uses ?? {})).toEqual([applications[0]?.toLowerCase()]);
      expect(await whoOf(world, 'disk-a')).toEqual([oid(world, 'owner')]);
    },
  );
});
