import type { Resource } from './azure/resource-manager/store.ts';
import type { SeedIdentity, SeedSubscription, SeedVault } from './azure/types.ts';
import {
  DEVELOPMENT,
  estateVaultId,
  OPERATORS_GROUP,
  PRODUCTION,
  startResources,
  versionId,
} from './estate-resources.ts';

/** Vaults, who uses them, and the policy that guards them: what a local guardian watches. */
export interface Estate {
  readonly vaults: readonly SeedVault[];
  /** All resources but vaults. Default: none. */
  readonly resources?: readonly Resource[];
  readonly subscriptions?: readonly SeedSubscription[];
  /** Besides the guardian's own. */
  readonly identities: readonly SeedIdentity[];
  /** The content of a policy file. */
  readonly policy: unknown;
}

const READ = 'Microsoft.KeyVault/vaults/keys/read';
/** What a disk encryption set does with its key. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys */
export const DISK_ACTIONS = [
  READ,
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
];
const ALL_BUT_PURGE = [
  READ,
  ...[
    'update',
    'create',
    'import',
    'recover',
    'restore',
    'backup',
    'encrypt',
    'decrypt',
    'wrap',
    'unwrap',
    'sign',
    'verify',
    'rotate',
  ].map((action) => `Microsoft.KeyVault/vaults/keys/${action}/action`),
  'Microsoft.KeyVault/vaults/keys/delete',
  'Microsoft.KeyVault/vaults/keyrotationpolicies/read',
  'Microsoft.KeyVault/vaults/keyrotationpolicies/write',
];

/** A disk encryption set's identity: it may use its one key and nothing else. `oid` is made up. */
export function diskEncryptionSet(name: string, vault: string, key: string, oid: string): SeedIdentity {
  return { name, kind: 'managed-identity', oid, grants: [{ vault, key, dataActions: DISK_ACTIONS }] };
}

/** The people of every local estate: an owner, an approver who may only read, and an attacker who may do anything. */
export const people: readonly SeedIdentity[] = [
  {
    name: 'owner',
    kind: 'user',
    oid: '0f0e0d0c-0000-4000-8000-000000000001',
    upn: 'owner@contoso.example',
    appRoles: ['KeyGuardian.Operator'],
    grants: [{ vault: '*', dataActions: ALL_BUT_PURGE }],
  },
  {
    name: 'attacker',
    kind: 'user',
    oid: '0f0e0d0c-0000-4000-8000-000000000002',
    upn: 'mallory@contoso.example',
    grants: [
      {
        vault: '*',
        dataActions: ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
      },
    ],
  },
  {
    name: 'approver',
    kind: 'user',
    oid: '0f0e0d0c-0000-4000-8000-000000000003',
    upn: 'approver@contoso.example',
    appRoles: ['KeyGuardian.Reader'],
    grants: [{ vault: '*', dataActions: [READ] }],
  },
];

/** Who may approve in every local estate: the owner, and the approver for what the owner asked. */
export const approvers: readonly string[] = people.flatMap(({ appRoles, oid }) =>
  appRoles === undefined || oid === undefined ? [] : [oid],
);

/** Unix seconds so many days ago: keys that stood quietly for a while. */
export const daysAgo = (days: number): number => Math.floor(Date.now() / 1000) - days * 86_400;

