import { expect, test } from 'vitest';
import { settingChanges, settingsBack, settingsOf, type VaultSettings } from '../../../shared/domain/vault-settings.ts';

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

test.each<readonly [what: string, before: Partial<VaultSettings>, now: Partial<VaultSettings>, options: string]>([
  ['was open to all', {}, { network: 'private' }, '--public-network-access Enabled --default-action Allow'],
  ['was open to some', { network: 'selected' }, {}, '--public-network-access Enabled --default-action Deny'],
  ['was closed', { network: 'private' }, {}, '--public-network-access Disabled'],
  ['had roles', {}, { rbac: false }, '--enable-rbac-authorization true'],
  ['had access policies', { rbac: false }, {}, '--enable-rbac-authorization false'],
  ['had purge protection', {}, { purgeProtection: false }, '--enable-purge-protection true'],
  ['had none, which nothing takes away again', { purgeProtection: false }, {}, ''],
])('a vault that %s is set back to that', (_what, before, now, options) => {
  expect(settingsBack({ ...VAULT, ...before }, { ...VAULT, ...now })).toBe(options);
});

test('settings of a vault are kept without the rest of it', () => {
  expect(settingsOf({ ...VAULT, ...{ name: 'prod-disks' } })).toEqual(VAULT);
});
