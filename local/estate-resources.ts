import { createHash } from 'node:crypto';
import { builtInRoles } from './azure/resource-manager/roles.ts';
import type { Resource } from './azure/resource-manager/store.ts';
import {
  type DiskEncryption,
  deleteLockResource,
  diskEncryptionSetResource,
  diskResource,
  groupId,
  groupRoleResource,
  imageResource,
  machineId,
  machineResource,
  type Place,
  scaleSetResource,
  snapshotResource,
  sqlServerResource,
  storageAccountResource,
} from './resources.ts';

/** One of the two subscriptions of the estate of `npm start`, made up. */
export const PRODUCTION = '6c1a5a3e-0f5d-4f7c-9a55-3d0b6e2f8a01';
/** The other one. */
export const DEVELOPMENT = '6c1a5a3e-0f5d-4f7c-9a55-3d0b6e2f8a02';
/** The tenant of every local Azure, unless another one is asked for. */
export const LOCAL_TENANT = '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20';
/** The group whose members operate disks, the attacker among them. */
export const OPERATORS_GROUP = '9909909a-0000-4000-8000-000000000001';

/** The id of a vault of the estate. All are in one group, but for the one that nobody guards. */
export const estateVaultId = (vault: string): string =>
  vault === 'contoso-legacy'
    ? `${groupId(DEVELOPMENT, 'rg-legacy')}/providers/Microsoft.KeyVault/vaults/${vault}`
    : `${groupId(PRODUCTION, 'rg-keys')}/providers/Microsoft.KeyVault/vaults/${vault}`;

/** The id of a version of a key, the same at every start: its number counts from the oldest, 0. */
export const versionId = (vault: string, key: string, number: number): string =>
  createHash('sha256').update(`${vault}/${key}/${number}`).digest('hex').slice(0, 32);

const keyUrl = (vault: string, key: string, number: number): string =>
  `https://${vault}.vault.azure.net/keys/${key}/${versionId(vault, key, number)}`;
const sourceVault = (vault: string) => ({ sourceVault: { id: estateVaultId(vault) } });

const web = groupId(PRODUCTION, 'rg-web');
const app = groupId(PRODUCTION, 'rg-app');
const db = groupId(PRODUCTION, 'rg-db');
const sql = groupId(PRODUCTION, 'rg-sql');
const dev = groupId(DEVELOPMENT, 'rg-dev');
const legacy = groupId(DEVELOPMENT, 'rg-legacy');

const SETS = {
  web: { group: web, name: 'des-disk-web' },
  app: { group: app, name: 'des-disk-app' },
  db: { group: db, name: 'des-disk-db' },
  sql: { group: sql, name: 'des-disk-sql' },
  dev: { group: dev, name: 'des-dev-web' },
  legacy: { group: legacy, name: 'des-disk-archive' },
} as const satisfies Readonly<Record<string, Place>>;

/**
 * What is in the two subscriptions of `npm start`: six disk encryption sets (one of each type, one whose key is in another
 * subscription, one that cannot rotate any more, one pinned to an older version), 40 disks, 15 machines, a scale set, a
 * storage account and a SQL server.
 *
 * @param oidOf the object id of an identity, by its name
 */
export const startResources = (oidOf: (identity: string) => string): readonly Resource[] => [
  ...setResources(oidOf),
  ...machinesWithDisks(),
  ...disksAlone(),
  ...[1, 2].map((number) => snapshotResource({ group: web, name: `snap-web-${number}` }, SETS.web)),
  snapshotResource({ group: sql, name: 'snap-sql-1' }, SETS.sql),
  imageResource({ group: web, name: 'image-web' }, SETS.web),
  scaleSetResource({ group: web, name: 'vmss-web' }, SETS.web, 3),
  storageAccountResource(
    { group: sql, name: 'contosobackups' },
    {
      vaultUri: 'https://contoso-sql.vault.azure.net',
      key: 'disk-backup',
      currentKeyUrl: keyUrl('contoso-sql', 'disk-backup', 0),
      principalId: oidOf('contosobackups'),
      tenantId: LOCAL_TENANT,
    },
  ),
  sqlServerResource(
    { group: dev, name: 'contoso-dev-sql' },
    { keyUrl: keyUrl('contoso-dev', 'dev-db', 0), principalId: oidOf('contoso-dev-sql'), tenantId: LOCAL_TENANT },
  ),
  deleteLockResource(estateVaultId('contoso-disks'), 'keep', 'Disks live from the keys in it.'),
  groupRoleResource(groupId(PRODUCTION, 'rg-keys'), {
    name: 'a551a551-0000-4000-8000-000000000001',
    groupOid: OPERATORS_GROUP,
    roleId: builtInRoles.find(({ name }) => name === 'Key Vault Crypto Officer')?.id ?? '',
  }),
];

