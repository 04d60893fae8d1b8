import { expect, test } from 'vitest';
import { accessByRoles } from '../../../../shared/posture/checks/access-by-roles.ts';
import { NOW, vaultFacts } from '../facts.ts';

test('a vault under Azure RBAC is accepted', () => {
  expect(accessByRoles.check(vaultFacts(), NOW)).toEqual([]);
});

test('a vault with access policies is found', () => {
  expect(accessByRoles.check(vaultFacts({ rbac: false }), NOW)).toMatchObject([
    { kind: 'finding', says: expect.stringContaining('every Contributor can give themselves all rights') },
  ]);
});
