import { describe, expect, test } from 'vitest';
import type { Estate, EstateUser } from '../../../shared/estate/estate.ts';
import { type EstateReader, estateReader } from '../../../shared/estate/estate-of.ts';
import {
  diskRow,
  graphRow,
  idOf,
  keyUrl,
  machineId,
  machineRow,
  OBJECT_ID,
  OLDER,
  SUBSCRIPTION,
  setId,
  setRow,
  snapshotRow,
  VERSION,
  vaultId,
  vaultRow,
} from './rows.ts';

const WEB = keyUrl('contoso-disks', 'disk-web', VERSION);

function read(add: (reader: EstateReader) => void): Estate {
  const reader = estateReader();
  add(reader);
  return reader.estate();
}

function only(estate: Estate): EstateUser {
  const [user, ...others] = estate.users;
  expect(others).toEqual([]);
  if (user === undefined) throw new Error('No user was read.');
  return user;
}

const oneSet = (more: Record<string, unknown> = {}, url = WEB): EstateUser =>
  only(read((reader) => reader.add('sets', [setRow('des-web', url, more)])));

describe('a disk encryption set', () => {
  test('needs the version of its active key, and while it rotates those of previous keys', () => {
    const previous = keyUrl('contoso-disks', 'disk-web', OLDER);
    expect(oneSet({ previousKeys: [{ keyUrl: `${previous.replace('.net', '.net:443')}/` }] }).keys).toMatchObject([
      { vault: 'contoso-disks', name: 'disk-web', version: VERSION },
      { vault: 'contoso-disks', name: 'disk-web', version: OLDER },
    ]);
  });

  test.each([
    ['rotates by itself', { autoRotation: true }, WEB, true],
    ['names a version and does not rotate', { autoRotation: false }, WEB, false],
    ['names no version', { autoRotation: false }, keyUrl('contoso-disks', 'disk-web'), true],
    ['does not say whether it rotates', { autoRotation: null }, WEB, false],
  ])('that %s takes new versions accordingly', (_, more, url, follows) => {
    expect(oneSet(more, url).follows).toBe(follows);
  });

  test.each([
    ['the identity of its own', {}, { objectIds: [OBJECT_ID], applicationId: undefined }],
    [
      'its user-assigned identities',
      {
        identity: {
          type: 'UserAssigned',
          userAssignedIdentities: { [idOf('microsoft.managedidentity/identities', 'a')]: { principalId: 'AAAA' } },
        },
      },
      { objectIds: ['aaaa'], applicationId: undefined },
    ],
    [
      'the application of another tenant, and no identity of its own',
      { federatedClientId: 'BBBB' },
      { objectIds: [], applicationId: 'bbbb' },
    ],
    ['its identity where the application is None', { federatedClientId: 'None' }, { objectIds: [OBJECT_ID] }],
    ['nobody where it has no identity', { identity: null }, { objectIds: [] }],
  ])('calls the vault as %s', (_, more, callers) => {
    expect(oneSet(more).callers).toMatchObject(callers);
  });

  test.each([
    ['with an identity', {}, true],
    ['whose identity was taken away', { identity: null }, false],
    ['whose identity is None', { identity: { type: 'None' } }, false],
  ])('%s is known as that', (_, more, hasIdentity) => {
    expect(oneSet(more)).toMatchObject({ hasIdentity });
  });

  test.each([
    [
      'a user-assigned identity without object id',
      { identity: { type: 'UserAssigned', userAssignedIdentities: { '/x/mi-a': {} } } },
    ],
    ['no key', { keyUrl: '' }],
    ['a URL that names no key', { keyUrl: 'https://contoso.example/1' }],
  ])('with %s says what is unknown of it', (_, more) => {
    expect(oneSet(more).unknown).toHaveLength(1);
  });

  test('without a key that can be read is unknown in the whole estate', () => {
    const reader = estateReader();
    reader.add('sets', [setRow('des-odd', 'https://contoso.example/1')]);
    expect(reader.estate().unknown).toEqual([
      expect.stringContaining('The key of the disk encryption set des-odd could not be read, and may be any'),
    ]);
  });

  test.each([
    ['EncryptionAtRestWithCustomerKey', 'customer-key'],
    ['EncryptionAtRestWithPlatformAndCustomerKeys', 'platform-and-customer-keys'],
    ['ConfidentialVmEncryptedWithCustomerKey', 'confidential'],
    ['SomethingNewer', undefined],
  ])('of the type %s is told apart', (encryptionType, encryption) => {
    expect(oneSet({ encryptionType })).toMatchObject({ encryption });
  });

  test('shows why it no longer rotates', () => {
    expect(oneSet({ errorCode: 'ManagedServiceIdentityNotFound', errorMessage: 'It is gone.' })).toMatchObject({
      rotationError: { code: 'ManagedServiceIdentityNotFound', message: 'It is gone.' },
    });
    expect(oneSet({ errorCode: '' })).toMatchObject({ rotationError: undefined });
  });
});

