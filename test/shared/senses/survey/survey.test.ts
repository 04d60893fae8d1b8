import { afterEach, describe, expect, test } from 'vitest';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import { resetClock } from '../../../../local/clock.ts';
import { diagnosticSettingResource, groupId, vaultEventResources } from '../../../../local/resources.ts';
import { firstLine } from '../../../../shared/alerts/text.ts';
import { hangingOn } from '../../../../shared/domain/hanging.ts';
import type { Incident } from '../../../../shared/domain/incident.ts';
import { guardedVaults } from '../../../../shared/domain/policy.ts';
import { GUARDIAN } from '../../../../shared/domain/subject.ts';
import { GraphRefused } from '../../../../shared/errors.ts';
import type { Graph } from '../../../../shared/estate/graph.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import type { Ports } from '../../../../shared/ports.ts';
import { SURVEYED } from '../../../../shared/register/scope.ts';
import { askSurvey } from '../../../../shared/senses/survey/plan.ts';
import { readEstate } from '../../../../shared/senses/survey/read.ts';
import { survey } from '../../../../shared/senses/survey/survey.ts';
import { alertUnwired } from '../../../../shared/senses/survey/wiring.ts';
import { type FakeRows, subscriptionRow } from '../../../fakes/graph.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { seedKey } from '../../../simulation/end-state.ts';
import { createWorld, type World, type WorldOptions } from '../../../simulation/world.ts';
import {
  diskRow,
  graphRow,
  keyUrl,
  machineRow,
  OBJECT_ID,
  SUBSCRIPTION,
  setId,
  setRow,
  vaultRow,
} from '../../estate/rows.ts';

const VAULT = 'prod-disks';
const OTHER = 'prod-other';
const [V1, V2] = ['1'.repeat(32), '2'.repeat(32)] as const;
const HOUR_S = 3_600;
const OTHER_SUBSCRIPTION = '22222222-0000-4000-8000-000000000002';

afterEach(resetClock);

const vaults = [
  { name: VAULT, keys: [seedKey('disk-a', [{ version: V1 }, { version: V2 }]), seedKey('disk-b', [{}])] },
  { name: OTHER, keys: [seedKey('disk-c', [{}])] },
];

/** A set with one disk and its machine on the newer version of `disk-a`, and one of another vault. */
const ESTATE = {
  subscriptions: [subscriptionRow(SUBSCRIPTION)],
  vaults: [vaultRow(VAULT), vaultRow(OTHER)],
  sets: [setRow('des-a', keyUrl(VAULT, 'disk-a', V2)), setRow('des-c', keyUrl(OTHER, 'disk-c', V1))],
  disks: [diskRow('os-1', { setId: setId('des-a'), managedBy: machineRow('web-1').id })],
  machines: [machineRow('web-1')],
} satisfies FakeRows;

/** A guardian of one of two vaults that has made its first survey. */
async function surveyedWorld(more: Partial<WorldOptions> = {}, mode = 'block'): Promise<World> {
  stopAt();
  const policy = { vaults: [{ name: VAULT, mode }] };
  const world = await createWorld({ vaults, policy, graph: ESTATE, ...more });
  await world.sentry();
  await world.pass(60, 10);
  return world;
}

const uses = async ({ ports }: World, vault: string) =>
  new Map((await ports.tables.uses.list(vault)).stored.map(({ row, value }) => [row.row, value]));
const writesOf = async (world: World, work: () => Promise<unknown>): Promise<number> => {
  const before = await etags(world);
  await work();
  const after = await etags(world);
  return [...after].filter(([row, etag]) => before.get(row) !== etag).length;
};
const etags = async ({ tables }: World): Promise<ReadonlyMap<string, string>> => {
  const rows = [...(await tables.uses.list()), ...(await tables.vaults.list(SURVEYED))];
  return new Map(rows.map(({ partition, row, etag }) => [`${partition}/${row}`, etag]));
};
const surveyNow = async (world: World): Promise<void> => {
  await world.pass(1);
  await askSurvey(world.ports);
  await world.settle();
};
const own = async ({ ports }: World, kind: string): Promise<readonly Incident[]> =>
  (await readIncidents(ports, GUARDIAN)).stored.map(({ value }) => value).filter((one) => one.kind === kind);
