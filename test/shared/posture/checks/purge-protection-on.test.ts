import { expect, test } from 'vitest';
import { purgeProtectionOn } from '../../../../shared/posture/checks/purge-protection-on.ts';
import { NOW, vaultFacts } from '../facts.ts';

test('a vault with purge protection is accepted', () => {
  expect(purgeProtectionOn.check(vaultFacts(), NOW)).toEqual([]);
});

test('a vault without purge protection is found, with the command', () => {
  expect(purgeProtectionOn.check(vaultFacts({ purgeProtection: false }), NOW)).toMatchObject([
    { kind: 'finding', commands: ['az keyvault update --name contoso-disks --enable-purge-protection true'] },
  ]);
});
