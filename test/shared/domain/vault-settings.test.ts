import { expect, test } from 'vitest';
import { settingChanges, settingsOf, type VaultSettings } from '../../../shared/domain/vault-settings.ts';

const VAULT: VaultSettings = { rbac: true, network: 'public', purgeProtection: true };

test.each<readonly [what: string, now: Partial<VaultSettings>, changes: readonly string[]]>([
  ['as they were', {}, []],
  ['open to selected networks', { network: 'selected' }, ['it can be reached from selected networks alone']],
  ['closed', { network: 'private' }, ['it cannot be reached from public networks']],
  [
    'under access policies',
    { rbac: false },
    ['access policies decide who may use its keys, and roles count for nothing'],
  ],
  ['without purge protection', { purgeProtection: false }, ['purge protection is off']],
  [
    'closed and under access policies',
    { network: 'private', rbac: false },
    [
      'it cannot be reached from public networks',
      'access policies decide who may use its keys, and roles count for nothing',
    ],
  ],
])('settings of a vault that are now %s differ in what they say', (_what, now, changes) => {
  expect(settingChanges(VAULT, { ...VAULT, ...now })).toEqual(changes);
});

test('settings of a vault that go the other way say so', () => {
  const before: VaultSettings = { rbac: false, network: 'private', purgeProtection: false };
  expect(settingChanges(before, VAULT)).toEqual([
    'it can be reached from every network',
    'roles decide who may use its keys, and access policies count for nothing',
    'purge protection is on',
  ]);
});

test('settings of a vault are kept without the rest of it', () => {
  expect(settingsOf({ ...VAULT, ...{ name: 'prod-disks' } })).toEqual(VAULT);
});
