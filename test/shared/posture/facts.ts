/** Facts as they should be: a test says what is wrong with them. Ids are made up. */
import type { EstateSet, EstateVault, Holdings, Role } from '../../../shared/estate/estate.ts';
import {
  type Assigned,
  type DisksFacts,
  type KeyFacts,
  type KeyState,
  known,
  type SetFacts,
  type VaultFacts,
  type VersionFacts,
} from '../../../shared/posture/facts.ts';

export const NOW = new Date('2026-12-01T12:00:00Z');
export const VERSION = '0123456789abcdef0123456789abcdef';
export const OLDER = '00000000000000000000000000000001';
export const OBJECT_ID = 'd15cd15c-0000-4000-8000-000000000001';

const SUBSCRIPTION_SCOPE = '/subscriptions/11111111-0000-4000-8000-000000000001';
const GROUP_SCOPE = `${SUBSCRIPTION_SCOPE}/resourcegroups/contoso`;
export const VAULT_SCOPE = `${GROUP_SCOPE}/providers/microsoft.keyvault/vaults/contoso-disks`;
export const scopes = { subscription: SUBSCRIPTION_SCOPE, group: GROUP_SCOPE, vault: VAULT_SCOPE };

const role = (name: string, permissions: Partial<Role['permissions'][number]>): Role => ({
  name,
  permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permissions }],
});

/** Built-in roles as published, as far as they matter here. @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const roles = {
  owner: role('Owner', { actions: ['*'] }),
  contributor: role('Contributor', {
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
  }),
  reader: role('Reader', { actions: ['*/read'] }),
  officer: role('Key Vault Crypto Officer', {
    dataActions: ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  }),
  user: role('Key Vault Crypto User', {
    dataActions: ['read', 'update/action', 'backup/action', 'wrap/action', 'unwrap/action'].map(
      (action) => `Microsoft.KeyVault/vaults/keys/${action}`,
    ),
  }),
  service: role('Key Vault Crypto Service Encryption User', {
    dataActions: ['read', 'wrap/action', 'unwrap/action'].map((action) => `Microsoft.KeyVault/vaults/keys/${action}`),
  }),
  custom: role('All but destroying', {
    dataActions: ['Microsoft.KeyVault/vaults/keys/*'],
    notDataActions: [
      'Microsoft.KeyVault/vaults/keys/delete',
      'Microsoft.KeyVault/vaults/keys/purge/*',
      'Microsoft.KeyVault/vaults/keys/update/*',
    ],
  }),
} as const;

/** An assignment as `[principal, role, scope, type of principal]`. */
export type Held = readonly [
  principalId: string,
  role: keyof typeof roles | 'unheard-of',
  scope: string,
  type?: string,
];

export const assigned = (...held: readonly Held[]): Assigned => ({
  assignments: held.map(([principalId, name, scope, principalType = 'ServicePrincipal'], at) => ({
    id: String(at),
    principalId,
    principalType,
    role: name,
    scope,
    isConditional: false,
  })),
  roles: new Map(Object.entries(roles)),
});

export const vault = (more: Partial<EstateVault> = {}): EstateVault => ({
  id: VAULT_SCOPE,
  name: 'contoso-disks',
  subscriptionId: '11111111-0000-4000-8000-000000000001',
  location: 'westeurope',
  sku: 'standard',
  rbac: true,
  softDelete: true,
  retentionDays: 90,
  purgeProtection: true,
  network: 'public',
  accessPolicies: [],
  ...more,
});

export const vaultFacts = (of: Partial<EstateVault> = {}, more: Partial<VaultFacts> = {}): VaultFacts => ({
  kind: 'vault',
  vault: vault(of),
  locks: known([{ name: 'keep', level: 'CanNotDelete', scope: GROUP_SCOPE }]),
  diagnosticSettings: known([{ logs: ['auditevent'], workspaceId: '/w', hubRuleId: undefined, hubName: undefined }]),
  assigned: known(assigned([OBJECT_ID, 'service', VAULT_SCOPE])),
  ...more,
});

export const nothing: Holdings = { disks: 0, unattached: 0, snapshots: 0, images: 0, machines: new Map() };

export const set = (more: Partial<EstateSet> = {}): EstateSet => ({
  kind: 'disk-encryption-set',
  id: `${GROUP_SCOPE}/providers/microsoft.compute/diskencryptionsets/des-web`,
  name: 'des-web',
  subscriptionId: '11111111-0000-4000-8000-000000000001',
  location: 'westeurope',
  encryption: 'customer-key',
  autoRotation: true,
  rotationError: undefined,
  hasIdentity: true,
  keys: [{ at: 'vault', vault: 'contoso-disks', kind: 'key', name: 'disk-web', version: VERSION }],
  follows: true,
  callers: { objectIds: [OBJECT_ID], applicationId: undefined },
  holds: nothing,
  unknown: [],
  ...more,
});

export const setFacts = (of: Partial<EstateSet> = {}, vaultOf: VaultFacts | undefined = vaultFacts()): SetFacts => ({
  kind: 'set',
  set: set(of),
  vault: vaultOf,
});

export const version = (more: Partial<VersionFacts> = {}): VersionFacts => ({
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  updated: new Date('2026-09-01T00:00:00Z'),
  operations: ['wrapKey', 'unwrapKey'],
  ...more,
});

type Present = Extract<KeyState, { kind: 'present' }>;
export const present = (versions: Record<string, VersionFacts> = {}, more: Partial<Present> = {}): Present => ({
  kind: 'present',
  seenBy: 'Key Vault',
  keyType: 'RSA',
  keySizeBits: 2048,
  current: VERSION,
  versions: new Map(Object.entries({ [VERSION]: version(), ...versions })),
  ...more,
});

export const keyFacts = (state: KeyState = present(), more: Partial<KeyFacts> = {}): KeyFacts => ({
  kind: 'key',
  vault: 'contoso-disks',
  key: 'disk-web',
  users: [set()],
  state: known(state),
  rotationPolicy: known({ rotate: { when: 'after-creation', period: 'P90D' }, expiresIn: 'P2Y' }),
  notifyBeforeExpiryDays: 30,
  ...more,
});

const none = { disks: 0, snapshots: 0, examples: [] };
export const disksFacts = (of: Partial<DisksFacts['disks']> = {}, customerKeysDemanded = true): DisksFacts => ({
  kind: 'disks',
  disks: {
    'customer-key': none,
    'platform-and-customer-keys': none,
    confidential: none,
    'azure-disk-encryption': none,
    'platform-key': none,
    unknown: none,
    ...of,
  },
  customerKeysDemanded,
});
