import { expect, test } from 'vitest';
import { deleteLock } from '../../../../shared/posture/checks/delete-lock.ts';
import { known, type Lock, unknown } from '../../../../shared/posture/facts.ts';
import { NOW, scopes, VAULT_SCOPE, vaultFacts } from '../facts.ts';

const locked = (...locks: readonly Lock[]) => deleteLock.check(vaultFacts({}, { locks: known(locks) }), NOW);

test.each([
  ['on the vault', { name: 'a', level: 'CanNotDelete', scope: VAULT_SCOPE }],
  ['on its group', { name: 'a', level: 'ReadOnly', scope: scopes.group }],
  ['on its subscription', { name: 'a', level: 'CanNotDelete', scope: scopes.subscription }],
] as const)('a lock %s is accepted', (_, lock) => {
  expect(locked(lock)).toEqual([]);
});

test.each([
  ['no lock', []],
  ['a lock of a level that keeps nothing', [{ name: 'a', level: 'other', scope: VAULT_SCOPE }]],
  ['a lock on a vault of a longer name', [{ name: 'a', level: 'CanNotDelete', scope: `${VAULT_SCOPE}-two` }]],
  [
    'a lock on a group of which its own begins',
    [{ name: 'a', level: 'CanNotDelete', scope: scopes.group.slice(0, -1) }],
  ],
  ['a lock on a resource below it', [{ name: 'a', level: 'CanNotDelete', scope: `${VAULT_SCOPE}/secrets/a` }]],
] as const)('a vault with %s is found', (_, locks) => {
  expect(locked(...locks)).toMatchObject([{ kind: 'finding' }]);
});

test('locks that could not be read are unknown', () => {
  expect(deleteLock.check(vaultFacts({}, { locks: unknown('no right to read them') }), NOW)).toEqual([
    { kind: 'unknown', because: 'no right to read them' },
  ]);
});