function setResources(oidOf: (identity: string) => string): readonly Resource[] {
  const made = (
    place: Place,
    [vault, key, number]: readonly [string, string, number],
    more: Readonly<Record<string, unknown>>,
    encryptionType?: Parameters<typeof diskEncryptionSetResource>[1]['encryptionType'],
  ): Resource =>
    diskEncryptionSetResource(place, {
      keyUrl: keyUrl(vault, key, number),
      principalId: oidOf(place.name),
      tenantId: LOCAL_TENANT,
      more,
      ...(encryptionType === undefined ? {} : { encryptionType }),
    });
  const rotates = { rotationToLatestKeyVersionEnabled: true };
  const pinned = { rotationToLatestKeyVersionEnabled: false };
  const from = (vault: string, key: string, number: number) => ({
    activeKey: { ...sourceVault(vault), keyUrl: keyUrl(vault, key, number) },
  });
  return [
    made(SETS.web, ['contoso-disks', 'disk-web', 0], { ...from('contoso-disks', 'disk-web', 0), ...rotates }),
    made(
      SETS.app,
      ['contoso-disks', 'disk-app', 0],
      { ...from('contoso-disks', 'disk-app', 0), ...pinned },
      'EncryptionAtRestWithPlatformAndCustomerKeys',
    ),
    made(SETS.db, ['contoso-disks', 'disk-db', 1], pinned, 'ConfidentialVmEncryptedWithCustomerKey'),
    made(SETS.sql, ['contoso-sql', 'disk-sql', 0], {
      ...from('contoso-sql', 'disk-sql', 0),
      ...rotates,
      // As published: https://github.com/Azure/azure-rest-api-specs, DiskEncryptionSet_Get_WithAutoKeyRotationError.json
      autoKeyRotationError: {
        code: 'ManagedServiceIdentityNotFound',
        message:
          'Auto-key rotation was disabled because an identity was not found. Please update the resource with correct identity to re-enable auto-key rotation.',
      },
    }),
    // Its key is in another subscription, where `sourceVault` may not stand.
    made(SETS.dev, ['contoso-dev', 'dev-web', 0], rotates),
    made(SETS.legacy, ['contoso-legacy', 'disk-archive', 0], {
      ...from('contoso-legacy', 'disk-archive', 0),
      ...pinned,
    }),
  ];
}

/** A machine with its disks: the first is its system disk. */
interface MachineSeed {
  readonly place: Place;
  readonly disks: readonly DiskEncryption[];
  readonly about?: Parameters<typeof machineResource>[1];
}

function machinesWithDisks(): readonly Resource[] {
  const platform: DiskEncryption = { kind: 'platform-key' };
  const under = (set: Place, kind: 'set' | 'platform-key-and-set' | 'confidential' = 'set'): DiskEncryption => ({
    kind,
    set,
  });
  const numbered = (count: number, make: (number: number) => MachineSeed): readonly MachineSeed[] =>
    Array.from({ length: count }, (_, at) => make(at + 1));
  const wrapped: DiskEncryption = {
    kind: 'azure-disk-encryption',
    secretUrl: `https://contoso-dev.vault.azure.net/secrets/vm-dev-2/${versionId('contoso-dev', 'vm-dev-2', 0)}`,
    keyUrl: keyUrl('contoso-dev', 'dev-app', 0),
    vaultId: estateVaultId('contoso-dev'),
  };
  const machines: readonly MachineSeed[] = [
    ...numbered(4, (number) => ({
      place: { group: web, name: `vm-web-${number}` },
      disks: [under(SETS.web), under(SETS.web), under(SETS.web)],
      about: { encryptionAtHost: true },
    })),
    ...numbered(4, (number) => ({
      place: { group: app, name: `vm-app-${number}` },
      disks: [under(SETS.app, 'platform-key-and-set'), under(SETS.app, 'platform-key-and-set')],
      about: { isRunning: number !== 4 },
    })),
    ...numbered(2, (number) => ({
      place: { group: db, name: `vm-db-${number}` },
      disks: [under(SETS.db, 'confidential'), platform],
      about: { securityType: 'ConfidentialVM' as const },
    })),
    ...numbered(2, (number) => ({
      place: { group: sql, name: `vm-sql-${number}` },
      disks: [under(SETS.sql), under(SETS.sql), under(SETS.sql)],
      about: { encryptionAtHost: number === 1 },
    })),
    { place: { group: dev, name: 'vm-dev-1' }, disks: [under(SETS.dev), platform] },
    { place: { group: dev, name: 'vm-dev-2' }, disks: [under(SETS.dev), wrapped], about: { isRunning: false } },
    { place: { group: legacy, name: 'vm-archive' }, disks: [under(SETS.legacy), under(SETS.legacy)] },
  ];
  return machines.flatMap(({ place, disks, about = {} }) => [
    machineResource(place, about),
    ...disks.map((encryption, at) =>
      diskResource(
        { group: place.group, name: at === 0 ? `${place.name}-os` : `${place.name}-data-${at}` },
        { encryption, machines: [machineId(place)], isRunning: about.isRunning ?? true },
      ),
    ),
  ]);
}

/** One that two machines share, one that is attached to none, and two that hang on no key of the owner. */
const disksAlone = (): readonly Resource[] => [
  diskResource(
    { group: db, name: 'disk-db-shared' },
    {
      encryption: { kind: 'platform-key-and-set', set: SETS.app },
      machines: [1, 2].map((number) => machineId({ group: db, name: `vm-db-${number}` })),
    },
  ),
  diskResource({ group: web, name: 'disk-web-before-upgrade' }, { encryption: { kind: 'set', set: SETS.web } }),
  ...[1, 2].map((number) =>
    diskResource({ group: dev, name: `disk-scratch-${number}` }, { encryption: { kind: 'platform-key' } }),
  ),
];
