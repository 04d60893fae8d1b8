import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import roles from '../../infra/roles.json' with { type: 'json' };
import { permissionOf } from '../../local/azure/key-vault/permissions.ts';
import { resetClock } from '../../local/clock.ts';
import { resourceManagerReads } from '../../shared/azure/resource-manager.ts';
import { queryTexts } from '../../shared/estate/query-texts.ts';
import type { Ports } from '../../shared/ports.ts';
import { GROUP, managedAzure, SUB, set } from '../local/azure/resource-manager/managed.ts';
import { stopAt } from '../simulation/clock.ts';
import { createWorld } from '../simulation/world.ts';
import { definitionsOf, deployment } from './deployments.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

/** The data actions that the guardian's calls needed while keys were disabled and deleted, by identity. */
async function needed(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const world = await createWorld({
    vaults: [{ name: 'prod', keys: [{ name: 'disk-a' }, { name: 'disk-b' }] }],
    policy: { vaults: [{ name: 'prod', mode: 'block' }] },
  });
  await world.sentry();
  await world.as('attacker').disable('prod', 'disk-a');
  await world.as('attacker').delete('prod', 'disk-b');
  await world.pass(120);
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
  expect(azure.resourceManager.log).toHaveLength(Object.keys(reads).length - NOT_OF_THE_APP);
  return azure.resourceManager.log.flatMap(({ action }) => action ?? []);
}

/** Reads that only `plan` makes: subscriptions, locks, keys and their versions. */
const NOT_OF_THE_APP = 4;

describe('infra/roles.json', () => {
  test.each(['watcher', 'keeper'] as const)(
    'gives the %s every action that a call of it needs, and no other',
    async (name) => {
      const { actions, dataActions } = roles.identities[name];
      const used = (await needed()).get(name) ?? new Set();
      expect([...used].toSorted()).toEqual(dataActions.map(({ action }) => action).toSorted());
      // Only the surveyor asks Resource Manager.
      expect(actions).toEqual([]);
    },
  );

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

  test('is what the custom roles hold, in the own subscription and in each guarded one', async () => {
    const definitions = definitionsOf(await deployment('three-vaults'));
    const held = definitions.map(({ roleName, assignableScopes, permissions }) => [
      roleName.split(' ')[2],
      assignableScopes.map((scope) => scope.slice('/subscriptions/'.length, '/subscriptions/'.length + 8)).join(),
      permissions[0]?.actions,
      permissions[0]?.dataActions,
    ]);
    const actionsOf = (name: 'watcher' | 'keeper' | 'surveyor'): readonly (readonly string[])[] => {
      const { actions, dataActions }: Readonly<Record<string, readonly { readonly action: string }[] | string>> =
        roles.identities[name];
      return [actions, dataActions].map((some) => (Array.isArray(some) ? some.map(({ action }) => action) : []));
    };
    expect(held).toEqual([
      ['signer', '11111111', [], roles.ownVault.dataActions.map(({ action }) => action)],
      ['watcher', '33333333', ...actionsOf('watcher')],
      ['surveyor', '33333333', ...actionsOf('surveyor')],
      ['keeper', '33333333', ...actionsOf('keeper')],
      ['watcher', '44444444', ...actionsOf('watcher')],
      ['surveyor', '44444444', ...actionsOf('surveyor')],
      ['watcher', '66666666', ...actionsOf('watcher')],
      ['surveyor', '66666666', ...actionsOf('surveyor')],
    ]);
  });
});