const unguarded = async (world: World, vault: string): Promise<readonly Incident[]> =>
  (await world.incidents(vault)).filter(({ kind }) => kind === 'key-unguarded');
const refusing = (ports: Ports, graph: Graph): Ports => Object.create(ports, { graph: { value: graph } });

describe('a survey', () => {
  test('is made at the start, and keeps what hangs on each key that is in use', async () => {
    const world = await surveyedWorld();
    expect((await uses(world, VAULT)).get('disk-a')).toMatchObject({
      users: [{ kind: 'disk-encryption-set', name: 'des-a', versions: [V2], objectIds: [OBJECT_ID], disks: 1 }],
      machines: [{ name: 'web-1', power: 'running' }],
    });
    expect([...(await uses(world, VAULT)).keys()]).toEqual(['disk-a']);
    expect(world.failures).toEqual([]);
  });

  test('is made again after an hour, and writes only what has changed', async () => {
    const world = await surveyedWorld();
    const startedAt = async () => (await world.ports.tables.surveys.get('survey', 'state'))?.value.lastGoodAt;
    const first = await startedAt();
    expect(await writesOf(world, () => world.pass(HOUR_S + 60, 10))).toBe(0);
    expect(Number(await startedAt()) - Number(first)).toBeGreaterThanOrEqual(HOUR_S * 1_000);
    world.changeGraph({ ...ESTATE, disks: [] });
    expect(await writesOf(world, () => surveyNow(world))).toBe(1);
    expect((await uses(world, VAULT)).get('disk-a')).toMatchObject({ users: [{ disks: 0 }] });
  });

  test('removes what hangs on a key no more', async () => {
    const world = await surveyedWorld();
    world.changeGraph({ ...ESTATE, sets: [], disks: [] });
    await surveyNow(world);
    expect([...(await uses(world, VAULT)).keys()]).toEqual([]);
  });

  test('is made once where it is asked for twice, also by a message that comes again', async () => {
    const world = await surveyedWorld();
    let asked = 0;
    const counting: Graph = {
      rows(query, subscriptions) {
        if (query === 'subscriptions') asked += 1;
        return world.ports.graph.rows(query, subscriptions);
      },
    };
    const ports = refusing(world.ports, counting);
    await world.pass(1);
    const message = { askedAt: new Date() };
    await survey(message, ports);
    await survey(message, ports);
    expect(asked).toBe(1);
  });

  test('waits for one that began before it was asked for, and comes after it', async () => {
    const world = await surveyedWorld();
    let go = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow: Graph = {
      async *rows(query, subscriptions) {
        await waiting;
        yield* world.ports.graph.rows(query, subscriptions);
      },
    };
    await world.pass(1);
    const running = survey({ askedAt: new Date() }, refusing(world.ports, slow));
    await world.pass(1);
    world.changeGraph({ ...ESTATE, sets: [], disks: [] });
    await askSurvey(world.ports);
    await world.settle();
    expect((await uses(world, VAULT)).size).toBe(1);
    go();
    await running;
    await world.pass(61);
    expect((await uses(world, VAULT)).size).toBe(0);
  });

  test('that is killed is made again within a quarter of an hour', async () => {
    let kill = true;
    const world = await surveyedWorld({
      onStorage(name) {
        if (name === 'uses.insert' && kill) throw new Error('the process is gone');
      },
    });
    expect((await uses(world, VAULT)).size).toBe(0);
    kill = false;
    await world.pass(16 * 60, 10);
    expect((await uses(world, VAULT)).size).toBe(1);
  });

  test('that cannot be read leaves what was known, and operators are alerted once two were missed', async () => {
    const world = await surveyedWorld();
    const refused = { rows: () => refusal() } satisfies Graph;
    const failing = refusing(world.ports, refused);
    await world.pass(1);
    await survey({ askedAt: new Date() }, failing);
    expect((await uses(world, VAULT)).size).toBe(1);
    Object.assign(world.ports.graph, refused);
    await world.pass(2 * HOUR_S, 30);
    expect(await own(world, 'guardian-unwell')).toEqual([]);
    await world.pass(0.5 * HOUR_S, 30);
    const [told] = await own(world, 'guardian-unwell');
    expect(told).toMatchObject({ reason: 'survey-missed', audience: 'operators', state: 'open' });
    expect(told?.summary).toContain('too many queries were sent');
    expect((await uses(world, VAULT)).size).toBe(1);
  });

  test('is good again after it failed, which ends the incident', async () => {
    const world = await surveyedWorld({ graph: {} });
    await world.pass(2.5 * HOUR_S, 30);
    expect(await own(world, 'guardian-unwell')).toMatchObject([{ reason: 'survey-missed', state: 'open' }]);
    world.changeGraph(ESTATE);
    await world.pass(0.5 * HOUR_S, 30);
    expect(await own(world, 'guardian-unwell')).toMatchObject([{ reason: 'survey-missed', state: 'resolved' }]);
  });
});