describe('what hangs on a set', () => {
  test('is a disk under two sets on both', () => {
    const reader = estateReader();
    reader.add('sets', [setRow('des-web', WEB), setRow('des-app', WEB)]);
    reader.add('disks', [diskRow('one', { setId: setId('des-web'), confidentialSetId: setId('des-app') })]);
    expect(reader.estate().users.map(({ holds }) => holds.disks)).toEqual([1, 1]);
  });

  /** Every kind of row, in an order of its own. */
  const adds: readonly ((reader: EstateReader) => void)[] = [
    (reader) => reader.add('sets', [setRow('des-web', WEB)]),
    (reader) =>
      reader.add('disks', [
        diskRow('one', { setId: setId('DES-WEB'), managedBy: machineId('vm-a') }),
        diskRow('two', { setId: setId('des-web'), managedBy: machineId('VM-A') }),
        diskRow('shared', {
          setId: setId('des-web'),
          managedBy: machineId('vm-a'),
          shareInfo: [{ vmUri: machineId('vm-a') }, { vmUri: machineId('vm-b') }],
        }),
        diskRow('spare', { setId: setId('des-web') }),
        diskRow('confidential', {
          confidentialSetId: setId('des-web'),
          encryptionType: 'EncryptionAtRestWithPlatformKey',
        }),
        diskRow('instance', {
          setId: setId('des-web'),
          managedBy: `${idOf('Microsoft.Compute/virtualMachineScaleSets', 'vmss-a')}/virtualMachines/0`,
        }),
        snapshotRow('snap', 'des-web'),
      ]),
    (reader) =>
      reader.add('images', [
        graphRow('images', {
          id: idOf('Microsoft.Compute/images', 'image'),
          osDiskSetId: setId('des-web'),
          dataDisks: [{ diskEncryptionSet: { id: setId('des-web') } }],
        }),
      ]),
    (reader) =>
      reader.add('machines', [
        machineRow('vm-a', { encryptionAtHost: true }),
        machineRow('vm-b', { powerState: 'PowerState/deallocated' }),
        machineRow('vm-elsewhere'),
      ]),
    (reader) =>
      reader.add('scale-sets', [
        graphRow('scale-sets', {
          id: idOf('Microsoft.Compute/virtualMachineScaleSets', 'vmss-a'),
          name: 'vmss-a',
          osDiskSetId: setId('des-web'),
        }),
      ]),
  ];

  test.each([
    ['in the order of the queries', adds],
    ['in the opposite order', adds.toReversed()],
  ])('is counted, rows coming %s', (_, order) => {
    const estate = read((reader) => {
      for (const add of order) add(reader);
    });
    const { holds } = only(estate);
    expect(holds).toMatchObject({ disks: 6, unattached: 2, snapshots: 1, images: 1 });
    expect([...holds.machines].map(([{ name, power, kind }, disks]) => ({ name, power, kind, disks }))).toEqual(
      expect.arrayContaining([
        { name: 'vm-a', power: 'running', kind: 'machine', disks: 3 },
        { name: 'vm-b', power: 'stopped', kind: 'machine', disks: 1 },
        { name: 'vmss-a', power: 'unknown', kind: 'scale-set', disks: 1 },
      ]),
    );
    expect(holds.machines.size).toBe(3);
    expect(estate.machines).toEqual({ all: 3, running: 2, encryptedAtHost: 1 });
    expect(estate.unknown).toEqual([]);
  });

  test('is unknown, and never absent, where the set itself is not shown', () => {
    const estate = read((reader) => reader.add('disks', [diskRow('one', { setId: setId('des-gone') })]));
    expect(estate.users).toEqual([]);
    expect(estate.unknown).toEqual([
      expect.stringContaining('des-gone is not shown, so that the key of its 1 disks is not known'),
    ]);
  });

  test('names a machine whose row was not read, with unknown power', () => {
    const { holds } = only(
      read((reader) => {
        reader.add('sets', [setRow('des-web', WEB)]);
        reader.add('disks', [diskRow('one', { setId: setId('des-web'), managedBy: machineId('vm-hidden') })]);
      }),
    );
    expect([...holds.machines.keys()]).toMatchObject([{ name: 'vm-hidden', power: 'unknown' }]);
  });
});

