import { describe, expect, it } from 'vitest';
import { permissionOf } from '../../../../local/azure/key-vault/permissions.ts';
import type { Grant, OperationName } from '../../../../local/azure/types.ts';
import { attacker, errorBody, localAzure, onStoppedClock, sender } from '../requests.ts';

onStoppedClock();

const read = 'Microsoft.KeyVault/vaults/keys/read';
const vaultOf = (accessModel: 'rbac' | 'access-policy') => ({
  name: 'kv-one',
  subscriptionId: 'SUB-1',
  resourceGroup: 'RG-One',
  accessModel,
  keys: [{ name: 'Disk' }, { name: 'other' }],
});

function granted(grants: readonly Grant[], accessModel: 'rbac' | 'access-policy' = 'rbac') {
  const azure = localAzure({
    vaults: [vaultOf(accessModel), { name: 'kv-two', keys: [{ name: 'disk' }] }],
    identities: [{ name: 'caller', kind: 'application', oid: 'OID', appid: 'APP', grants }],
    tenantId: 'TENANT',
  });
  return { azure, send: sender(azure, 'caller') };
}

describe('each operation needs its own data action', () => {
  it.each<[OperationName, string]>([
    ['get', 'read'],
    ['get-version', 'read'],
    ['list', 'read'],
    ['list-versions', 'read'],
    ['get-deleted', 'read'],
    ['list-deleted', 'read'],
    ['create', 'create/action'],
    ['import', 'import/action'],
    ['update', 'update/action'],
    ['recover', 'recover/action'],
    ['purge', 'purge/action'],
    ['rotate', 'rotate/action'],
    ['delete', 'delete'],
    ['backup', 'backup/action'],
    ['restore', 'restore/action'],
    ['encrypt', 'encrypt/action'],
    ['decrypt', 'decrypt/action'],
    ['sign', 'sign/action'],
    ['verify', 'verify/action'],
    ['wrapkey', 'wrap/action'],
    ['unwrapkey', 'unwrap/action'],
  ])('%s needs keys/%s', (operation, action) => {
    expect(permissionOf(operation)?.action).toBe(`Microsoft.KeyVault/vaults/keys/${action}`);
  });

  it.each([
    ['get-rotation-policy', 'read', 'getrotationpolicy'],
    ['put-rotation-policy', 'write', 'setrotationpolicy'],
  ] as const)('%s needs keyrotationpolicies/%s, or %s of an access policy', (operation, action, policy) => {
    expect(permissionOf(operation)).toEqual({
      action: `Microsoft.KeyVault/vaults/keyrotationpolicies/${action}`,
      policy,
    });
  });

  it.each([
    ['GET', '/keys', 'read'],
    ['PATCH', '/keys/disk', 'update/action'],
    ['DELETE', '/keys/disk', 'delete'],
    ['POST', '/deletedkeys/disk/recover', 'recover/action'],
    ['DELETE', '/deletedkeys/disk', 'purge/action'],
    ['POST', '/keys/disk/rotate', 'rotate/action'],
  ])('%s %s is forbidden to one who may do all but %s', async (method, path, action) => {
    const needed = `Microsoft.KeyVault/vaults/keys/${action}`;
    const all = [
      'read',
      'create/action',
      'import/action',
      'update/action',
      'recover/action',
      'purge/action',
      'rotate/action',
      'delete',
      'wrap/action',
      'unwrap/action',
    ];
    const others = all.map((name) => `Microsoft.KeyVault/vaults/keys/${name}`).filter((name) => name !== needed);
    expect((await granted([{ vault: 'kv-one', dataActions: others }]).send(method, path)).status).toBe(403);
    expect((await granted([{ vault: 'kv-one', dataActions: [needed] }]).send(method, path)).status).not.toBe(403);
  });
});

