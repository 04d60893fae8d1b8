import { beforeAll, describe, expect, test } from 'vitest';
import roles from '../../infra/roles.json' with { type: 'json' };
import type { LocalAzure } from '../../local/azure/azure.ts';
import { OWN_VAULT } from '../../local/azure/guardian-identities.ts';
import { permissionOf } from '../../local/azure/key-vault/permissions.ts';
import { playDemo } from '../../local/demo/play.ts';
import { definitionsOf, deployment } from './deployments.ts';

const DEMO_MS = 120_000;
/** The data actions of the guardian's calls in the whole demo, each as `identity: action`. */
const guarded = new Set<string>();
const ownVault = new Set<string>();
const refused: string[] = [];

beforeAll(async () => {
  let azure: LocalAzure | undefined;
  const { ok } = await playDemo({ guarded: true, limitMs: DEMO_MS, onStart: (started) => (azure = started) });
  expect(ok).toBe(true);
  for (const { identity, operation, status, vault } of azure?.log ?? []) {
    if (identity !== 'watcher' && identity !== 'keeper') continue;
    const used = `${identity}: ${permissionOf(operation)?.action ?? operation}`;
    if (status === 403) refused.push(used);
    else if (status !== 401) (vault === OWN_VAULT ? ownVault : guarded).add(used);
  }
}, 2 * DEMO_MS);

describe('infra/roles.json', () => {
  // The local Azure refuses what roles.json does not give: the demo would fail without a right that it needs.
  test('gives each identity every action that a call of it needs in the demo, and no other', () => {
    const given = (['watcher', 'keeper'] as const).flatMap((name) =>
      roles.identities[name].dataActions.map(({ action }) => `${name}: ${action}`),
    );
    expect([...guarded].toSorted()).toEqual(given.toSorted());
    expect(refused).toEqual([]);
    // The guardian calls no Resource Manager.
    expect([roles.identities.watcher.actions, roles.identities.keeper.actions]).toEqual([[], []]);
  });

  test('gives in the guardian’s own vault what signing and verifying need, and no other', () => {
    const given = roles.ownVault.dataActions.map(({ action }) => `${roles.ownVault.identity}: ${action}`);
    expect([...ownVault].toSorted()).toEqual(given.toSorted());
  });

  test('is what the custom roles hold, in the own subscription and in each guarded one', async () => {
    const definitions = definitionsOf(await deployment('three-vaults'));
    const held = definitions.map(({ roleName, assignableScopes, permissions }) => [
      roleName.split(' ')[2],
      assignableScopes.map((scope) => scope.slice('/subscriptions/'.length, '/subscriptions/'.length + 8)).join(),
      permissions[0]?.dataActions,
    ]);
    const actionsOf = (name: 'watcher' | 'keeper') => roles.identities[name].dataActions.map(({ action }) => action);
    expect(held).toEqual([
      ['signer', '11111111', roles.ownVault.dataActions.map(({ action }) => action)],
      ['watcher', '33333333', actionsOf('watcher')],
      ['keeper', '33333333', actionsOf('keeper')],
      ['watcher', '44444444', actionsOf('watcher')],
    ]);
  });
});
