/** Rows as Resource Graph gives them, through the schemas: a test names what matters to it. Ids are made up. */
import { type GraphQuery, type GraphRow, graphRows } from '../../../shared/estate/rows.ts';

export const SUBSCRIPTION = '11111111-0000-4000-8000-000000000001';
export const VERSION = '0123456789abcdef0123456789abcdef';
export const OLDER = '00000000000000000000000000000001';
export const OBJECT_ID = 'd15cd15c-0000-4000-8000-000000000001';

/** A resource's id. The group is in upper case, as Resource Manager spells some. */
export const idOf = (type: string, name: string, group = 'CONTOSO'): string =>
  `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/${type}/${name}`;
export const setId = (name: string): string => idOf('Microsoft.Compute/diskEncryptionSets', name);
export const machineId = (name: string): string => idOf('Microsoft.Compute/virtualMachines', name);
export const vaultId = (name: string): string => idOf('Microsoft.KeyVault/vaults', name);
export const keyUrl = (vault: string, key: string, version?: string): string =>
  `https://${vault}.vault.azure.net/keys/${key}${version === undefined ? '' : `/${version}`}`;

function row<Query extends GraphQuery>(query: Query, members: Record<string, unknown>): GraphRow<Query> {
  return graphRows[query].parse(members) as GraphRow<Query>;
}

export const vaultRow = (name: string, more: Record<string, unknown> = {}): GraphRow<'vaults'> =>
  row('vaults', {
    id: vaultId(name),
    name,
    location: 'westeurope',
    subscriptionId: SUBSCRIPTION,
    sku: 'standard',
    rbac: true,
    softDelete: true,
    retentionDays: 90,
    purgeProtection: true,
    publicNetworkAccess: 'Enabled',
    accessPolicies: [],
    ...more,
  });

export const setRow = (name: string, url: string, more: Record<string, unknown> = {}): GraphRow<'sets'> =>
  row('sets', {
    id: setId(name),
    name,
    location: 'westeurope',
    subscriptionId: SUBSCRIPTION,
    encryptionType: 'EncryptionAtRestWithCustomerKey',
    keyUrl: url,
    autoRotation: true,
    identity: { type: 'SystemAssigned', principalId: OBJECT_ID.toUpperCase() },
    federatedClientId: '',
    ...more,
  });

export const diskRow = (name: string, more: Record<string, unknown> = {}): GraphRow<'disks'> =>
  row('disks', {
    id: idOf('Microsoft.Compute/disks', name),
    type: 'microsoft.compute/disks',
    encryptionType: 'EncryptionAtRestWithCustomerKey',
    managedBy: '',
    ...more,
  });

export const snapshotRow = (name: string, set: string): GraphRow<'disks'> =>
  row('disks', {
    id: idOf('Microsoft.Compute/snapshots', name),
    type: 'microsoft.compute/snapshots',
    encryptionType: 'EncryptionAtRestWithCustomerKey',
    setId: setId(set),
  });

export const machineRow = (name: string, more: Record<string, unknown> = {}): GraphRow<'machines'> =>
  row('machines', { id: machineId(name), name, powerState: 'PowerState/running', ...more });

export const graphRow = row;
