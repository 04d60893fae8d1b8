import { describe, expect, it } from 'vitest';
import type { LocalAzure, LocalAzureOptions } from '../../../../local/azure/azure.ts';
import { ConnectionBroken } from '../../../../local/azure/connection-broken.ts';
import { later, onStoppedClock, sender } from '../requests.ts';
import { disk, machine, managedAzure, managing, SET_OID, SUB, set, VERSION } from './managed.ts';

onStoppedClock();

const DAY = 86_400_000;
const VAULT = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;
const URL = `${VAULT}?api-version=2023-07-01`;
const PROVIDER = `/subscriptions/${SUB}/providers/Microsoft.KeyVault`;
const DELETED = `${PROVIDER}/locations/westeurope/deletedVaults/kv-one`;
const of = (path: string): string => `${path}?api-version=2023-07-01`;

const codeOf = (json: unknown): unknown => (json as { error: { code: string } }).error.code;

/** A vault that can be purged, with a disk whose set has its key, and a person who may read keys. */
function withVault(seed: object = {}, options: Partial<LocalAzureOptions> = {}): LocalAzure {
  const azure = managedAzure({
    vaults: [
      {
        ...{ name: 'kv-one', subscriptionId: SUB, resourceGroup: 'rg-keys', purgeProtection: false },
        keys: [{ name: 'disk', versions: [{ version: VERSION }] }],
        ...seed,
      },
    ],
    resources: [set('set-one'), disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')],
    ...options,
  });
  azure.addIdentity({
    ...{
      name: 'person',
      kind: 'user',
      grants: [{ vault: 'kv-one', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
    },
  });
  return azure;
}

const assigned = (azure: LocalAzure): number =>
  azure.resourceManager.world.directory.assignmentsOf({ oid: SET_OID, groups: [] }).length;

describe('a deleted vault', () => {
  it('is answered with 200 without a body, is not there any more, and is listed as deleted', async () => {
    const send = managing(withVault());
    const { status, body } = await send('DELETE', URL);
    expect([status, body]).toEqual([200, '']);
    expect((await send('GET', URL)).status).toBe(404);
    const item = {
      id: DELETED,
      name: 'kv-one',
      type: 'Microsoft.KeyVault/deletedVaults',
      properties: {
        ...{ vaultId: VAULT, location: 'westeurope', tags: {} },
        ...{ deletionDate: '2026-03-01T12:00:00Z', scheduledPurgeDate: '2026-05-30T12:00:00Z' },
      },
    };
    expect((await send('GET', of(DELETED))).json).toEqual(item);
    expect((await send('GET', of(`${PROVIDER}/deletedVaults`))).json).toMatchObject({ value: [item] });
    expect((await send('DELETE', URL)).status).toBe(204);
  });

  it('does not answer under its host, and disks fail', async () => {
    const azure = withVault();
    await azure.disks.unwrapDue();
    await managing(azure)('DELETE', URL);
    await expect(sender(azure, 'person')('GET', '/keys')).rejects.toThrow(ConnectionBroken);
    later(60_000);
    await azure.disks.unwrapDue();
    expect(azure.disks.disk(disk('disk-one', 'set-one').id)).toMatchObject({ because: 'its vault is gone' });
  });

  it('is recovered at once with its keys; its role assignments and event subscriptions do not come back', async () => {
    const azure = withVault();
    const events: unknown[] = [];
    azure.onEvent((event) => events.push(event));
    const send = managing(azure);
    await send('DELETE', URL);
    expect(assigned(azure)).toBe(0);
    const { status, json } = await send('PUT', URL, { location: 'westeurope', properties: { createMode: 'recover' } });
    expect([status, json]).toEqual([200, expect.objectContaining({ id: VAULT })]);
    expect((await send('GET', of(DELETED))).status).toBe(404);
    await azure.disks.unwrapDue();
    expect(azure.disks.disk(disk('disk-one', 'set-one').id)).toMatchObject({
      because: 'the vault answers 403 ForbiddenByRbac',
    });
    azure.addIdentity({ name: 'other', kind: 'user', grants: [{ vault: '*', dataActions: ['*'] }] });
    expect((await sender(azure, 'other')('POST', '/keys/disk/rotate')).status).toBe(200);
    azure.flushEvents();
    expect(events).toEqual([]);
    azure.subscribeEvents('kv-one');
    await sender(azure, 'other')('POST', '/keys/disk/rotate');
    azure.flushEvents();
    expect(events).toHaveLength(1);
  });

  it('comes back with its old access policies, whatever the request says of them', async () => {
    const azure = withVault({ accessModel: 'access-policy' });
    const send = managing(azure);
    await send('DELETE', URL);
    await send('PUT', URL, { properties: { createMode: 'recover', accessPolicies: [] } });
    expect((await sender(azure, 'person')('GET', '/keys')).status).toBe(200);
  });

  it('is in the way of a new one of its name, until it is recovered, purged or its time is over', async () => {
    const azure = withVault();
    const send = managing(azure);
    expect(codeOf((await send('PUT', of(`${VAULT}-none`), { properties: { createMode: 'recover' } })).json)).toBe(
      'DeletedVaultNotFound',
    );
    await send('DELETE', URL);
    expect(codeOf((await send('PUT', URL, { properties: {} })).json)).toBe('ConflictError');
    later(90 * DAY);
    expect(codeOf((await send('GET', of(DELETED))).json)).toBe('DeletedVaultNotFound');
    expect((await send('GET', of(`${PROVIDER}/deletedVaults`))).json).toEqual({ value: [] });
  });

  it('is purged by an operation that goes on, and then is nowhere', async () => {
    const send = managing(withVault());
    await send('DELETE', URL);
    const { status, body, headers } = await send('POST', of(`${DELETED}/purge`));
    expect([status, body, headers['retry-after']]).toEqual([202, '', '5']);
    const running = await send('GET', headers.location ?? '');
    expect([running.status, running.json]).toEqual([
      202,
      { createdDateTime: '2026-03-01 12:00:00Z', status: 'NotStarted' },
    ]);
    later(6_000);
    expect((await send('GET', headers.location ?? '')).json).toMatchObject({
      lastActionDateTime: '2026-03-01 12:00:06Z',
      status: 'Succeeded',
    });
    expect((await send('GET', of(DELETED))).status).toBe(404);
  });

  it('under purge protection is purged by nobody', async () => {
    const send = managing(withVault({ purgeProtection: true }));
    await send('DELETE', URL);
    expect((await send('POST', of(`${DELETED}/purge`))).status).toBe(405);
    expect((await send('GET', of(DELETED))).json).toMatchObject({ properties: { purgeProtectionEnabled: true } });
  });

  it('is not there in Resource Graph', async () => {
    const azure = withVault();
    const send = managing(azure);
    const count = async () => {
      const query = "resources | where type =~ 'microsoft.keyvault/vaults' | project id";
      const url = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
      const { json } = await send('POST', url, { query, options: { resultFormat: 'objectArray' } });
      return (json as { count: number }).count;
    };
    expect(await count()).toBe(1);
    await send('DELETE', URL);
    expect(await count()).toBe(0);
  });

  it('cannot become one while a lock is on it, though its keys can be deleted', async () => {
    const lock = {
      id: `${VAULT}/providers/Microsoft.Authorization/locks/keep`,
      ...{ name: 'keep', type: 'Microsoft.Authorization/locks', properties: { level: 'CanNotDelete' } },
    };
    const azure = withVault({}, { resources: [set('set-one'), lock] });
    expect(codeOf((await managing(azure)('DELETE', URL)).json)).toBe('ScopeLocked');
    expect((await managing(azure)('PATCH', URL, { tags: { a: 'b' } })).status).toBe(200);
    expect((await sender(azure, 'person')('DELETE', '/keys/disk')).status).toBe(200);
  });
});

describe('a write to a vault', () => {
  const rules = { defaultAction: 'Deny', bypass: 'None' };

  it('changes what it names, and disks feel it', async () => {
    const azure = withVault();
    await azure.disks.unwrapDue();
    const { json } = await managing(azure)('PATCH', URL, {
      tags: { team: 'disks' },
      properties: { networkAcls: rules, publicNetworkAccess: 'Disabled' },
    });
    expect(json).toMatchObject({
      tags: { team: 'disks' },
      properties: {
        networkAcls: { ...rules, ipRules: [], virtualNetworkRules: [] },
        ...{ publicNetworkAccess: 'Disabled', enableRbacAuthorization: true },
      },
    });
    later(60_000);
    await azure.disks.unwrapDue();
    expect(azure.disks.disk(disk('disk-one', 'set-one').id)).toMatchObject({
      because: 'the vault answers 403 ForbiddenByFirewall',
    });
    const open = { properties: { networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' } } };
    const after = await managing(azure)('PUT', URL, open);
    expect((after.json as { properties: object }).properties).not.toHaveProperty('networkAcls');
    expect((after.json as { properties: object }).properties).not.toHaveProperty('publicNetworkAccess');
  });

  it('that turns it to access policies voids its roles, and one that turns it back its policies', async () => {
    const azure = withVault({ accessModel: 'access-policy' });
    const status = async () => (await sender(azure, 'person')('GET', '/keys')).status;
    expect(await status()).toBe(200);
    await managing(azure)('PATCH', URL, { properties: { enableRbacAuthorization: true } });
    expect(await status()).toBe(403);
    await managing(azure)('PATCH', URL, { properties: { enableRbacAuthorization: false } });
    expect(await status()).toBe(200);
    const underRoles = withVault();
    await managing(underRoles)('PATCH', URL, { properties: { enableRbacAuthorization: false } });
    expect((await sender(underRoles, 'set-one')('GET', '/keys/disk')).status).toBe(403);
  });

  it('grants what its access policies name, and nothing that they do not', async () => {
    const azure = withVault({ accessModel: 'access-policy' });
    const { oid = '' } = azure.identities.get('person') ?? {};
    const put = (keys: readonly string[], objectId = oid) =>
      managing(azure)('PATCH', URL, { properties: { accessPolicies: [{ objectId, permissions: { keys } }] } });
    const statuses = async () => [
      (await sender(azure, 'person')('GET', '/keys/disk')).status,
      (await sender(azure, 'person')('DELETE', '/keys/disk')).status,
      (await sender(azure, 'set-one')('GET', '/keys/disk')).status,
    ];
    await put(['Get']);
    expect(await statuses()).toEqual([200, 403, 403]);
    await put(['get', 'wrapKey', 'unwrapKey'], SET_OID);
    expect(await statuses()).toEqual([403, 403, 200]);
    await put(['all']);
    expect(await statuses()).toEqual([200, 200, 403]);
  });

  it('turns purge protection on and never off, and leaves the retention as it is', async () => {
    const send = managing(withVault());
    const patch = async (properties: object) => (await send('PATCH', URL, { properties })).status;
    expect(await patch({ enablePurgeProtection: true, softDeleteRetentionInDays: 90 })).toBe(200);
    expect((await send('GET', URL)).json).toMatchObject({ properties: { enablePurgeProtection: true } });
    expect(await patch({ enablePurgeProtection: false })).toBe(400);
    expect(await patch({ softDeleteRetentionInDays: 7 })).toBe(400);
    expect(await patch({ networkAcls: 'open' })).toBe(400);
  });

  it('shows in Resource Graph', async () => {
    const azure = withVault();
    const access = async () => {
      const query =
        "resources | where type =~ 'microsoft.keyvault/vaults' | project access = properties.publicNetworkAccess";
      const url = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
      const { json } = await managing(azure)('POST', url, { query, options: { resultFormat: 'objectArray' } });
      return (json as { data: readonly { access: unknown }[] }).data[0]?.access;
    };
    expect(await access()).toBeFalsy();
    await managing(azure)('PATCH', URL, { properties: { publicNetworkAccess: 'Disabled' } });
    expect(await access()).toBe('Disabled');
  });
});
