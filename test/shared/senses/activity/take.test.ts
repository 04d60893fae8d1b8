import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../../local/clock.ts';
import { closeIncident } from '../../../../shared/approvals/close.ts';
import type { Incident } from '../../../../shared/domain/incident.ts';
import { vaultSubject } from '../../../../shared/domain/subject.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import { planAccess } from '../../../../shared/senses/activity/ask.ts';
import { takeActivity } from '../../../../shared/senses/activity/take.ts';
import { askSurvey } from '../../../../shared/senses/survey/plan.ts';
import { scheduleOf } from '../../../../shared/senses/sweep/schedule.ts';
import { managing } from '../../../local/azure/resource-manager/managed.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { createWorld, SUBSCRIPTION } from '../../../simulation/world.ts';
import {
  GROUP,
  type Rotating,
  rotating,
  type SeedSet,
  scaleSetUnder,
  setIdOf,
  urlOf,
  V1,
  VAULT,
  VAULT_ID,
} from '../../propagation/rotating.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const AT_VAULT = '?api-version=2023-07-01';
const AT_SET = '?api-version=2024-03-02';
const SETS: readonly SeedSet[] = [{ name: 'des-a' }, { name: 'des-b', key: 'disk-b' }];
const NONE_DELIVERED = { leastMs: 0, longestMs: 0, repeated: 0, dropped: 1 };

interface Watching extends Rotating {
  /** A request to Resource Manager as a person who owns the subscription. */
  write(method: string, path: string, body?: object): Promise<number>;
  /** Delivers the Activity Log's events so far, the newest first, and lets the guardian do what follows. */
  delivered(times?: number): Promise<void>;
  ofVault(kind?: string): Promise<readonly Incident[]>;
}

/** A guardian that has swept and surveyed two sets with a disk each, and hears of writes when a test says so. */
async function watching(sets: readonly SeedSet[] = SETS, more: Parameters<typeof rotating>[1] = {}): Promise<Watching> {
  const on = await rotating(sets, more);
  const { azure, ports, settle } = on.world;
  const events: unknown[] = [];
  azure.onActivity(({ body }) => events.push(...[JSON.parse(body)].flat()));
  return {
    ...on,
    async write(method, path, body) {
      const { status } = await managing(azure, 'person')(method, path, body);
      return status;
    },
    async delivered(times = 1) {
      // What goes on after a 202 has to end first.
      await on.world.pass(2, 1);
      azure.deliverDue();
      azure.flushEvents();
      const all = events.splice(0).toReversed();
      for (let time = 0; time < times; time += 1) for (const event of all) await takeActivity(event, ports);
      await settle();
    },
    async ofVault(kind) {
      const all = (await readIncidents(ports, vaultSubject(VAULT))).stored.map(({ value }) => value);
      return kind === undefined ? all : all.filter((incident) => incident.kind === kind);
    },
  };
}

const open = (incidents: readonly Incident[]): readonly string[] =>
  incidents.filter(({ state }) => state === 'open').map(({ kind }) => kind);

/** Takes the role of a set's identity away, by a request. Gives the object id. */
async function cutRole({ world: { azure }, write }: Watching, name: string): Promise<string> {
  const oid = azure.identities.get(name)?.oid ?? '';
  const [{ id } = { id: '' }] = azure.resourceManager.world.directory.assignmentsOf({ oid, groups: [] });
  expect(await write('DELETE', `${id}?api-version=2022-04-01`)).toBe(200);
  return oid;
}

