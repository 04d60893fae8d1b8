import { expect, test } from 'vitest';
import { EMPTY_KEY_RECORD, type KeyRecord, type LastObserved } from '../../../shared/domain/register.ts';
import type { DiskEncryptionSet } from '../../../shared/domain/resource-manager.ts';
import { later } from '../../../shared/domain/time.ts';
import { known, unknown } from '../../../shared/posture/facts.ts';
import { type Causes, causesOf, type Situation } from '../../../shared/propagation/causes.ts';
import { assigned, NOW, OBJECT_ID, OLDER, VERSION, vaultFacts } from '../posture/facts.ts';

const SET: DiskEncryptionSet = {
  id: '/subscriptions/s/resourcegroups/contoso/providers/microsoft.compute/diskencryptionsets/des-web',
  name: 'des-web',
  location: 'westeurope',
  subscriptionId: 's',
  encryptionType: 'EncryptionAtRestWithCustomerKey',
  keyUrl: `https://contoso-disks.vault.azure.net/keys/disk-web/${OLDER}`,
  previousKeys: undefined,
  autoRotation: true,
  rotatedAt: undefined,
  errorCode: undefined,
  errorMessage: undefined,
  identity: { type: 'SystemAssigned', principalId: OBJECT_ID.toUpperCase() },
  federatedClientId: undefined,
  provisioningState: 'Succeeded',
};
const seen: LastObserved = {
  ...{ at: NOW, updated: NOW, inFullAt: NOW, enabled: true, operations: ['wrapKey', 'unwrapKey'] },
  ...{ notBefore: undefined, expiresOn: undefined },
};
const recordOf = (
  versions: Record<string, Partial<LastObserved>>,
  more: Partial<KeyRecord['observed']> = {},
): KeyRecord => ({
  ...EMPTY_KEY_RECORD,
  observed: {
    differing: {},
    versions: Object.fromEntries(Object.entries(versions).map(([name, of]) => [name, { ...seen, ...of }])),
    ...more,
  },
});
const situation = (more: Partial<Situation>): Situation => ({
  set: SET,
  rotation: { vault: 'contoso-disks', key: 'disk-web', version: VERSION, created: NOW },
  record: recordOf({ [OLDER]: {}, [VERSION]: {} }),
  vault: vaultFacts(),
  now: NOW,
  ...more,
});

test.each<readonly [string, Partial<Situation>, Partial<Causes>]>([
  ['nothing, where all is as it should be', {}, { found: [], unknown: [], commands: [] }],
  [
    'that its identity is gone',
    { set: { ...SET, identity: undefined } },
    { found: ['It has no identity, so that it cannot use its key.'] },
  ],
  [
    'that it is for confidential machines, with its flag on',
    { set: { ...SET, encryptionType: 'ConfidentialVmEncryptedWithCustomerKey' } },
    { found: ['It is for confidential machines: Azure rotates none of their sets.'], unknown: [] },
  ],
  [
    'that it is pinned to the older version',
    { set: { ...SET, autoRotation: false } },
    { found: [`It is pinned to version ${OLDER}: it takes no new version by itself.`], unknown: [] },
  ],
  [
    'nothing of its flag, which is off, once it has the new version',
    {
      set: {
        ...SET,
        autoRotation: false,
        keyUrl: `https://contoso-disks.vault.azure.net:443/keys/disk-web/${VERSION}`,
      },
    },
    { found: [], unknown: [] },
  ],
  [
    'nothing of the version of a set that names none',
    { set: { ...SET, autoRotation: false, keyUrl: 'https://contoso-disks.vault.azure.net/keys/disk-web' } },
    { found: [], unknown: [] },
  ],
  [
    'that its identity lost its role',
    { vault: vaultFacts({}, { assigned: known(assigned()) }) },
    {
      found: [`Its identity ${OBJECT_ID} is not allowed to get, wrap, unwrap in the vault contoso-disks.`],
      unknown: [],
    },
  ],
  [
    'that nobody knows its rights, where role assignments cannot be read',
    { vault: vaultFacts({}, { assigned: unknown('Resource Graph is throttled') }) },
    { found: [], unknown: ['Resource Graph is throttled'] },
  ],
  [
    'that nothing of the vault is known, and not that its rights are gone',
    { vault: { because: 'no survey has read the vault contoso-disks' } },
    { found: [], unknown: ['no survey has read the vault contoso-disks'] },
  ],
  [
    'that the vault has a firewall, of which nobody knows whether it keeps the set out',
    { vault: vaultFacts({ network: 'selected' }) },
    {
      found: [],
      unknown: [
        'the vault contoso-disks takes no requests from everywhere, and whether it takes those of the set is not shown',
      ],
    },
  ],
  [
    'that the new version is disabled',
    { record: recordOf({ [VERSION]: { enabled: false } }) },
    { found: [`Version ${VERSION} is disabled.`] },
  ],
  [
    'that the older version, which it still needs, has expired',
    { record: recordOf({ [OLDER]: { expiresOn: NOW } }) },
    { found: [`Version ${OLDER} expired on 2026-12-01 12:00:00 UTC.`] },
  ],
  [
    'nothing of a version that expires a moment later',
    { record: recordOf({ [OLDER]: { expiresOn: later(NOW, 1) } }) },
    { found: [] },
  ],
  [
    'that the new version cannot be used yet',
    { record: recordOf({ [VERSION]: { notBefore: later(NOW, 1) } }) },
    { found: [`Version ${VERSION} cannot be used before 2026-12-01 12:00:00 UTC.`] },
  ],
  [
    'that the key is gone',
    { record: recordOf({}, { absentSince: NOW }) },
    { found: ['The key has been missing since 2026-12-01 12:00:00 UTC.'] },
  ],
  [
    'that nobody knows the state of the key, where its row cannot be read',
    { record: undefined },
    { found: [], unknown: ['the row of its key in the register cannot be read'] },
  ],
  [
    'that nobody knows the state of a version that no sweep has read',
    { record: recordOf({ [VERSION]: {} }) },
    { found: [], unknown: [`no sweep has read version ${OLDER}`] },
  ],
  [
    'that an application of another tenant calls for it, whose rights are not read',
    { set: { ...SET, federatedClientId: '0A0A0A0A-0000-4000-8000-000000000001' } },
    { found: [], unknown: ['the application 0a0a0a0a-0000-4000-8000-000000000001 calls for it from another tenant'] },
  ],
])('of a set that does not follow is found %s', (_, given, causes) => {
  expect(causesOf(situation(given))).toMatchObject(causes);
});
