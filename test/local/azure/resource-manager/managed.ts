import { createLocalAzure, type LocalAzure, type LocalAzureOptions } from '../../../../local/azure/azure.ts';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import type { SeedIdentity, SeedRole } from '../../../../local/azure/types.ts';
import type { Sent } from '../requests.ts';

export const SUB = '11111111-1111-4111-8111-111111111111';
export const OTHER_SUB = '22222222-2222-4222-8222-222222222222';
export const GROUP = `/subscriptions/${SUB}/resourceGroups/rg-disks`;
export const SET_OID = 'd15cd15c-0000-4000-8000-000000000001';
export const VERSION = 'a'.repeat(32);
export const KEY_URL = `https://kv-one.vault.azure.net/keys/disk/${VERSION}`;

/** A disk encryption set of the group, on the key of `kv-one`. */
export const set = (
  name: string,
  properties: Readonly<Record<string, unknown>> = {},
  more: Partial<Resource> = {},
): Resource => ({
  id: `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/${name}`,
  name,
  type: 'Microsoft.Compute/diskEncryptionSets',
  location: 'westeurope',
  identity: { type: 'SystemAssigned', principalId: SET_OID, tenantId: '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20' },
  properties: {
    activeKey: { keyUrl: KEY_URL },
    encryptionType: 'EncryptionAtRestWithCustomerKey',
    rotationToLatestKeyVersionEnabled: true,
    provisioningState: 'Succeeded',
    ...properties,
  },
  ...more,
});

/** A disk of the group under a set, attached to a machine where one is named. */
export const disk = (name: string, setName: string, machine?: string, more: Partial<Resource> = {}): Resource => ({
  id: `${GROUP}/providers/Microsoft.Compute/disks/${name}`,
  name,
  type: 'Microsoft.Compute/disks',
  location: 'westeurope',
  ...(machine === undefined ? {} : { managedBy: `${GROUP}/providers/Microsoft.Compute/virtualMachines/${machine}` }),
  properties: {
    encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: set(setName).id },
    diskState: machine === undefined ? 'Unattached' : 'Attached',
    provisioningState: 'Succeeded',
  },
  ...more,
});

/** A running machine of the group. */
export const machine = (name: string): Resource => ({
  id: `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`,
  name,
  type: 'Microsoft.Compute/virtualMachines',
  location: 'westeurope',
  properties: {
    provisioningState: 'Succeeded',
    extended: { instanceView: { powerState: { code: 'PowerState/running' } } },
  },
});

/** Somebody who has only these roles. */
export const somebody = (name: string, ...roles: readonly SeedRole[]): SeedIdentity => ({
  name,
  kind: 'user',
  upn: `${name}@contoso.example`,
  roles,
  grants: [],
});

const everywhere = (role: string): SeedRole[] =>
  [SUB, OTHER_SUB].map((id) => ({ role, scope: `/subscriptions/${id}` }));

/** One vault, the set's identity with its role there, an owner, a reader and a stranger. */
export function managedAzure(options: Partial<LocalAzureOptions> = {}): LocalAzure {
  return createLocalAzure({
    vaults: [
      {
        name: 'kv-one',
        subscriptionId: SUB,
        resourceGroup: 'rg-keys',
        keys: [{ name: 'disk', versions: [{ version: VERSION, keySize: 2048 }] }],
      },
    ],
    resources: [set('set-one')],
    subscriptions: [{ subscriptionId: SUB, displayName: 'Contoso', managementGroups: ['contoso'] }],
    identities: [
      somebody('owner', ...everywhere('Owner')),
      somebody('reader', ...everywhere('Reader')),
      somebody('stranger'),
      {
        name: 'set-one',
        kind: 'managed-identity',
        oid: SET_OID,
        grants: [],
        roles: [
          {
            role: 'Key Vault Crypto Service Encryption User',
            scope: `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`,
          },
        ],
      },
    ],
    seed: 7,
    ...options,
  });
}

/** Sends requests to Resource Manager in one identity's name. */
export function managing(azure: LocalAzure, identity = 'owner') {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Sent> => {
    const token = azure.token(identity, { audience: 'https://management.azure.com' });
    const response = await azure.handle({
      method,
      url: path.startsWith('https:') ? path : `https://management.azure.com${path}`,
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: body === undefined ? '' : JSON.stringify(body),
    });
    return { ...response, json: response.body === '' ? undefined : JSON.parse(response.body) };
  };
}