/** What Resource Graph answers while it is throttled. */
const refusal = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(new GraphRefused('throttled', undefined, { status: 429, code: undefined })),
  }),
});

describe('a subscription that cannot be read', () => {
  const both = {
    ...ESTATE,
    subscriptions: [subscriptionRow(SUBSCRIPTION), subscriptionRow(OTHER_SUBSCRIPTION)],
    sets: [
      ...ESTATE.sets,
      setRow('des-far', keyUrl(VAULT, 'disk-b', V1), {
        id: `/subscriptions/${OTHER_SUBSCRIPTION}/resourceGroups/far/providers/Microsoft.Compute/diskEncryptionSets/des-far`,
        subscriptionId: OTHER_SUBSCRIPTION,
      }),
    ],
  } satisfies FakeRows;
  const policy = { vaults: [{ name: VAULT, mode: 'block' }], subscriptions: [OTHER_SUBSCRIPTION] };

  test('keeps what was known of it, and operators are alerted once two surveys could not read it', async () => {
    const world = await surveyedWorld({ graph: both, policy });
    expect((await uses(world, VAULT)).has('disk-b')).toBe(true);
    world.changeGraph(ESTATE);
    await surveyNow(world);
    expect((await uses(world, VAULT)).get('disk-b')).toMatchObject({
      users: [{ name: 'des-far' }],
      unknown: [`subscription ${OTHER_SUBSCRIPTION} cannot be read`],
    });
    expect(await own(world, 'guardian-unwell')).toEqual([]);
    await world.pass(3.5 * HOUR_S, 30);
    expect(await own(world, 'guardian-unwell')).toMatchObject([
      { reason: 'survey-missed', state: 'open', summary: expect.stringContaining(OTHER_SUBSCRIPTION) },
    ]);
    world.changeGraph(both);
    await surveyNow(world);
    expect(await own(world, 'guardian-unwell')).toMatchObject([{ state: 'resolved' }]);
  });

  test('is unread as well where only earlier surveys read it, and is taken to be gone after a week', async () => {
    const world = await surveyedWorld({ graph: both, policy: { vaults: [{ name: VAULT }] } });
    world.changeGraph(ESTATE);
    await surveyNow(world);
    expect((await uses(world, VAULT)).get('disk-b')).toMatchObject({ users: [{ name: 'des-far' }] });
    await world.pass(7 * 24 * HOUR_S, HOUR_S);
    await surveyNow(world);
    expect((await uses(world, VAULT)).has('disk-b')).toBe(false);
  });
});

test('a set whose key cannot be read is told of every key: nobody can say that nothing uses one', async () => {
  const sets = [...ESTATE.sets, setRow('des-odd', 'contoso-disks.vault.azure.net/keys/disk-b')];
  const world = await surveyedWorld({ graph: { ...ESTATE, sets } });
  const { surveyed } = world.ports.scope;
  expect(hangingOn({ vault: VAULT, key: 'disk-b' }, undefined, surveyed)).toMatchObject({
    kind: 'unknown',
    says: expect.stringContaining('The key of the disk encryption set des-odd could not be read'),
  });
});

