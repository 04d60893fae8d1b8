import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import roles from '../../infra/roles.json' with { type: 'json' };
import { permissionOf } from '../../local/azure/key-vault/permissions.ts';
import { resetClock } from '../../local/clock.ts';
import { resourceManagerReads } from '../../shared/azure/resource-manager.ts';
import { resourceManagerWrites } from '../../shared/azure/resource-manager-writes.ts';
import { queryTexts } from '../../shared/estate/query-texts.ts';
import type { Ports } from '../../shared/ports.ts';
import { subscriptionRow } from '../fakes/graph.ts';
import { GROUP, KEY_URL, managedAzure, SUB, set } from '../local/azure/resource-manager/managed.ts';
import { SUBSCRIPTION, vaultRow } from '../shared/estate/rows.ts';
import { stopAt } from '../simulation/clock.ts';
import { createWorld } from '../simulation/world.ts';
import { definitionsOf, deployment } from './deployments.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

/** Of the key `old` one that becomes overdue after ten minutes. */
const version = (key: string) => ({
  keyOps: ['wrapKey', 'unwrapKey'] as const,
  created: Date.now() / 1000 - (key === 'old' ? 91 * 86_400 - 600 : 86_400),
});

/** The data actions that the guardian's calls needed while keys were disabled, deleted and overdue, by identity. */
async function needed(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const world = await createWorld({
    vaults: [{ name: 'prod', keys: ['disk-a', 'disk-b', 'old'].map((name) => ({ name, versions: [version(name)] })) }],
    policy: { vaults: [{ name: 'prod', mode: 'block', rotation: { every: 'P90D', notifyBefore: 'P30D' } }] },
    graph: { subscriptions: [subscriptionRow(SUBSCRIPTION)], vaults: [vaultRow('prod')] },
  });
  await world.sentry();
  await world.as('attacker').disable('prod', 'disk-a');
  await world.as('attacker').delete('prod', 'disk-b');
  await world.pass(75 * 60, 10);
  const calls = new Map<string, Set<string>>();
  for (const { identity, operation, status } of world.azure.log) {
    const action = permissionOf(operation)?.action;
    if (identity === undefined || action === undefined) continue;
    expect(status, `${identity}: ${operation}`).not.toBe(403);
    calls.set(identity, (calls.get(identity) ?? new Set()).add(action));
  }
  return calls;
}

/** The actions that the reads of Resource Manager need which the app makes. */
async function readByManagement(): Promise<readonly string[]> {
  const azure = managedAzure();
  const reads: Ports['resourceManager'] = resourceManagerReads({
    ...{ credential: azure.credential('owner'), identity: 'an owner', httpClient: azure.httpClient },
  });
  const vault = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;
  await reads.diskEncryptionSet(set('set-one').id);
  await reads.vault(vault);
  await reads.deletedVaults(SUB);
  await reads.roleAssignments(vault);
  await reads.roleDefinition(`/subscriptions/${SUB}/providers/Microsoft.Authorization/roleDefinitions/none`);
  await reads.userAssignedIdentity(`${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none`);
  await reads.diagnosticSettings(vault);
  await reads.systemTopics(SUB);
  await reads.eventSubscriptions(`${GROUP}/providers/Microsoft.EventGrid/systemTopics/none`);
  expect(azure.resourceManager.log).toHaveLength(Object.keys(reads).length - NOT_OF_THE_APP);
  return azure.resourceManager.log.flatMap(({ action }) => action ?? []);
}

/** The action that the one write to Resource Manager needs. */
async function writtenByManagement(): Promise<readonly string[]> {
  const azure = managedAzure();
  const connection = { credential: azure.credential('owner'), identity: 'an owner', httpClient: azure.httpClient };
  await resourceManagerWrites(connection).pointSet(set('set-one').id, KEY_URL, 'one');
  return azure.resourceManager.log.flatMap(({ action }) => action ?? []);
}

/** Reads that only `plan` makes: subscriptions, locks, keys and their versions. */
const NOT_OF_THE_APP = 4;

describe('infra/roles.json', () => {
  test.each([
    ['watcher', roles.identities.watcher.actions, roles.identities.watcher.dataActions],
    [
      'keeper',
      [...roles.identities.keeper.actions, ...roles.identities.rotator.actions],
      [...roles.identities.keeper.dataActions, ...roles.identities.rotator.dataActions],
    ],
  ] as const)('gives the %s every action that a call of it needs, and no other', async (name, actions, dataActions) => {
    const used = (await needed()).get(name) ?? new Set();
    expect([...used].toSorted()).toEqual(dataActions.map(({ action }) => action).toSorted());
    // Only the surveyor asks Resource Manager, and the updater alone writes there.
    expect(actions).toEqual([]);
  });

  test('gives the surveyor the right to read each type of resource that a query or a read of its names, to send queries, and no other', async () => {
    const types = Object.values(queryTexts).flatMap((text) => [...text.matchAll(/'(microsoft\.[a-z]+\/[a-z/]+)'/gi)]);
    const needed = [
      ...types.map(([, type]) => `${type}/read`),
      'microsoft.resourcegraph/resources/read',
      ...(await readByManagement()),
    ];
    const { actions, dataActions } = roles.identities.surveyor;
    expect(actions.map(({ action }) => action.toLowerCase()).toSorted()).toEqual(
      [...new Set(needed.map((action) => action.toLowerCase()))].toSorted(),
    );
    expect(dataActions).toEqual([]);
  });

  test('gives the updater the right of the one write to Resource Manager, and no other', async () => {
    const { actions, dataActions } = roles.identities.updater;
    expect(actions.map(({ action }) => action)).toEqual(await writtenByManagement());
    expect(dataActions).toEqual([]);
  });

  test('is what the custom roles hold, in the own subscription and in each guarded one', async () => {
    const definitions = definitionsOf(await deployment('three-vaults'));
    const held = definitions.map(({ roleName, assignableScopes, permissions }) => [
      roleName.split(' ')[2],
      assignableScopes.map((scope) => scope.slice('/subscriptions/'.length, '/subscriptions/'.length + 8)).join(),
      permissions[0]?.actions,
      permissions[0]?.dataActions,
    ]);
    const actionsOf = (
      name: 'watcher' | 'keeper' | 'rotator' | 'updater' | 'surveyor',
    ): readonly (readonly string[])[] => {
      const { actions, dataActions }: Readonly<Record<string, readonly { readonly action: string }[] | string>> =
        roles.identities[name];
      return [actions, dataActions].map((some) => (Array.isArray(some) ? some.map(({ action }) => action) : []));
    };
    expect(held).toEqual([
      ['signer', '11111111', [], roles.ownVault.dataActions.map(({ action }) => action)],
      ['watcher', '33333333', ...actionsOf('watcher')],
      ['surveyor', '33333333', ...actionsOf('surveyor')],
      ['keeper', '33333333', ...actionsOf('keeper')],
      ['rotator', '33333333', ...actionsOf('rotator')],
      ['updater', '33333333', ...actionsOf('updater')],
      ['watcher', '44444444', ...actionsOf('watcher')],
      ['surveyor', '44444444', ...actionsOf('surveyor')],
      ['updater', '44444444', ...actionsOf('updater')],
      ['watcher', '66666666', ...actionsOf('watcher')],
      ['surveyor', '66666666', ...actionsOf('surveyor')],
      ['updater', '66666666', ...actionsOf('updater')],
    ]);
  });
});
