import { describe, expect, test } from 'vitest';
import { grantersOf, holdersByRole, holdersOf } from '../../../shared/posture/rights.ts';
import { assigned, roles, scopes, VAULT_SCOPE, vault } from './facts.ts';

const READ = 'Microsoft.KeyVault/vaults/keys/read';

describe('a right by role', () => {
  test.each([
    ['/', 'management group'],
    ['/providers/microsoft.management/managementgroups/root', 'management group'],
    [scopes.subscription, 'subscription'],
    [scopes.group, 'resource group'],
    [`${scopes.group}/`, 'resource group'],
    [VAULT_SCOPE, 'vault'],
    [`${VAULT_SCOPE}/keys/disk-web`, 'key'],
  ])('assigned at %s comes from the %s', (scope, from) => {
    expect(holdersByRole(vault(), assigned(['a', 'officer', scope]), READ, true)).toMatchObject([{ from }]);
  });

  test.each([
    ['of another subscription', '/subscriptions/22222222-0000-4000-8000-000000000002'],
    ['of a group with a longer name', `${scopes.group}-two`],
    ['of a group with a shorter name', scopes.group.slice(0, -1)],
    ['of a secret of the vault', `${VAULT_SCOPE}/secrets/a`],
  ])('assigned at a scope %s does not count', (_, scope) => {
    expect(holdersByRole(vault(), assigned(['a', 'officer', scope]), READ, true)).toEqual([]);
  });

  test('that one permission of a role leaves out is given by another', () => {
    const both = { name: 'two', permissions: [...roles.custom.permissions, ...roles.user.permissions] };
    const rights = { ...assigned(['a', 'custom', VAULT_SCOPE]), roles: new Map([['custom', both]]) };
    expect(holdersOf(vault(), rights, 'disable')).toHaveLength(1);
    expect(holdersOf(vault(), rights, 'purge')).toEqual([]);
  });

  test('is compared without case', () => {
    expect(holdersByRole(vault(), assigned(['a', 'service', VAULT_SCOPE]), READ.toUpperCase(), true)).toHaveLength(1);
  });

  test('shows a condition', () => {
    const rights = assigned(['a', 'officer', VAULT_SCOPE]);
    const conditional = {
      ...rights,
      assignments: rights.assignments.map((each) => ({ ...each, isConditional: true })),
    };
    expect(holdersOf(vault(), conditional, 'delete')).toMatchObject([{ isConditional: true }]);
  });
});

test('a vault with access policies does not heed data actions of roles', () => {
  expect(holdersOf(vault({ rbac: false }), assigned(['a', 'officer', VAULT_SCOPE]), 'delete')).toEqual([]);
});

test('an access policy of an application says so', () => {
  const accessPolicies = [{ objectId: 'p', applicationId: 'app', keys: ['purge'] }];
  expect(holdersOf(vault({ rbac: false, accessPolicies }), assigned(), 'purge')).toMatchObject([
    { principalId: 'p', through: 'access policy, by application app' },
  ]);
});

test('an Owner of a vault with access policies is named once, though two ways lead to the right', () => {
  expect(grantersOf(vault({ rbac: false }), assigned(['a', 'owner', VAULT_SCOPE]))).toHaveLength(1);
});