test('of what could not be read the row of a vault has ten sentences at most', async () => {
  const disks = Array.from({ length: 30 }, (_, at) => diskRow(`lost-${at}`, { setId: setId(`hidden-${at}`) }));
  const world = await surveyedWorld({ graph: { ...ESTATE, disks } });
  expect(world.ports.scope.surveyed.vaults.get(VAULT)?.unknown).toHaveLength(10);
});

describe('a vault that the policy does not name', () => {
  test('is an incident of operators where one of its keys is in use, with what hangs on it', async () => {
    const world = await surveyedWorld();
    const [incident] = await unguarded(world, OTHER);
    expect(incident).toMatchObject({ audience: 'operators', severity: 'warning', state: 'open' });
    expect(incident?.summary).toBe(
      'A key is in use and not guarded: prod-other/disk-c (1 disk encryption set). Name the vault in policy.json and infra/vaults.json, or its subscription in policy.json, then deploy.',
    );
    world.changeGraph({ ...ESTATE, sets: ESTATE.sets.slice(0, 1) });
    await surveyNow(world);
    expect(await unguarded(world, OTHER)).toMatchObject([{ state: 'resolved' }]);
  });

  test('is guarded in alert where the policy names its subscription, and operators are alerted of it once', async () => {
    const policy = { vaults: [{ name: VAULT, mode: 'block' }], subscriptions: [SUBSCRIPTION.toUpperCase()] };
    const world = await surveyedWorld({ policy });
    expect(guardedVaults(world.ports.policy)).toEqual([VAULT, OTHER]);
    expect(await own(world, 'vault-found')).toMatchObject([
      { audience: 'operators', state: 'open', summary: expect.stringContaining(OTHER) },
    ]);
    expect(await unguarded(world, OTHER)).toEqual([]);
    await world.pass(120, 10);
    await world.as('attacker').disable(OTHER, 'disk-c');
    await world.pass(120, 10);
    expect(await world.incidents(OTHER, 'disk-c')).toMatchObject([
      { kind: 'version-disabled', judgement: 'withheld: alert-only', state: 'open' },
    ]);
    await world.pass(HOUR_S, 30);
    expect((await own(world, 'vault-found')).length).toBe(1);
  });

  test('stays guarded while nothing uses its keys any more, and ends being guarded once two surveys do not find it', async () => {
    const policy = { vaults: [{ name: VAULT, mode: 'block' }], subscriptions: [SUBSCRIPTION] };
    const world = await surveyedWorld({ policy });
    world.changeGraph({ ...ESTATE, sets: ESTATE.sets.slice(0, 1) });
    await surveyNow(world);
    expect(guardedVaults(world.ports.policy)).toContain(OTHER);
    world.changeGraph({ ...ESTATE, sets: ESTATE.sets.slice(0, 1), vaults: ESTATE.vaults.slice(0, 1) });
    await surveyNow(world);
    expect(guardedVaults(world.ports.policy)).toContain(OTHER);
    await surveyNow(world);
    expect(guardedVaults(world.ports.policy)).not.toContain(OTHER);
    expect(world.alerts.filter(({ incident }) => incident.kind === 'policy-loosened')).toEqual([]);
  });

  test('is no longer guarded where the policy names its subscription no more, and everyone is alerted of that', async () => {
    const policy = { vaults: [{ name: VAULT, mode: 'block' }], subscriptions: [SUBSCRIPTION] };
    const world = await surveyedWorld({ policy });
    await world.pass(60, 10);
    world.changePolicy({ vaults: [{ name: VAULT, mode: 'block' }] });
    await world.pass(60, 10);
    expect(await own(world, 'policy-loosened')).toMatchObject([
      { summary: expect.stringContaining(`vault ${OTHER} is left out`) },
    ]);
    expect(await unguarded(world, OTHER)).toMatchObject([{ state: 'open' }]);
  });
});

test('a key that a pattern of the policy leaves out is an incident where something needs it', async () => {
  const policy = { vaults: [{ name: VAULT, mode: 'block', keys: [{ pattern: 'disk-a', guard: false }] }] };
  const world = await surveyedWorld({ policy });
  const [incident] = await unguarded(world, VAULT);
  expect(incident?.summary).toBe(
    'A key is in use and not guarded: prod-disks/disk-a (1 disk encryption set (1 disk), 1 machine, 1 running). A pattern of the policy leaves it out: change policy.json, then deploy.',
  );
});