describe('a grant reaches', () => {
  it.each([
    ['its vault', { vault: 'KV-ONE', dataActions: [read] }, '/keys', 200],
    ['no other vault', { vault: 'kv-two', dataActions: [read] }, '/keys', 403],
    ['every vault by a star', { vault: '*', dataActions: [read] }, '/keys', 200],
    ['its key, without regard to case', { vault: 'kv-one', key: 'disk', dataActions: [read] }, '/keys/DISK', 200],
    ['its key’s versions', { vault: 'kv-one', key: 'disk', dataActions: [read] }, '/keys/disk/versions', 200],
    ['no other key', { vault: 'kv-one', key: 'disk', dataActions: [read] }, '/keys/other', 403],
    [
      'no list of the vault where it is for one key',
      { vault: 'kv-one', key: 'disk', dataActions: [read] },
      '/keys',
      403,
    ],
    [
      'what begins with it where it ends in a star',
      { vault: 'kv-one', dataActions: ['microsoft.keyvault/vaults/keys/*'] },
      '/keys',
      200,
    ],
    [
      'nothing that merely begins with it',
      { vault: 'kv-one', dataActions: ['Microsoft.KeyVault/vaults/keys'] },
      '/keys',
      403,
    ],
  ])('%s', async (_what, grant, path, status) => {
    expect((await granted([grant]).send('GET', path)).status).toBe(status);
  });

  it('as it is now: taken away and given at run time', async () => {
    const { azure, send } = granted([{ vault: '*', dataActions: [read] }]);
    azure.setGrants('caller', []);
    expect((await send('GET', '/keys')).status).toBe(403);
    azure.setGrants('caller', [{ vault: '*', dataActions: [read] }]);
    expect((await send('GET', '/keys')).status).toBe(200);
  });

  it('only what was asked in order: a bad name is 400 before it is 403', async () => {
    expect((await granted([]).send('GET', '/keys/a_b')).status).toBe(400);
    expect((await granted([]).send('GET', '/keys/none')).status).toBe(403);
  });
});

describe('the refusals', () => {
  it('of Azure RBAC give action, resource in lower case and reason', async () => {
    const answer = await granted([]).send('GET', '/keys/Disk');
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('x-ms-keyvault-rbac-assignment-id');
    const message =
      "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=APP;oid=OID;iss=https://sts.windows.net/TENANT/\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\nResource: '/subscriptions/sub-1/resourcegroups/rg-one/providers/microsoft.keyvault/vaults/kv-one/keys/disk'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: kv-one;location=westeurope\r\n";
    expect(answer.json).toEqual(errorBody('Forbidden', message, 'ForbiddenByRbac'));
  });

  it.each([
    ['AccessDenied for one in no policy', [], 'appid=APP;oid=OID;iss=https://sts.windows.net/TENANT/', 'AccessDenied'],
    [
      'ForbiddenByPolicy for one whose policy lacks the permission',
      [{ vault: 'kv-one', dataActions: [read] }],
      'appid=APP;oid=OID;numgroups=0;iss=https://sts.windows.net/TENANT/',
      'ForbiddenByPolicy',
    ],
  ])('of access policies are %s', async (_what, grants, who, innererror) => {
    const answer = await granted(grants, 'access-policy').send('DELETE', '/keys/disk');
    const message = `The user, group or application '${who}' does not have keys delete permission on key vault 'kv-one;location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
    expect(answer.status).toBe(403);
    expect(answer.json).toEqual(errorBody('Forbidden', message, innererror));
  });

  it('an access policy is for the whole vault, and its vault names no role assignment', async () => {
    const { send } = granted([{ vault: 'kv-one', key: 'disk', dataActions: [read] }], 'access-policy');
    const answer = await send('GET', '/keys');
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('x-ms-keyvault-rbac-assignment-id');
  });

  it('leave the vault as it is', async () => {
    const azure = localAzure({
      identities: [attacker, { name: 'reader', kind: 'user', grants: [{ vault: '*', dataActions: [read] }] }],
    });
    const before = azure.state('kv-one', 'disk');
    const send = sender(azure, 'reader');
    await send('PATCH', '/keys/disk', { attributes: { enabled: false } });
    await send('DELETE', '/keys/disk');
    expect(azure.state('kv-one', 'disk')).toEqual(before);
    expect(azure.log.map(({ status, changed }) => [status, changed])).toEqual([
      [403, false],
      [403, false],
    ]);
  });
});