describe('a storage account', () => {
  const account = (more: Record<string, unknown>): EstateUser =>
    only(
      read((reader) =>
        reader.add('storage-accounts', [
          graphRow('storage-accounts', {
            id: idOf('Microsoft.Storage/storageAccounts', 'logs'),
            name: 'logs',
            identity: { type: 'SystemAssigned', principalId: OBJECT_ID },
            vaultUri: 'https://contoso-disks.vault.azure.net/',
            keyName: 'storage',
            keyVersion: '',
            currentKeyUrl: keyUrl('contoso-disks', 'storage', VERSION),
            ...more,
          }),
        ]),
      ),
    );

  test('that names a version needs that one', () => {
    expect(account({ keyVersion: OLDER })).toMatchObject({
      keys: [{ name: 'storage', version: OLDER }],
      follows: false,
    });
  });

  test('that names none takes new ones, and until then needs the one it has', () => {
    expect(account({})).toMatchObject({ keys: [{ name: 'storage', version: VERSION }], follows: true });
  });

  test('that does not say which version it has needs the newest one', () => {
    expect(account({ currentKeyUrl: '' })).toMatchObject({ keys: [{ name: 'storage', version: undefined }] });
  });

  test('calls the vault as the user-assigned identity that it names, and as no other', () => {
    const [one, other] = ['mi-a', 'mi-b'].map((name) => idOf('Microsoft.ManagedIdentity/identities', name)) as [
      string,
      string,
    ];
    const identity = {
      type: 'UserAssigned',
      userAssignedIdentities: { [one]: { principalId: 'aa' }, [other]: { principalId: 'bb' } },
    };
    expect(account({ identity, userIdentity: other.toUpperCase() }).callers.objectIds).toEqual(['bb']);
    expect(account({ identity: null, userIdentity: other }).unknown).toEqual([
      'The object id of its identity mi-b is not shown.',
    ]);
  });
});

test('a SQL server needs the version that it names', () => {
  const server = only(
    read((reader) =>
      reader.add('sql-servers', [
        graphRow('sql-servers', {
          id: idOf('Microsoft.Sql/servers', 'sql-a'),
          name: 'sql-a',
          identity: { type: 'SystemAssigned', principalId: OBJECT_ID },
          keyUrl: keyUrl('contoso-sql', 'tde', VERSION),
        }),
      ]),
    ),
  );
  expect(server).toMatchObject({
    kind: 'sql-server',
    keys: [{ vault: 'contoso-sql', version: VERSION }],
    follows: false,
  });
});

describe('Azure Disk Encryption', () => {
  const unlocking = (version: string) => ({
    diskEncryptionKey: { secretUrl: 'https://contoso-ade.vault.azure.net/secrets/unlock/1' },
    keyEncryptionKey: { keyUrl: keyUrl('contoso-ade', 'wrap', version) },
  });

  test('is one user of each key that wraps its secrets, with the versions that disks and machines name', () => {
    const user = only(
      read((reader) => {
        reader.add('disks', [
          diskRow('one', {
            diskEncryption: { enabled: true, encryptionSettings: [unlocking(VERSION)] },
            managedBy: machineId('vm-a'),
          }),
          diskRow('two', { diskEncryption: { enabled: true, encryptionSettings: [unlocking(VERSION)] } }),
          diskRow('off', { diskEncryption: { enabled: false, encryptionSettings: [unlocking(OLDER)] } }),
        ]);
        reader.add('machines', [
          machineRow('vm-a'),
          machineRow('vm-b', { diskEncryption: { enabled: true, ...unlocking(OLDER) } }),
        ]);
      }),
    );
    expect(user.kind).toBe('azure-disk-encryption');
    expect(user.keys.map(({ version }) => version)).toEqual([VERSION, OLDER]);
    expect(user.holds).toMatchObject({ disks: 2, unattached: 1 });
    expect([...user.holds.machines.keys()].map(({ name }) => name)).toEqual(['vm-a', 'vm-b']);
  });

  test('by a secret that no key wraps is counted for its vault', () => {
    const estate = read((reader) =>
      reader.add('disks', [
        diskRow('one', {
          diskEncryption: {
            enabled: true,
            encryptionSettings: [{ diskEncryptionKey: unlocking(VERSION).diskEncryptionKey }],
          },
        }),
      ]),
    );
    expect(estate.users).toEqual([]);
    expect([...estate.secrets]).toEqual([['contoso-ade', 1]]);
  });
});

test('a Managed HSM whose key is used is named once', () => {
  const hsm = (key: string) => `https://contoso-hsm.managedhsm.azure.net/keys/${key}/${VERSION}`;
  const estate = read((reader) => reader.add('sets', [setRow('a', hsm('one')), setRow('b', hsm('two'))]));
  expect(estate.managedHsms).toEqual(['contoso-hsm']);
});