test('keys of a Managed HSM are an incident once, also after a person has closed it', async () => {
  const hsm = setRow('des-hsm', 'https://prod-hsm.managedhsm.azure.net/keys/disk-h/1');
  const world = await surveyedWorld({ graph: { ...ESTATE, sets: [hsm] } });
  const [incident] = await own(world, 'key-unguarded');
  expect(incident).toMatchObject({
    reason: 'managed-hsm',
    state: 'open',
    summary: expect.stringContaining('prod-hsm'),
  });
  await surveyNow(world);
  expect((await own(world, 'key-unguarded')).length).toBe(1);
});

describe('what a survey found', () => {
  const first = (world: World, kind: string): string => {
    const alert = world.alerts.find(({ incident }) => incident.kind === kind);
    return alert === undefined ? 'nobody was alerted' : firstLine(alert, alert.incident.since);
  };

  test('is in an alert: disks fail where a disk hangs on the version', async () => {
    const world = await surveyedWorld({}, 'alert');
    await world.as('attacker').disable(VAULT, 'disk-a', V2);
    await world.pass(70, 10);
    expect(first(world, 'version-disabled')).toMatch(/^critical: prod-disks\/disk-a: disks fail in 1 h/);
    expect(world.alerts.find(({ incident }) => incident.kind === 'version-disabled')?.incident.hangs).toMatchObject({
      kind: 'disks',
      says: '1 disk encryption set (1 disk), 1 machine, 1 running',
      machines: [{ name: 'web-1', power: 'running' }],
    });
  });

  test('is in an alert: nothing is known to use a version that no user needs, which is found within the hour', async () => {
    const world = await surveyedWorld({}, 'alert');
    await world.as('attacker').disable(VAULT, 'disk-a', V1);
    await world.pass(1.1 * HOUR_S, 10);
    expect(first(world, 'version-disabled')).toMatch(
      /^error: prod-disks\/disk-a: nothing is known to use it; not restored: /,
    );
    const told = world.alerts.find(({ incident }) => incident.kind === 'version-disabled')?.incident;
    expect(told?.deadline).toBeUndefined();
    expect(told?.hangs?.says).toMatch(/^nothing is known to use it, as of \d{4}-/);
  });

  test('is in an alert: where no survey read the vault the deadline stands, and what hangs on it is not known', async () => {
    const world = await surveyedWorld({ graph: { subscriptions: [subscriptionRow(SUBSCRIPTION)] } }, 'alert');
    await world.as('attacker').disable(VAULT, 'disk-a', V1);
    await world.pass(70, 10);
    expect(first(world, 'version-disabled')).toMatch(/: disks fail in 1 h/);
    expect(world.alerts.find(({ incident }) => incident.kind === 'version-disabled')?.incident.hangs).toEqual({
      kind: 'unknown',
      says: 'what hangs on it is not known: no survey has read its vault',
    });
  });

  test('says which versions are watched each minute: those that a known user needs, of the older ones', async () => {
    const estate = { ...ESTATE, sets: [setRow('des-a', keyUrl(VAULT, 'disk-a', V1))] };
    for (const [graph, seconds] of [
      [estate, 90],
      [ESTATE, 3_000],
    ] as const) {
      const world = await surveyedWorld({ graph });
      await world.pass(60, 10);
      await world.as('attacker').disable(VAULT, 'disk-a', V1);
      const from = Date.now();
      for (let waited = 0; waited < 1.2 * HOUR_S && world.changes() === 0; waited += 10) await world.pass(10, 10);
      const tookSeconds = (Date.now() - from) / 1_000;
      if (seconds === 90) expect(tookSeconds).toBeLessThanOrEqual(90);
      else expect(tookSeconds).toBeGreaterThan(90);
      expect(world.changes()).toBe(1);
    }
  });

  test('makes known users: whoever else unwraps is an incident', async () => {
    const unwrapsAs = (oid: string) => ({
      records: [
        {
          time: new Date().toISOString(),
          category: 'AuditEvent',
          operationName: 'KeyUnwrap',
          identity: { claim: { oid } },
          properties: { id: `https://${VAULT}.vault.azure.net/keys/disk-a/${V2}`, httpStatusCode: 200 },
        },
      ],
    });
    const world = await surveyedWorld();
    await world.auditMessages([unwrapsAs(OBJECT_ID.toUpperCase())]);
    expect(await world.incidents(VAULT, 'disk-a')).toEqual([]);
    await world.auditMessages([unwrapsAs('somebody')]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ kind: 'unexpected-use', reason: 'unknown-user' }]);
  });

  test('names the role assignment that let somebody act', async () => {
    const role = '/subscriptions/x/providers/microsoft.authorization/roledefinitions/crypto';
    const assignment = '0aa1b2c3-0000-4000-8000-000000000009';
    const graph = {
      ...ESTATE,
      'role-definitions': [
        graphRow('role-definitions', {
          id: role,
          roleName: 'Key Vault Crypto Officer',
          permissions: [{ dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
        }),
      ],
      'role-assignments': [
        graphRow('role-assignments', {
          id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/${assignment}`,
          principalId: 'group-1',
          principalType: 'Group',
          roleDefinitionId: role,
          scope: `/subscriptions/${SUBSCRIPTION}`,
        }),
      ],
    } satisfies FakeRows;
    const world = await surveyedWorld({ graph });
    await world.as('attacker').disable(VAULT, 'disk-a', V2);
    await world.pass(70, 10);
    const state = world.azure.state(VAULT, 'disk-a');
    expect(state.kind).toBe('present');
    const at = world.azure.log.find(({ operation, identity }) => operation === 'update' && identity === 'attacker')?.at;
    await world.auditMessages([
      {
        records: [
          {
            time: at?.toISOString(),
            category: 'AuditEvent',
            operationName: 'KeyUpdate',
            identity: { claim: { oid: 'mallory' } },
            properties: {
              id: `https://${VAULT}.vault.azure.net/keys/disk-a/${V2}`,
              httpStatusCode: 200,
              appliedAssignmentId: assignment.replaceAll('-', ''),
            },
          },
        ],
      },
    ]);
    const [incident] = await world.incidents(VAULT, 'disk-a');
    expect(incident?.who).toEqual({
      oid: 'mallory',
      assignment: {
        id: assignment.replaceAll('-', ''),
        says: `Key Vault Crypto Officer of group group-1 at /subscriptions/${SUBSCRIPTION}`,
      },
    });
  });
});

