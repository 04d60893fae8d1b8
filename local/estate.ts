import type { SeedIdentity, SeedVault } from './azure/types.ts';

/** Vaults, who uses them, and the policy that guards them: what a local guardian watches. */
export interface Estate {
  readonly vaults: readonly SeedVault[];
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

const KEYS = [
  ['contoso-disks', 'disk-web'],
  ['contoso-disks', 'disk-app'],
  ['contoso-disks', 'disk-db'],
  ['contoso-sql', 'disk-sql'],
  ['contoso-sql', 'disk-backup'],
  ['contoso-dev', 'dev-web'],
  ['contoso-dev', 'dev-app'],
  ['contoso-dev', 'dev-db'],
] as const;

/** What `npm start` watches: 3 vaults, 8 keys, a disk encryption set on each. The first vault is in `block`, the last in `alert`. */
export function startEstate(): Estate {
  const versions = (days: readonly number[]) =>
    days.map((day) => ({ created: daysAgo(day), updated: daysAgo(day), keyOps: OPERATIONS }));
  return {
    vaults: [
      {
        name: 'contoso-disks',
        region: 'westeurope',
        keys: [
          oneVersion('disk-web', 90),
          { name: 'disk-app', versions: versions([200, 100]) },
          { name: 'disk-db', versions: versions([300, 150]) },
        ],
      },
      {
        name: 'contoso-sql',
        region: 'westeurope',
        purgeProtection: false,
        keys: [oneVersion('disk-sql', 80), oneVersion('disk-backup', 70)],
      },
      {
        name: 'contoso-dev',
        region: 'westeurope',
        keys: [oneVersion('dev-web', 60), oneVersion('dev-app', 50), oneVersion('dev-db', 40)],
      },
    ],
    identities: [
      ...people,
      ...KEYS.map(([vault, key], number) => diskEncryptionSet(`des-${key}`, vault, key, setOf(number))),
    ],
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

const usersOf = (vault: string): readonly string[] =>
  KEYS.flatMap(([named], number) => (named === vault ? [setOf(number)] : []));
