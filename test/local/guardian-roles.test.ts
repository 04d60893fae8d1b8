import { expect, test } from 'vitest';
import { withRoles } from '../../local/guardian-roles.ts';
import { policy } from '../../shared/domain/policy.ts';

const READ = 'Microsoft.KeyVault/vaults/keys/read';
const vaults = [
  { name: 'kv-block', subscriptionId: 's', resourceGroup: 'rg' },
  { name: 'kv-alert', subscriptionId: 's', resourceGroup: 'rg' },
  { name: 'kv-other', subscriptionId: 's', resourceGroup: 'rg' },
  { name: 'kv-bare' },
];
const guarded = policy.parse({
  vaults: [{ name: 'kv-block', mode: 'block' }, { name: 'kv-alert' }, { name: 'kv-bare', mode: 'block' }],
});
const rolesOf = (name: string, vault: string, grants = [{ vault, dataActions: [READ] }]) =>
  withRoles([{ name, kind: 'managed-identity', grants }], vaults, guarded).flatMap(({ roles = [] }) => roles);
const scope = (vault: string): string =>
  `/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${vault}`;

test('the watcher has its role on every guarded vault', () => {
  expect(rolesOf('watcher', '*').map(({ scope }) => scope.split('/').at(-1))).toEqual([
    'kv-block',
    'kv-alert',
    'kv-bare',
  ]);
  expect(rolesOf('watcher', '*').slice(0, 2)).toEqual(
    ['kv-block', 'kv-alert'].map((vault) => ({
      role: { name: 'Key Guardian watcher (npm start, s)', actions: [], dataActions: [READ] },
      scope: scope(vault),
    })),
  );
});

test('the keeper has its role on vaults in block alone', () => {
  expect(rolesOf('keeper', 'kv-block').map((role) => role.scope)).toEqual([scope('kv-block')]);
});

test('the keeper has the role that rotates beside its own, where it has its grant', () => {
  const [one, other] = [READ, 'Microsoft.KeyVault/vaults/keys/rotate/action'];
  const grants = [one, other].map((action) => ({ vault: 'kv-block', dataActions: [action] }));
  expect(rolesOf('keeper', 'kv-block', grants).map(({ role }) => role)).toEqual([
    { name: 'Key Guardian keeper (npm start, s)', actions: [], dataActions: [one] },
    { name: 'Key Guardian rotator (npm start, s)', actions: [], dataActions: [other] },
  ]);
});

test('any other identity gets none', () => {
  expect(rolesOf('somebody', '*')).toEqual([]);
});