describe('the rights of the guardian in a vault', () => {
  const WATCHER = '0f0e0d0c-0000-4000-8000-00000000000a';
  const KEEPER = '0f0e0d0c-0000-4000-8000-00000000000b';
  const READS = 'Microsoft.KeyVault/vaults/keys/read';
  const RESTORES = ['update/action', 'recover/action'].map((act) => `Microsoft.KeyVault/vaults/keys/${act}`);
  const roleOf = (name: string): string => `/subscriptions/x/providers/microsoft.authorization/roledefinitions/${name}`;
  const role = (name: string, dataActions: readonly string[]) =>
    graphRow('role-definitions', { id: roleOf(name), roleName: name, permissions: [{ dataActions }] });
  const given = (name: string, principalId: string, principalType = 'ServicePrincipal') =>
    graphRow('role-assignments', {
      id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/${name}-${principalId}`,
      ...{ principalId: principalId.toUpperCase(), principalType, roleDefinitionId: roleOf(name) },
      scope: `/subscriptions/${SUBSCRIPTION}`,
    });
  const roles = [role('reads', [READS]), role('restores', [READS, ...RESTORES])];

  /** What is found to lack after a survey of such rows. */
  async function lackIn(rows: FakeRows, policies: readonly object[] = [], isRbac = true) {
    stopAt();
    const vault = vaultRow(VAULT, { rbac: isRbac, accessPolicies: policies });
    const graph = { ...ESTATE, vaults: [vault], 'role-definitions': roles, ...rows };
    const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT, mode: 'block' }] }, graph });
    const settings = { ...world.ports.settings, objectIds: { watcher: WATCHER, keeper: KEEPER } };
    const ports = { ...world.ports, settings };
    const read = async () => alertUnwired(await readEstate(new Date(), ports), ports);
    await read();
    const lacking = async () =>
      (await world.incidents(VAULT))
        .filter(({ reason, state }) => reason === 'not-wired' && state === 'open')
        .map(({ summary }) => /to the guardian: (.*)\.$/.exec(summary)?.[1]);
    return { world, read, lacking };
  }

  const all = [given('reads', WATCHER), given('restores', KEEPER)];
  test.each<[string, FakeRows, readonly string[]]>([
    ['are all there', { 'role-assignments': all }, []],
    [
      'are not those of the keeper',
      { 'role-assignments': [given('reads', WATCHER), given('reads', KEEPER)] },
      [`the identity keeper lacks ${RESTORES.join(', ')}`],
    ],
    [
      'are none',
      {},
      [`the identity watcher lacks ${READS}; the identity keeper lacks ${[READS, ...RESTORES].join(', ')}`],
    ],
    ['may be those of a group', { 'role-assignments': [given('restores', 'some-group', 'Group')] }, []],
    ['hang on a role that is not shown', { 'role-assignments': [given('hidden', KEEPER)] }, []],
  ])('%s: operators are alerted of %s', async (_, rows, lacking) => {
    expect(await (await lackIn(rows)).lacking()).toEqual(lacking);
  });

  test('by access policies are looked at alike, and the incident ends once they are there', async () => {
    const policy = (objectId: string, ...keys: readonly string[]) => ({ objectId, permissions: { keys } });
    const both = [policy(WATCHER, 'get'), policy(KEEPER, 'all')];
    const { world, read, lacking } = await lackIn({}, both, false);
    expect(await lacking()).toEqual(['the identity watcher lacks list']);
    const whole = [policy(WATCHER, 'get', 'list'), policy(KEEPER, 'all')];
    world.changeGraph({ ...ESTATE, vaults: [vaultRow(VAULT, { rbac: false, accessPolicies: whole })] });
    await read();
    expect(await lacking()).toEqual([]);
  });
});

describe('what a vault sends to the guardian', () => {
  const own = `/subscriptions/${SUBSCRIPTION}/resourceGroups/guardian/providers`;
  const app = `${own}/Microsoft.Web/sites/app`;
  const workspaceId = `${own}/Microsoft.OperationalInsights/workspaces/logs`;
  const hubRuleId = `${own}/Microsoft.EventHub/namespaces/hub-westeurope/authorizationRules/send`;
  const vaultId = vaultRow(VAULT).id;
  const logs = (
    ...to: Parameters<typeof diagnosticSettingResource> extends [string, string, ...infer To] ? To : never
  ) => diagnosticSettingResource(vaultId, 'any', ...to);
  const events = (
    eventType = 'Microsoft.KeyVault.KeyNewVersionCreated',
    functionId = `${app}/functions/key-vault-event`,
  ) =>
    vaultEventResources({ group: groupId(SUBSCRIPTION, 'CONTOSO'), name: 'topic' }, vaultId, {
      ...{ name: 'any', functionId, eventType },
    });
  const toWorkspace = logs({ workspaceId });
  const NO_LOGS = expect.stringMatching(/^no diagnostic setting sends AuditEvent to the guardian/);
  const NO_EVENTS = expect.stringMatching(/^no event subscription sends Microsoft.KeyVault.KeyNewVersionCreated/);

  /** A guardian that wants both, over a vault with these resources. */
  async function wired(resources: readonly Resource[], settings: Partial<Ports['settings']> = {}) {
    stopAt();
    const seeds = vaults.map((vault) => ({ ...vault, subscriptionId: SUBSCRIPTION, resourceGroup: 'CONTOSO' }));
    const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
    const world = await createWorld({ vaults: seeds, policy, graph: ESTATE, resources });
    const wants = { auditDestinations: [workspaceId, hubRuleId].map((id) => id.toLowerCase()), auditHub: 'Audit' };
    const ports: Ports = {
      ...world.ports,
      settings: { ...world.ports.settings, ...wants, appId: app.toLowerCase(), ...settings },
    };
    const read = async () => alertUnwired(await readEstate(new Date(), ports), ports);
    const open = async () =>
      (await world.incidents(VAULT)).filter(({ reason, state }) => reason === 'not-wired' && state === 'open');
    const lacks = async () =>
      (await open()).flatMap(({ summary }) => /to the guardian: (.*)\.$/.exec(summary)?.[1]?.split('; ') ?? []);
    return { world, read, open, lacks };
  }

  test.each<[string, readonly Resource[], readonly unknown[]]>([
    ['nothing', [], [NO_LOGS, NO_EVENTS]],
    ['audit events to its workspace, and events', [toWorkspace, ...events()], []],
    ['audit events to its Event Hub alone, and events', [logs({ hubRuleId, hubName: 'audit' }), ...events()], []],
    ['audit events to another hub', [logs({ hubRuleId, hubName: 'other' }), ...events()], [NO_LOGS]],
    ['audit events to another workspace', [logs({ workspaceId: `${workspaceId}-2` }), ...events()], [NO_LOGS]],
    ['another category of logs', [logs({ workspaceId }, 'AzurePolicyEvaluationDetails'), ...events()], [NO_LOGS]],
    ['events of another type', [toWorkspace, ...events('Microsoft.KeyVault.KeyExpired')], [NO_EVENTS]],
    [
      'events to another function',
      [toWorkspace, ...events(undefined, `${app}-2/functions/key-vault-event`)],
      [NO_EVENTS],
    ],
  ])('is %s: operators are alerted of what is missing', async (_, resources, lacking) => {
    const { read, lacks } = await wired(resources);
    await read();
    expect(await lacks()).toEqual(lacking);
  });

  test('is set up with the command of the alert, and the incident ends once a survey finds all of it', async () => {
    const { world, read, open } = await wired(events());
    await read();
    expect((await open())[0]?.commands).toEqual([
      `az monitor diagnostic-settings create --name key-guardian --resource ${vaultId.toLowerCase()} --workspace ${workspaceId.toLowerCase()} --export-to-resource-specific true --logs '[{"category":"AuditEvent","enabled":true}]'`,
      'npm run connect  # or, instead, sets up all that is missing (in the folder of its deployment)',
    ]);
    world.azure.resourceManager.resources.put(toWorkspace);
    await read();
    expect(await open()).toEqual([]);
  });

  test('is not known where it cannot be read: that opens nothing, ends nothing, and is said beside what is missing', async () => {
    const { world, read, lacks, open } = await wired([toWorkspace]);
    const { azure } = world;
    const broken = {
      match: { path: `${vaultId}/providers/Microsoft.Insights` },
      answer: { kind: 'malformed', body: '<html>' },
    } as const;
    const mended = azure.fault(broken);
    await read();
    expect((await open())[0]?.summary).toContain('Not known is whether its audit events are sent.');
    mended();
    for (const resource of events()) azure.resourceManager.resources.put(resource);
    azure.fault(broken);
    await read();
    expect(await open()).toHaveLength(1);
    azure.clearFaults();
    await read();
    expect(await lacks()).toEqual([]);
    azure.fault(broken);
    await read();
    expect(await open()).toEqual([]);
  });

  test('is not looked at without the right, which operators are alerted of', async () => {
    const { world, read, lacks } = await wired([toWorkspace, ...events()]);
    world.azure.fault({ match: { path: '/subscriptions' }, answer: { kind: 'forbidden-by-permission' } });
    await read();
    expect(await lacks()).toEqual([
      'the identity surveyor lacks Microsoft.Insights/diagnosticSettings/read, so that nobody knows whether its audit events are sent',
      'the identity surveyor lacks Microsoft.EventGrid/systemTopics/read, so that nobody knows whether its events are sent',
    ]);
  });

  test('is nothing that a guardian needs which has neither workspace nor Event Hub, and whose app is not named', async () => {
    const { world, read, open } = await wired([], { auditDestinations: [], appId: undefined });
    await read();
    expect([await open(), world.azure.resourceManager.log]).toEqual([[], []]);
  });
});