describe('the encryption that a disk really has', () => {
  test.each([
    ['customer-key', {}],
    ['customer-key', { encryptionType: '', setId: setId('des-web') }],
    ['platform-and-customer-keys', { encryptionType: 'EncryptionAtRestWithPlatformAndCustomerKeys' }],
    ['platform-key', { encryptionType: 'EncryptionAtRestWithPlatformKey' }],
    ['confidential', { encryptionType: 'EncryptionAtRestWithPlatformKey', confidentialSetId: setId('des-c') }],
    [
      'azure-disk-encryption',
      { encryptionType: 'EncryptionAtRestWithPlatformKey', diskEncryption: { enabled: true, encryptionSettings: [] } },
    ],
    ['unknown', { encryptionType: '' }],
  ] as const)('is %s by %j', (encryption, more) => {
    const { disks } = read((reader) => reader.add('disks', [diskRow('one', more)]));
    expect(disks[encryption]).toMatchObject({
      disks: 1,
      snapshots: 0,
      examples: [expect.stringMatching(/disks\/one$/)],
    });
    expect(Object.values(disks).reduce((sum, { disks: count }) => sum + count, 0)).toBe(1);
  });
});

describe('a vault', () => {
  const vault = (more: Record<string, unknown> = {}) =>
    read((reader) => reader.add('vaults', [vaultRow('Contoso-Disks', more)])).vaults.get('contoso-disks');

  test('is known by its name in lower case, as is its id', () => {
    expect(vault()).toMatchObject({ id: vaultId('contoso-disks').toLowerCase(), subscriptionId: SUBSCRIPTION });
  });

  test.each([
    ['whose row does not say', { purgeProtection: null, rbac: null }, { purgeProtection: false, rbac: false }],
    ['of before soft delete', { softDelete: false }, { softDelete: false }],
    ['that everybody reaches', { networkDefault: 'Allow' }, { network: 'public' }],
    ['that selected networks reach', { networkDefault: 'Deny' }, { network: 'selected' }],
    ['without public network', { publicNetworkAccess: 'Disabled', networkDefault: 'Allow' }, { network: 'private' }],
    ['inside a perimeter', { publicNetworkAccess: 'SecuredByPerimeter' }, { network: 'private' }],
    [
      'with access policies',
      { accessPolicies: [{ objectId: 'AA', permissions: { keys: ['Get', 'wrapKey'] } }] },
      { accessPolicies: [{ objectId: 'aa', keys: ['get', 'wrapkey'] }] },
    ],
  ])('%s is read as it is', (_, more, seen) => {
    expect(vault(more)).toMatchObject(seen);
  });
});

test('roles are known by the last part of their id, in lower case, as assignments name them', () => {
  const estate = read((reader) => {
    reader.add('role-definitions', [
      graphRow('role-definitions', {
        id: '/providers/microsoft.authorization/roledefinitions/14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
        roleName: 'Key Vault Crypto Officer',
        permissions: [{ dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
      }),
    ]);
    reader.add('role-assignments', [
      graphRow('role-assignments', {
        id: 'x',
        principalId: 'AA',
        principalType: 'Group',
        roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/14B46E9E-c2b7-41b4-b07b-48a6ebf60603`,
        scope: vaultId('contoso-disks'),
      }),
    ]);
  });
  const [assignment] = estate.assignments;
  expect(assignment).toMatchObject({
    principalId: 'aa',
    scope: vaultId('contoso-disks').toLowerCase(),
    isConditional: false,
  });
  expect(estate.roles.get(assignment?.role ?? '')).toMatchObject({
    name: 'Key Vault Crypto Officer',
    permissions: [{ actions: [], dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
  });
});

test('a subscription that was shown is known by its id, with its name', () => {
  const estate = read((reader) =>
    reader.add('subscriptions', [
      graphRow('subscriptions', { id: `/subscriptions/${SUBSCRIPTION}`, name: 'Disks', subscriptionId: SUBSCRIPTION }),
      graphRow('subscriptions', { id: '/subscriptions/2', name: '', subscriptionId: 'TWO' }),
    ]),
  );
  expect([...estate.subscriptions]).toEqual([
    [SUBSCRIPTION, 'Disks'],
    ['two', 'TWO'],
  ]);
});

test('what could not be read is handed on', () => {
  expect(read((reader) => reader.unread('The disks of s could not be read.')).unknown).toEqual([
    'The disks of s could not be read.',
  ]);
});
