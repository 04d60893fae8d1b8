import { expect, it } from 'vitest';
import roles from '../../infra/roles.json' with { type: 'json' };
import { OWN_VAULT } from '../../local/azure/guardian-identities.ts';
import { permissionOf } from '../../local/azure/key-vault/permissions.ts';
import { ask } from './ask.ts';
import { estateOf, guarded, VAULT } from './guarded.ts';

const KEYS = ['disable', 'expire', 'not-before', 'operations', 'delete', 'rotate', 'import', 'hold'];
const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';
const estate = estateOf(KEYS);
/** Becomes overdue within the test; of the others no rotation policy is set. */
const overdue = {
  name: 'overdue',
  versions: [{ created: Math.floor(Date.now() / 1000) - 91 * 86_400 + 600, keyOps: ['wrapKey', 'unwrapKey'] as const }],
};
const guardian = guarded(KEYS, {
  estate: {
    ...estate,
    vaults: estate.vaults.map((vault) => ({
      ...{ ...vault, subscriptionId: SUBSCRIPTION, resourceGroup: 'disks' },
      keys: [...(vault.keys ?? []), overdue],
    })),
    subscriptions: [{ subscriptionId: SUBSCRIPTION }],
    policy: {
      vaults: [
        {
          ...{ name: VAULT, mode: 'block' },
          keys: [
            { pattern: 'overdue', rotation: { every: 'P90D', notifyBefore: 'P30D' } },
            { pattern: 'hold', rotation: { every: 'P1Y', notifyBefore: 'P30D' } },
          ],
        },
      ],
    },
  },
});
const { running, host, as } = guardian;

/** The data actions of the guardian's calls so far, each as `identity: action`, and what the local Azure refused for a right. */
function called() {
  const used = { guarded: new Set<string>(), ownVault: new Set<string>(), refused: [] as string[] };
  for (const { identity, operation, status, vault } of running().azure.log) {
    if (identity !== 'watcher' && identity !== 'keeper') continue;
    const call = `${identity}: ${permissionOf(operation)?.action ?? operation}`;
    if (status === 403) used.refused.push(call);
    else if (status !== 401) (vault === OWN_VAULT ? used.ownVault : used.guarded).add(call);
  }
  return used;
}

// The local Azure refuses what roles.json does not give, so that a call without its right fails every test. This is the other way round.
it('every right of roles.json is used by a call of the app where each kind of act, approval and hold comes up', async () => {
  // The service itself rotates a key by its policy some time after that is due: here never before the guardian.
  const never = 3 * 3_600_000;
  running().azure.behaviours.scheduledRotationOffMs = { least: never, longest: never };
  const attacker = as('attacker');
  const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  await attacker.disable(VAULT, 'disable');
  await attacker.expire(VAULT, 'expire', hour(1));
  await attacker.notBefore(VAULT, 'not-before', hour(1));
  await attacker.operations(VAULT, 'operations', ['encrypt']);
  await attacker.delete(VAULT, 'delete');
  await attacker.rotate(VAULT, 'rotate');
  await attacker.import(VAULT, 'import');
  expect(
    (await ask(guardian, 'owner', 'POST', 'holds', { vault: VAULT, key: 'hold', why: 'we look into it' })).status,
  ).toBe(200);
  await attacker.disable(VAULT, 'hold');
  await host().advance(5_400_000, 60_000);

  const { guarded: used, ownVault, refused } = called();
  const { watcher, keeper, rotator } = roles.identities;
  const given = [
    ...watcher.dataActions.map(({ action }) => `watcher: ${action}`),
    ...[...keeper.dataActions, ...rotator.dataActions].map(({ action }) => `keeper: ${action}`),
  ];
  expect([...used].toSorted()).toEqual(given.toSorted());
  const ofOwn = roles.ownVault.dataActions.map(({ action }) => `${roles.ownVault.identity}: ${action}`);
  expect([...ownVault].toSorted()).toEqual(ofOwn.toSorted());
  expect(refused).toEqual([]);
  // The guardian calls no Resource Manager.
  expect([roles.identities.watcher.actions, roles.identities.keeper.actions]).toEqual([[], []]);
});