/** A group with a right on keys: nobody reads who is in it. */
const OPERATORS = {
  ...{ id: `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/a551a551-0000-4000-8000-000000000001` },
  ...{ name: 'a551a551-0000-4000-8000-000000000001', type: 'Microsoft.Authorization/roleAssignments' },
  properties: {
    roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/14b46e9e-c2b7-41b4-b07b-48a6ebf60603`,
    ...{ principalId: '0f0e0d0c-0000-4000-8000-0000000000aa', principalType: 'Group', scope: VAULT_ID },
  },
};

describe('a deleted vault', () => {
  test('is alerted at once, with who did it, the deadline, what hangs on it, and how it is recovered', async () => {
    const on = await watching();
    const at = Date.now();
    expect(await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`)).toBe(200);
    await on.delivered();
    const [deleted] = await on.ofVault('vault-deleted');
    const purged = new Date(at + 90 * 86_400_000).toISOString().slice(0, 10);
    expect(deleted).toMatchObject({
      ...{ severity: 'critical', audience: 'on-call', state: 'open' },
      who: { oid: on.world.azure.identities.get('person')?.oid, kind: 'user', name: 'person@example.com' },
      hangs: { kind: 'disks', says: '2 disk encryption sets (2 disks), 2 machines, 2 running' },
      commands: [
        `az keyvault recover --name ${VAULT} --subscription ${SUBSCRIPTION}  # brings it back, with its keys`,
        expect.stringMatching(
          /^az role assignment create .+ --role 'Key Vault Crypto Service Encryption User' --scope /,
        ),
        expect.stringContaining('d15cd15c-0000-4000-8000-000000000001'),
        expect.stringMatching(/^npm run connect /),
      ],
    });
    expect(deleted?.deadline?.getTime()).toBe((deleted?.since.getTime() ?? 0) + 3_600_000);
    expect(deleted?.summary).toMatch(
      new RegExp(
        `^The vault ${VAULT} was deleted: none of its keys can be used. It can be recovered until ${purged} .+; nobody can purge it before. Recovering brings back its keys and its access policies, but neither its role assignments nor its event subscriptions.$`,
      ),
    );
    const hints = (await on.world.trail()).filter(({ hints: from }) => from?.senses?.includes('activity-log') === true);
    expect(hints).toHaveLength(1);
    expect(on.world.failures).toEqual([]);
  });

  test.each(['forbidden-by-permission', 'throttled'] as const)(
    'is alerted, and not as lost, while the list of deleted vaults cannot be read: %s',
    async (kind) => {
      const on = await watching();
      const path = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.KeyVault/deletedVaults`;
      const allow = on.world.azure.fault({ match: { path }, answer: { kind } });
      await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
      await on.delivered();
      const [deleted] = await on.ofVault('vault-deleted');
      expect(deleted).toMatchObject({ state: 'open', who: { name: 'person@example.com' } });
      expect(deleted?.summary).toContain('Whether it can be recovered is not known: ');
      expect(deleted?.summary).not.toContain('purged');
      expect(deleted?.commands[0]).toBe(
        `az keyvault recover --name ${VAULT} --subscription ${SUBSCRIPTION}  # brings it back, with its keys`,
      );
      expect(on.world.failures).toEqual([]);
      allow();
      await on.minutes(6);
      expect((await on.ofVault('vault-deleted')).map(({ summary }) => summary)).toEqual([
        expect.stringContaining('It can be recovered until'),
      ]);
    },
  );

  test('is not laid to whoever wrote to it before, and whose event comes first', async () => {
    const on = await watching();
    const events: unknown[] = [];
    on.world.azure.onActivity(({ body }) => events.push(...[JSON.parse(body)].flat()));
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { tags: { a: 'b' } });
    await on.minutes(10);
    on.world.azure.flushEvents();
    const [tagged] = events;
    await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
    await takeActivity(tagged, on.world.ports);
    await on.world.settle();
    const [unnamed] = await on.ofVault('vault-deleted');
    expect(unnamed).toMatchObject({ state: 'open' });
    expect(unnamed?.who).toBeUndefined();
    await on.delivered();
    expect((await on.ofVault('vault-deleted')).map(({ who }) => who?.name)).toEqual(['person@example.com']);
  });

  test('that is recovered ends it; its sets have no role any more, which is alerted instead', async () => {
    const on = await watching();
    await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
    await on.delivered();
    await on.write('PUT', `${VAULT_ID}${AT_VAULT}`, { properties: { createMode: 'recover' } });
    await on.delivered();
    expect(open(await on.ofVault()).filter((kind) => kind !== 'guardian-blind')).toEqual(['access-cut']);
  });

  test('whose event is lost is found by the next survey', async () => {
    const on = await watching();
    on.world.azure.behaviours.activityDelivery = NONE_DELIVERED;
    await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
    await on.delivered();
    expect(await on.ofVault('vault-deleted')).toEqual([]);
    await on.minutes(62);
    expect(open(await on.ofVault('vault-deleted'))).toHaveLength(1);
  });

  test('that is purged is told as lost, in the same incident', async () => {
    const on = await watching(SETS, {
      vaults: [
        {
          ...{ name: VAULT, subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-keys', purgeProtection: false },
          keys: ['disk-a', 'disk-b'].map((name) => ({
            name,
            versions: [{ version: V1, keyOps: ['wrapKey' as const, 'unwrapKey' as const] }],
          })),
        },
      ],
    });
    await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
    await on.delivered();
    // By then no survey knows the id of the vault any more.
    await on.minutes(125);
    expect((await on.ofVault('vault-deleted'))[0]?.summary).toContain('anybody with the right to purge');
    const deleted = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/${VAULT}`;
    await on.write('POST', `${deleted}/purge${AT_VAULT}`);
    await on.world.pass(10, 1);
    await on.delivered();
    const incidents = await on.ofVault('vault-deleted');
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.summary).toContain('it was purged, or moved, and `az keyvault recover` no longer helps');
    expect(incidents[0]?.commands).toEqual([]);
  });
});

describe('access that is cut', () => {
  test('while Resource Manager refuses for longer than a message is tried is alerted once it answers, and ends likewise', async () => {
    const on = await watching();
    const refusing = async (): Promise<void> => {
      const clear = on.world.azure.fault({
        match: { path: VAULT_ID, method: 'GET' },
        answer: { kind: 'throttled', retryAfterSeconds: 17 },
      });
      await on.delivered();
      await on.minutes(7);
      clear();
    };
    await cutRole(on, 'des-a');
    await refusing();
    expect(await on.ofVault('access-cut')).toEqual([]);
    await on.minutes(5);
    expect(open(await on.ofVault('access-cut'))).toHaveLength(1);
    expect((await on.ofVault('access-cut'))[0]?.who?.name).toBe('person@example.com');
    on.world.azure.resourceManager.assignRole('des-a', {
      role: 'Key Vault Crypto Service Encryption User',
      scope: VAULT_ID,
    });
    await refusing();
    expect(open(await on.ofVault('access-cut'))).toHaveLength(1);
    await on.minutes(5);
    expect(open(await on.ofVault('access-cut'))).toEqual([]);
    const hints = (await on.world.trail()).filter(({ hints: from }) => from?.senses?.includes('activity-log') === true);
    expect(new Set(hints.map(({ id }) => id)).size).toBe(1);
  });

  test('by a firewall without a bypass is alerted while role assignments cannot be read', async () => {
    const on = await watching();
    const path = `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments`;
    const readable = on.world.azure.fault({ match: { path }, answer: { kind: 'forbidden-by-permission' } });
    const closed = { properties: { networkAcls: { defaultAction: 'Deny', bypass: 'None' } } };
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, closed);
    await on.delivered();
    const [cut] = await on.ofVault('access-cut');
    expect(cut).toMatchObject({ state: 'open', summary: expect.stringMatching(/^The firewall of the vault/) });
    expect(on.world.failures).toEqual([]);
    readable();
    await on.minutes(6);
    // Another fault of the same sets is no second incident, and the first one's deadline stays.
    await cutRole(on, 'des-a');
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { properties: { networkAcls: { defaultAction: 'Allow' } } });
    await on.delivered();
    const [later, ...others] = await on.ofVault('access-cut');
    expect(others).toEqual([]);
    expect(later).toMatchObject({
      state: 'open',
      deadline: cut?.deadline,
      summary: expect.stringMatching(/^des-a: Its/),
    });
  });

  test('by a firewall is alerted without role assignments also beside a role that may be lost', async () => {
    const on = await watching(SETS, { resources: [OPERATORS] });
    await cutRole(on, 'des-a');
    await on.delivered(2);
    const path = `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments`;
    on.world.azure.fault({ match: { path }, answer: { kind: 'forbidden-by-permission' } });
    const closed = { properties: { networkAcls: { defaultAction: 'Deny', bypass: 'None' } } };
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, closed);
    await on.delivered();
    expect((await on.ofVault('access-cut')).map(({ reason }) => reason).toSorted()).toEqual(['role-lost', 'vault']);
  });

  test('of a set under which is a scale set alone is alerted with a deadline', async () => {
    const on = await watching([{ name: 'des-a', hasDisk: false }], { resources: [scaleSetUnder('des-a')] });
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity: { type: 'None' } });
    await on.delivered();
    const [cut] = (await on.incidents('des-a')).filter(({ kind }) => kind === 'access-cut');
    expect(cut).toMatchObject({ state: 'open', hangs: { kind: 'disks' }, deadline: expect.any(Date) });
  });

  test('of a set that no survey has found is read again, and alerted once a survey says what hangs on it', async () => {
    const on = await watching([{ name: 'des-a' }]);
    const { uses } = on.world.ports.tables;
    for (const stored of (await uses.list()).stored) await uses.remove(stored);
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity: { type: 'None' } });
    await on.delivered();
    const cut = async () => (await on.incidents('des-a')).filter(({ kind }) => kind === 'access-cut');
    expect(await cut()).toEqual([]);
    await askSurvey(on.world.ports);
    await on.minutes(6);
    expect(open(await cut())).toEqual(['access-cut']);
  });

  test('by a role assignment that is deleted is alerted with its cause, who did it, and the command that puts it back', async () => {
    const on = await watching();
    const oid = await cutRole(on, 'des-a');
    await on.delivered();
    const [cut] = await on.ofVault('access-cut');
    expect(cut).toMatchObject({
      ...{ reason: 'vault', severity: 'critical', audience: 'on-call', state: 'open' },
      summary: `des-a: Its identity ${oid} is not allowed to get, wrap, unwrap in the vault ${VAULT}: its disks fail.`,
      who: { oid: on.world.azure.identities.get('person')?.oid },
      hangs: { kind: 'disks', says: '1 disk encryption set (1 disk)' },
      commands: [expect.stringContaining(`--assignee-object-id ${oid}`)],
    });
    expect(cut?.deadline?.getTime()).toBe((cut?.since.getTime() ?? 0) + 3_600_000);
  });

  test('where a group holds the right is alerted once, says that its members are not read, and is closed by a person', async () => {
    const on = await watching(SETS, { resources: [OPERATORS] });
    const oid = await cutRole(on, 'des-a');
    await on.delivered(2);
    const [cut] = await on.ofVault('access-cut');
    expect(cut).toMatchObject({
      ...{ reason: 'role-lost', severity: 'critical', state: 'open', ends: 'by-a-person' },
      summary: `des-a: Its identity ${oid} is not allowed to get, wrap, unwrap in the vault ${VAULT}: its disks fail. That is so unless the identity is in a group that holds the right there: members of groups are not read.`,
      who: { oid: on.world.azure.identities.get('person')?.oid },
      hangs: { kind: 'disks', says: '1 disk encryption set (1 disk)' },
    });
    await closeIncident(cut?.id ?? '', 'it is in the group', { oid: 'person' }, on.world.ports);
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { tags: { a: 'b' } });
    await on.delivered();
    await on.minutes(7);
    expect((await on.ofVault('access-cut')).map(({ state }) => state)).toEqual(['resolved']);
  });

  test('where a group holds the right stays for a person to close, also where the vault is deleted meanwhile', async () => {
    const on = await watching(SETS, { resources: [OPERATORS] });
    await cutRole(on, 'des-a');
    await on.delivered(2);
    await on.write('DELETE', `${VAULT_ID}${AT_VAULT}`);
    await on.delivered();
    expect(await on.ofVault('access-cut')).toMatchObject([{ reason: 'role-lost', state: 'open' }]);
  });

  test('of a role is alerted once also where its event is lost and a group has the right, by the next survey', async () => {
    const on = await watching(SETS, { resources: [OPERATORS] });
    on.world.azure.behaviours.activityDelivery = NONE_DELIVERED;
    await cutRole(on, 'des-a');
    await on.minutes(130);
    expect(await on.ofVault('access-cut')).toMatchObject([{ reason: 'role-lost', state: 'open' }]);
    expect((await on.world.ports.tables.assignments.list()).stored.flatMap(({ value }) => value.lost ?? [])).toEqual(
      [],
    );
  });

  test('ends when the role is back, also where the event of that is lost', async () => {
    const on = await watching();
    await cutRole(on, 'des-a');
    await on.delivered();
    const role = { role: 'Key Vault Crypto Service Encryption User', scope: VAULT_ID };
    on.world.azure.resourceManager.assignRole('des-a', role);
    await on.minutes(4);
    expect(open(await on.ofVault())).toEqual(['access-cut']);
    await on.minutes(2);
    expect(open(await on.ofVault())).toEqual([]);
  });

  test.each<[string, object, RegExp, string]>([
    [
      'a permission model that is turned to access policies',
      { properties: { enableRbacAuthorization: false } },
      /^des-a: Its identity .+ is not allowed to get, wrap, unwrap/,
      `az keyvault set-policy --name ${VAULT} --object-id`,
    ],
    [
      'a firewall without a bypass',
      { properties: { networkAcls: { defaultAction: 'Deny', bypass: 'None' } } },
      /^The firewall of the vault prod-disks lets no trusted service in/,
      `az keyvault update --name ${VAULT} --bypass AzureServices`,
    ],
    [
      'a network security perimeter',
      { properties: { publicNetworkAccess: 'SecuredByPerimeter' } },
      /^The vault prod-disks is inside a network security perimeter/,
      `az keyvault update --name ${VAULT} --public-network-access Enabled`,
    ],
  ])('by %s is alerted for all sets of the vault', async (_what, body, summary, command) => {
    const on = await watching();
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, body);
    await on.delivered();
    const [cut] = await on.ofVault('access-cut');
    expect(cut?.summary).toMatch(summary);
    expect(cut?.hangs?.says).toBe('2 disk encryption sets (2 disks)');
    expect(cut?.commands[0]).toContain(command);
  });

  test('by taking the identity of a set away is alerted on that set, until it has one again', async () => {
    const on = await watching();
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity: { type: 'None' } });
    await on.delivered();
    const [cut] = (await on.incidents('des-a')).filter(({ kind }) => kind === 'access-cut');
    expect(cut).toMatchObject({
      ...{ reason: 'identity', state: 'open', who: { name: 'person@example.com' } },
      summary: 'des-a has no identity, so that it cannot use its key prod-disks/disk-a: its disks fail.',
    });
    expect(cut?.commands[0]).toBe(
      `az disk-encryption-set identity assign --name des-a --resource-group rg-disks --subscription ${SUBSCRIPTION} --system-assigned  # first`,
    );
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity: { type: 'SystemAssigned' } });
    await on.delivered();
    expect(open(await on.incidents('des-a'))).not.toContain('access-cut');
  });

  test('by deleting the user-assigned identity of a set is alerted on that set, which still names it', async () => {
    const oid = 'd15cd15c-0000-4000-8000-000000000077';
    const id = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a`;
    const properties = { principalId: oid, clientId: oid };
    const on = await watching([{ name: 'des-a' }], {
      identities: [
        {
          ...{ name: 'id-a', kind: 'managed-identity', oid, grants: [] },
          roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: VAULT_ID }],
        },
      ],
      resources: [
        {
          id,
          name: 'id-a',
          type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
          location: 'westeurope',
          properties,
        },
      ],
    });
    const identity = { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } };
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity });
    await on.delivered();
    expect(open(await on.incidents('des-a'))).not.toContain('access-cut');
    expect(await on.write('DELETE', `${id}?api-version=2023-01-31`)).toBe(200);
    await on.delivered();
    const [cut] = (await on.incidents('des-a')).filter(({ kind }) => kind === 'access-cut');
    expect(cut?.summary).toContain('has an identity that was deleted (id-a)');
  });

  test('of a set whose vault the policy leaves out is alerted no longer', async () => {
    const on = await watching();
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, { identity: { type: 'None' } });
    await on.delivered();
    expect(open(await on.incidents('des-a'))).toContain('access-cut');
    on.world.changePolicy({ vaults: [{ name: 'not-guarded', mode: 'alert' }] });
    await on.minutes(7);
    expect(open(await on.incidents('des-a'))).toEqual([]);
  });

  test('of a set without disks alerts nobody', async () => {
    const on = await watching([{ name: 'des-a', hasDisk: false }]);
    await cutRole(on, 'des-a');
    await on.delivered();
    expect(await on.ofVault()).toEqual([]);
  });

  test('is alerted once, however often and in whatever order the events come', async () => {
    const on = await watching();
    await cutRole(on, 'des-a');
    await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { tags: { a: 'b' } });
    await on.delivered(3);
    await on.minutes(20);
    expect((await on.ofVault()).map(({ kind, state }) => [kind, state])).toEqual([['access-cut', 'open']]);
    const alerts = on.world.alerts.filter(
      ({ event, incident }) => event === 'opened' && incident.kind === 'access-cut',
    );
    expect(alerts).toHaveLength(1);
  });

  test('is alerted once and ends where every third execution is killed, of two instances', async () => {
    const on = await watching(SETS, {
      instances: 2,
      interrupts: (execution) => (execution % 3 === 0 ? { kind: 'aborted', afterSteps: execution % 11 } : undefined),
    });
    await cutRole(on, 'des-a');
    await on.delivered(2);
    await on.minutes(14);
    expect((await on.ofVault('access-cut')).map(({ state }) => state)).toEqual(['open']);
    const role = { role: 'Key Vault Crypto Service Encryption User', scope: VAULT_ID };
    on.world.azure.resourceManager.assignRole('des-a', role);
    await on.minutes(14);
    expect((await on.ofVault('access-cut')).map(({ state }) => state)).toEqual(['resolved']);
    expect((await on.world.ports.tables.schedule.list('access')).stored).toEqual([]);
  });

  test('is not alerted while role assignments cannot be read: unknown is not gone', async () => {
    const on = await watching();
    await cutRole(on, 'des-a');
    const clear = on.world.azure.fault({
      match: { path: `${VAULT_ID}/providers/Microsoft.Authorization`, method: 'GET' },
      answer: { kind: 'internal-error' },
    });
    await on.delivered();
    expect(await on.ofVault()).toEqual([]);
    clear();
    await on.minutes(2);
    expect(open(await on.ofVault())).toEqual(['access-cut']);
  });
});

describe('settings of a guarded vault that change', () => {
  test('are told with who did it: network, permission model and purge protection', async () => {
    const on = await watching();
    const write = async (properties: object) => {
      await on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { properties });
      await on.delivered();
      return (await on.ofVault('vault-changed')).map(({ summary }) => summary);
    };
    expect(await write({ publicNetworkAccess: 'Disabled' })).toEqual([
      'Settings of the vault prod-disks have changed: it cannot be reached from public networks.',
    ]);
    expect(await write({ enableRbacAuthorization: false })).toContain(
      'Settings of the vault prod-disks have changed: access policies decide who may use its keys, and roles count for nothing.',
    );
    expect(await write({ enabledForDeployment: true })).toHaveLength(2);
    expect(new Set((await on.ofVault('vault-changed')).map(({ who }) => who?.name))).toEqual(
      new Set(['person@example.com']),
    );
  });

  test.each<[string, string, (on: Watching) => Promise<unknown>]>([
    [
      'their event',
      'vault-changed',
      (on) => on.write('PATCH', `${VAULT_ID}${AT_VAULT}`, { properties: { publicNetworkAccess: 'Disabled' } }),
    ],
    ['the event of a role that is deleted', 'access-cut', (on) => cutRole(on, 'des-a')],
  ])('are found by the next survey where %s is lost', async (_what, kind, change) => {
    const on = await watching();
    on.world.azure.behaviours.activityDelivery = NONE_DELIVERED;
    await change(on);
    await on.minutes(62);
    expect(open(await on.ofVault())).toEqual([kind]);
  });
});

describe('a role assignment for a whole subscription', () => {
  test('has its guarded vaults read a few with each tick, in the order in which they were asked for, however often it comes', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `vault-${at}`);
    const world = await createWorld({
      vaults: names.map((name) => ({ name, subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-keys' })),
      policy: { vaults: names.map((name) => ({ name })) },
      graph: 'of-the-azure',
    });
    await world.sentry();
    const assignment = `/subscriptions/${SUBSCRIPTION.toUpperCase()}/providers/Microsoft.Authorization/roleAssignments/a`;
    const event = (id: string) => ({
      ...{ id, eventType: 'Microsoft.Resources.ResourceWriteSuccess', subject: assignment },
      data: { operationName: 'Microsoft.Authorization/roleAssignments/write', resourceUri: assignment },
    });
    const asked: number[] = [];
    const surveys: typeof world.ports.queues.surveys = {
      async send(message) {
        if ('kind' in message && message.kind === 'read-access') asked.push(message.vaults.length);
        await world.ports.queues.surveys.send(message);
      },
    };
    const ports = { ...world.ports, queues: { ...world.ports.queues, surveys } };
    for (const id of ['first', 'second', 'third']) await takeActivity(event(id), ports);
    expect(asked).toEqual([]);
    const read = new Set<string>();
    const counts: number[] = [];
    for (let tick = 0; tick < 5; tick += 1) {
      await world.pass(1);
      // Those that wait keep their place before those that are asked for again.
      if (tick === 1) await takeActivity(event('fourth'), ports);
      if (tick === 3) for (const name of names) expect(read).toContain(name);
      world.azure.clearLog();
      asked.length = 0;
      await planAccess(scheduleOf((await world.ports.tables.schedule.list()).stored), ports);
      await world.settle();
      counts.push(asked.length);
      for (const { url } of world.azure.resourceManager.log) read.add(/\/vaults\/([^/?]+)\?/i.exec(url)?.[1] ?? '');
    }
    expect(counts).toEqual([16, 16, 16, 8, 0]);
  });
});

describe('a write', () => {
  test('to a disk encryption set has it read at once, and names who put it back', async () => {
    const on = await watching([{ name: 'des-a' }]);
    await on.rotate();
    await on.minutes(50);
    expect(await on.verdict('des-a')).toBe('followed');
    await on.write('PATCH', `${setIdOf('des-a')}${AT_SET}`, {
      properties: { activeKey: { keyUrl: urlOf('disk-a', V1) }, rotationToLatestKeyVersionEnabled: false },
    });
    await on.delivered();
    expect(await on.watched('des-a')).toMatchObject({ changed: { by: { name: 'person@example.com' } } });
    await on.minutes(1);
    expect(await on.verdict('des-a')).toBe('reverted');
  });

  test('to what nobody guards has nothing read', async () => {
    const on = await watching();
    on.world.azure.clearLog();
    const other = VAULT_ID.replace(VAULT, 'not-guarded');
    await on.write('PATCH', `${other}${AT_VAULT}`, { tags: { a: 'b' } });
    await on.write('DELETE', `${other}/providers/Microsoft.Authorization/roleAssignments/none?api-version=2022-04-01`);
    await on.delivered();
    expect(on.world.azure.resourceManager.log.filter(({ identity }) => identity === 'surveyor')).toEqual([]);
  });

  test('whose event cannot be parsed is quarantined, and nothing is read', async () => {
    const on = await watching();
    await takeActivity({ id: 'x', eventType: 'Microsoft.Resources.ResourceWriteSuccess', data: {} }, on.world.ports);
    await on.world.settle();
    expect(on.world.alerts.map(({ incident: { kind, reason } }) => [kind, reason])).toContainEqual([
      'guardian-unwell',
      'quarantined',
    ]);
  });
});
