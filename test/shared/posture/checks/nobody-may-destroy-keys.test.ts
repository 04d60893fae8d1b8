import { describe, expect, test } from 'vitest';
import { destroyersOf, nobodyMayDestroyKeys } from '../../../../shared/posture/checks/nobody-may-destroy-keys.ts';
import { known, unknown, type VaultFacts } from '../../../../shared/posture/facts.ts';
import { assigned, type Held, NOW, scopes, VAULT_SCOPE, vaultFacts } from '../facts.ts';

const held = (...of: readonly Held[]): VaultFacts => vaultFacts({}, { assigned: known(assigned(...of)) });
const withPolicies = (facts: VaultFacts, keys: readonly string[] = []): VaultFacts => ({
  ...facts,
  vault: { ...facts.vault, rbac: false, accessPolicies: [{ objectId: 'pp', applicationId: undefined, keys }] },
});
const shown = (facts: VaultFacts) =>
  destroyersOf(facts).map(
    ({ principalId, through, from, acts }) => `${principalId}: ${acts.join(', ')} (${through}, ${from})`,
  );

describe('who may destroy keys', () => {
  test.each([
    ['nobody, where identities only use keys', held(['a', 'service', VAULT_SCOPE]), []],
    ['nobody, by a custom role that leaves it out', held(['a', 'custom', scopes.group]), []],
    ['nobody, by a role on another vault', held(['a', 'officer', `${VAULT_SCOPE}-two`]), []],
    ['nobody, as Contributor of a vault under Azure RBAC', held(['a', 'contributor', scopes.group]), []],
    [
      'a Crypto Officer, by a role that is inherited',
      held(['a', 'officer', scopes.group]),
      ['a: delete, disable, purge (Key Vault Crypto Officer, resource group)'],
    ],
    [
      'a Crypto User, who may disable',
      held(['a', 'user', scopes.subscription]),
      ['a: disable (Key Vault Crypto User, subscription)'],
    ],
    [
      'whoever has it for one key',
      held(['a', 'user', `${VAULT_SCOPE}/keys/disk-web`]),
      ['a: disable (Key Vault Crypto User, key)'],
    ],
    [
      'an Owner above the subscription, who can give it to themselves',
      held(['a', 'owner', '/providers/microsoft.management/managementgroups/root']),
      ['a: grant (Owner, management group)'],
    ],
    [
      'a Contributor of a vault with access policies',
      withPolicies(held(['a', 'contributor', scopes.group])),
      ['a: grant (Contributor, resource group)'],
    ],
    [
      'a reader of a vault with access policies: nobody, but whom a policy names',
      withPolicies(held(['a', 'reader', scopes.group], ['b', 'officer', VAULT_SCOPE]), ['get', 'delete', 'update']),
      ['pp: delete, disable (access policy, vault)'],
    ],
    [
      'whoever a policy lets do all',
      withPolicies(held(), ['all']),
      ['pp: delete, disable, purge (access policy, vault)'],
    ],
  ])('is %s', (_, facts, expected) => {
    expect(shown(facts)).toEqual(expected);
  });
});

test.each([
  ['one person', held(['a', 'user', VAULT_SCOPE]), 'One person or application may disable keys.'],
  [
    'people and groups, each counted once',
    held(
      ['a', 'officer', VAULT_SCOPE, 'User'],
      ['a', 'user', VAULT_SCOPE, 'User'],
      ['b', 'owner', VAULT_SCOPE, 'User'],
      ['g', 'user', VAULT_SCOPE, 'Group'],
    ),
    '2 people or applications and one group, whose members are not read, may delete keys, disable keys, purge keys or give themselves that right.',
  ],
])('the finding counts %s', (_, facts, says) => {
  expect(nobodyMayDestroyKeys.check(facts, NOW)).toMatchObject([{ kind: 'finding', says }]);
});

test('a vault whose keys nobody may destroy is accepted', () => {
  expect(nobodyMayDestroyKeys.check(vaultFacts(), NOW)).toEqual([]);
});

test.each([
  ['assignments that could not be read', vaultFacts({}, { assigned: unknown('no right to read them') })],
  ['a role whose definition could not be read', held(['a', 'unheard-of', VAULT_SCOPE])],
])('%s make it unknown', (_, facts) => {
  expect(nobodyMayDestroyKeys.check(facts, NOW)).toMatchObject([{ kind: 'unknown' }]);
});

test('what a policy allows is found although the assignments could not be read', () => {
  const facts = withPolicies(vaultFacts({}, { assigned: unknown('no right to read them') }), ['purge']);
  expect(nobodyMayDestroyKeys.check(facts, NOW)).toMatchObject([{ kind: 'unknown' }, { kind: 'finding' }]);
});