const OPERATIONS = ['wrapKey', 'unwrapKey'] as const;
/** A key with one version of that age, for disks. */
export const oneVersion = (name: string, days: number) => ({
  name,
  versions: [{ created: daysAgo(days), updated: daysAgo(days), keyOps: OPERATIONS }],
});
const setOf = (number: number): string => `d15cd15c-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The identities that use keys of the estate: disk encryption sets, a storage account and a SQL server, by their names. */
const KEY_USERS = [
  ['contoso-disks', 'disk-web', 'des-disk-web'],
  ['contoso-disks', 'disk-app', 'des-disk-app'],
  ['contoso-disks', 'disk-db', 'des-disk-db'],
  ['contoso-sql', 'disk-sql', 'des-disk-sql'],
  ['contoso-sql', 'disk-backup', 'contosobackups'],
  ['contoso-dev', 'dev-web', 'des-dev-web'],
  ['contoso-dev', 'dev-db', 'contoso-dev-sql'],
  ['contoso-legacy', 'disk-archive', 'des-disk-archive'],
] as const;

/**
 * What `npm start` watches: 3 vaults with 8 keys, and what hangs on them in two subscriptions. The first vault is in `block`,
 * the last in `alert`. Beside them is a vault that the policy does not name, with a key that disks need.
 */
export function startEstate(): Estate {
  const users = KEY_USERS.map(([vault, key, name], number) => keyUser(name, vault, key, setOf(number)));
  return {
    vaults: startVaults(),
    resources: startResources((name) => users.find((user) => user.name === name)?.oid ?? ''),
    subscriptions: [
      { subscriptionId: PRODUCTION, displayName: 'Contoso Production', managementGroups: ['contoso'] },
      { subscriptionId: DEVELOPMENT, displayName: 'Contoso Development', managementGroups: ['contoso'] },
    ],
    identities: [...startPeople(), ...users],
    policy: {
      vaults: [
        { name: 'contoso-disks', mode: 'block', knownUsers: usersOf('contoso-disks'), approvers },
        { name: 'contoso-sql', mode: 'block', knownUsers: usersOf('contoso-sql'), approvers },
        { name: 'contoso-dev', mode: 'alert', knownUsers: usersOf('contoso-dev'), approvers },
      ],
      channels: ['console'],
    },
  };
}

function startVaults(): readonly SeedVault[] {
  const key = (vault: string, name: string, days: readonly number[]) => ({
    name,
    versions: days.map((day, number) => ({
      version: versionId(vault, name, number),
      created: daysAgo(day),
      updated: daysAgo(day),
      keyOps: OPERATIONS,
    })),
  });
  const central = { region: 'westeurope', subscriptionId: PRODUCTION, resourceGroup: 'rg-keys' };
  return [
    {
      ...central,
      name: 'contoso-disks',
      keys: [
        key('contoso-disks', 'disk-web', [90]),
        key('contoso-disks', 'disk-app', [200, 100]),
        key('contoso-disks', 'disk-db', [300, 150]),
      ],
    },
    {
      ...central,
      name: 'contoso-sql',
      purgeProtection: false,
      keys: [key('contoso-sql', 'disk-sql', [80]), key('contoso-sql', 'disk-backup', [70])],
    },
    {
      ...central,
      name: 'contoso-dev',
      keys: [
        key('contoso-dev', 'dev-web', [60]),
        key('contoso-dev', 'dev-app', [50]),
        key('contoso-dev', 'dev-db', [40]),
      ],
    },
    {
      region: 'westeurope',
      subscriptionId: DEVELOPMENT,
      resourceGroup: 'rg-legacy',
      name: 'contoso-legacy',
      keys: [key('contoso-legacy', 'disk-archive', [700])],
    },
  ];
}

/** The identity of a set, of a storage account or of a server: by its role it may use its one key and nothing else. */
const keyUser = (name: string, vault: string, key: string, oid: string): SeedIdentity => ({
  name,
  kind: 'managed-identity',
  oid,
  grants: [],
  roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: `${estateVaultId(vault)}/keys/${key}` }],
});

/** The people of every local estate with their roles here, and somebody who may disable keys without being asked to. */
const startPeople = (): readonly SeedIdentity[] => [
  ...people.map((person) => ({ ...person, ...rolesOf(person.name) })),
  {
    name: 'stranger',
    kind: 'user',
    oid: '0f0e0d0c-0000-4000-8000-000000000004',
    upn: 'stranger@contoso.example',
    grants: [],
    roles: [{ role: 'Key Vault Crypto User', scope: estateVaultId('contoso-disks') }],
  },
];

function rolesOf(person: string): Pick<SeedIdentity, 'roles' | 'groups'> {
  const everywhere = (role: string) => [PRODUCTION, DEVELOPMENT].map((id) => ({ role, scope: `/subscriptions/${id}` }));
  switch (person) {
    case 'owner':
      return { roles: everywhere('Owner') };
    case 'approver':
      return { roles: [...everywhere('Reader'), ...everywhere('Key Vault Reader')] };
    default:
      return { groups: [OPERATORS_GROUP] };
  }
}

const usersOf = (vault: string): readonly string[] =>
  KEY_USERS.flatMap(([named], number) => (named === vault ? [setOf(number)] : []));
