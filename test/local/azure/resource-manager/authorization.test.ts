import { describe, expect, it } from 'vitest';
import { isNamedBy } from '../../../../local/azure/resource-manager/roles.ts';
import { sender } from '../requests.ts';
import { GROUP, managedAzure, managing, OTHER_SUB, SUB, somebody, VERSION } from './managed.ts';

const READ_SET = `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/set-one?api-version=2024-03-02`;
const LIST_SETS = `/subscriptions/${SUB}/providers/Microsoft.Compute/diskEncryptionSets?api-version=2024-03-02`;
const VAULT = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;

describe('a role', () => {
  it.each<[string, string, number, number]>([
    ['the set itself', READ_SET.split('?')[0] ?? '', 200, 403],
    ['its group, in other letters', GROUP.toUpperCase(), 200, 403],
    ['a group whose name begins with its name', GROUP.slice(0, -1), 403, 403],
    ['the subscription', `/subscriptions/${SUB}`, 200, 200],
    ['another subscription', `/subscriptions/${OTHER_SUB}`, 403, 403],
    ['a management group above', '/providers/Microsoft.Management/managementGroups/contoso', 200, 200],
    ['a management group elsewhere', '/providers/Microsoft.Management/managementGroups/fabrikam', 403, 403],
    ['the root', '/', 200, 200],
  ])('at %s counts for what is within', async (_where, scope, one, all) => {
    const azure = managedAzure({ identities: [somebody('reader', { role: 'Reader', scope })] });
    const send = managing(azure, 'reader');
    expect([(await send('GET', READ_SET)).status, (await send('GET', LIST_SETS)).status]).toEqual([one, all]);
  });

  it('of a group counts for its members', async () => {
    const group = '99999999-0000-4000-8000-000000000001';
    const azure = managedAzure({
      identities: [{ ...somebody('member'), groups: [group] }, somebody('other', { role: 'Reader', scope: GROUP })],
    });
    const { resources } = azure.resourceManager;
    const [assignment] = [...resources.ofType('Microsoft.Authorization/roleAssignments')];
    if (assignment === undefined) throw new Error('there is one');
    resources.put({
      ...assignment,
      properties: { ...assignment.properties, principalId: group, principalType: 'Group' },
    });
    expect((await managing(azure, 'member')('GET', READ_SET)).status).toBe(200);
    expect((await managing(azure, 'other')('GET', READ_SET)).status).toBe(403);
  });

  it('of the tenant’s own allows the actions that it names', async () => {
    const role = { name: 'surveyor', actions: ['Microsoft.Compute/diskEncryptionSets/read'] };
    const azure = managedAzure({ identities: [somebody('surveyor', { role, scope: `/subscriptions/${SUB}` })] });
    const send = managing(azure, 'surveyor');
    expect((await send('GET', READ_SET)).status).toBe(200);
    expect((await send('GET', READ_SET.replace('diskEncryptionSets', 'disks'))).status).toBe(403);
  });

  it('that nobody has is refused when it is given', () => {
    expect(() => managedAzure({ identities: [somebody('x', { role: 'Reeder', scope: '/' })] })).toThrow(
      'no built-in role Reeder',
    );
  });
});

describe('a role for data', () => {
  const unwrap = (azure: ReturnType<typeof managedAzure>, identity: string) =>
    sender(azure, identity)('GET', `/keys/disk/${VERSION}`);

  it.each([
    ['the vault', VAULT, 200],
    ['the key', `${VAULT}/keys/disk`, 200],
    ['another key', `${VAULT}/keys/other`, 403],
    ['the subscription', `/subscriptions/${SUB}`, 200],
    ['another subscription', `/subscriptions/${OTHER_SUB}`, 403],
  ])('at %s counts in a vault under Azure RBAC', async (_where, scope, status) => {
    const azure = managedAzure({ identities: [somebody('user', { role: 'Key Vault Crypto User', scope })] });
    expect((await unwrap(azure, 'user')).status).toBe(status);
  });

  it('is named by the vault with the id of its assignment', async () => {
    const azure = managedAzure({ identities: [somebody('user', { role: 'Key Vault Reader', scope: VAULT })] });
    const [assignment] = [...azure.resourceManager.resources.ofType('Microsoft.Authorization/roleAssignments')];
    const { headers } = await unwrap(azure, 'user');
    expect(headers['x-ms-keyvault-rbac-assignment-id']).toBe(assignment?.name.replaceAll('-', ''));
  });

  it('is gone as soon as its assignment is', async () => {
    const azure = managedAzure({ identities: [somebody('user')] });
    const id = azure.resourceManager.assignRole('user', { role: 'Key Vault Reader', scope: VAULT });
    expect((await unwrap(azure, 'user')).status).toBe(200);
    azure.resourceManager.resources.remove(id);
    expect((await unwrap(azure, 'user')).status).toBe(403);
  });

  it('is nothing in a vault with access policies, and Owner is none', async () => {
    const vault = {
      name: 'kv-one',
      subscriptionId: SUB,
      resourceGroup: 'rg-keys',
      keys: [{ name: 'disk', versions: [{ version: VERSION }] }],
    };
    const old = managedAzure({
      vaults: [{ ...vault, accessModel: 'access-policy' }],
      identities: [somebody('user', { role: 'Key Vault Administrator', scope: VAULT })],
    });
    expect((await unwrap(old, 'user')).status).toBe(403);
    expect((await unwrap(managedAzure(), 'owner')).status).toBe(403);
  });
});

describe('a pattern of a role', () => {
  it.each([
    ['*', 'Microsoft.Compute/disks/read', true],
    ['*/read', 'Microsoft.Compute/disks/read', true],
    ['*/read', 'Microsoft.Compute/disks/write', false],
    ['Microsoft.Authorization/*/Delete', 'microsoft.authorization/roleAssignments/delete', true],
    ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/keys/read', true],
    ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/read', false],
    ['Microsoft.KeyVault/vaults/read', 'Microsoft.KeyVault/vaults/readMore', false],
    ['Microsoft.Compute/disks/read', 'MicrosoftXCompute/disks/read', false],
  ])('%s of the action %s: %s', (pattern, action, named) => {
    expect(isNamedBy(pattern, action)).toBe(named);
  });
});
