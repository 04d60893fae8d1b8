import { describe, expect, it } from 'vitest';
import { isSameKey } from '../../../../local/azure/resource-manager/set-members.ts';
import { later, onStoppedClock } from '../requests.ts';
import { disk, GROUP, KEY_URL, managedAzure, managing, SET_OID, set } from './managed.ts';

onStoppedClock();

const SET = set('set-one').id;
const URL = `${SET}?api-version=2024-03-02`;
const OTHER_KEY = `${KEY_URL.slice(0, -1)}b`;
const changed = { properties: { activeKey: { keyUrl: OTHER_KEY } } };

describe('a change of a disk encryption set', () => {
  it('is answered with the old state and two links, and done a moment later', async () => {
    const azure = managedAzure();
    const send = managing(azure);
    const { status, json, headers } = await send('PATCH', URL, changed);
    expect(status).toBe(202);
    expect(headers).not.toHaveProperty('retry-after');
    expect(json).toMatchObject({
      id: SET,
      properties: { activeKey: { keyUrl: KEY_URL }, provisioningState: 'Updating' },
    });
    const operation = headers['azure-asyncoperation'] ?? '';
    expect(operation.length).toBeGreaterThan(3_000);
    expect(headers.location?.replace('&monitor=true', '')).toBe(operation);
    expect((await send('GET', operation)).json).toEqual({
      startTime: expect.stringMatching(/^2026-03-01T12:00:00(\.\d{1,7})?\+00:00$/),
      status: 'InProgress',
      name: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect((await send('GET', headers.location ?? '')).status).toBe(202);
    later(600);
    const ended = await send('GET', operation);
    expect(ended.json).toMatchObject({
      status: 'Succeeded',
      properties: { output: { properties: { activeKey: { keyUrl: OTHER_KEY }, provisioningState: 'Succeeded' } } },
    });
    const monitored = await send('GET', headers.location ?? '');
    expect([monitored.status, monitored.body, monitored.headers.location]).toEqual([200, '', undefined]);
    expect((await send('GET', URL)).json).toMatchObject({
      properties: {
        activeKey: { keyUrl: OTHER_KEY },
        lastKeyRotationTimestamp: expect.stringContaining('2026-03-01T12:00:00.6'),
      },
    });
  });

  it('is followed by whoever has its link, and by others only with a permission', async () => {
    const azure = managedAzure();
    const { headers } = await managing(azure)('PATCH', URL, changed);
    const operation = headers['azure-asyncoperation'] ?? '';
    expect((await managing(azure, 'stranger')('GET', operation)).status).toBe(200);
    expect((await managing(azure, 'stranger')('GET', operation.replace(/&s=[^&]*/, ''))).status).toBe(403);
  });

  it('shows the previous key while disks are wrapped anew', async () => {
    const azure = managedAzure({
      resources: [set('set-one'), disk('disk-one', 'set-one')],
      behaviours: { rewrapMs: 1_000 },
    });
    const send = managing(azure);
    await send('PATCH', URL, changed);
    later(600);
    expect((await send('GET', URL)).json).toMatchObject({
      properties: {
        activeKey: { keyUrl: OTHER_KEY },
        previousKeys: [{ keyUrl: KEY_URL }],
        provisioningState: 'Updating',
      },
    });
    later(1_000);
    const { properties } = (await send('GET', URL)).json as { properties: Record<string, unknown> };
    expect(properties).toMatchObject({ activeKey: { keyUrl: OTHER_KEY }, provisioningState: 'Succeeded' });
    expect(properties).not.toHaveProperty('previousKeys');
  });

  it.each([
    ['the flag', { properties: { rotationToLatestKeyVersionEnabled: false } }],
    [
      'a vault beside the same key',
      { properties: { activeKey: { keyUrl: KEY_URL.replace('.net/', '.net:443/'), sourceVault: { id: '/x' } } } },
    ],
    ['tags', { tags: { team: 'disks' } }],
  ])('of %s is no rotation', async (_what, body) => {
    const azure = managedAzure({ resources: [set('set-one'), disk('disk-one', 'set-one')] });
    const send = managing(azure);
    await send('PATCH', URL, body);
    later(600);
    const { properties } = (await send('GET', URL)).json as { properties: Record<string, unknown> };
    expect(properties).not.toHaveProperty('lastKeyRotationTimestamp');
    expect(properties).not.toHaveProperty('previousKeys');
    expect(properties.provisioningState).toBe('Succeeded');
  });

  it('to the identity None takes the member away, and coming back gives another principal', async () => {
    const azure = managedAzure();
    const send = managing(azure);
    await send('PATCH', URL, { identity: { type: 'None' } });
    later(600);
    const none = (await send('GET', URL)).json;
    expect(none).not.toHaveProperty('identity');
    expect(none).toMatchObject({ properties: { activeKey: { keyUrl: KEY_URL }, provisioningState: 'Succeeded' } });
    await send('PATCH', URL, { identity: { type: 'SystemAssigned' } });
    later(600);
    const { identity } = (await send('GET', URL)).json as { identity: { principalId: string } };
    expect(identity.principalId).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.principalId).not.toBe(SET_OID);
  });

  it('to another identity ends an error of its rotation', async () => {
    const azure = managedAzure({
      resources: [set('set-one', { autoKeyRotationError: { code: 'ManagedServiceIdentityNotFound' } })],
    });
    const send = managing(azure);
    await send('PATCH', URL, { tags: {} });
    later(600);
    expect((await send('GET', URL)).json).toMatchObject({
      properties: { autoKeyRotationError: { code: 'ManagedServiceIdentityNotFound' } },
    });
    await send('PATCH', URL, { identity: { type: 'SystemAssigned' } });
    later(600);
    expect(((await send('GET', URL)).json as { properties: object }).properties).not.toHaveProperty(
      'autoKeyRotationError',
    );
  });

  it('to another key is refused at 2019-07-01, in a sentence that names both keys without their port', async () => {
    const url = `${SET}?api-version=2019-07-01`;
    const body = { properties: { activeKey: { keyUrl: OTHER_KEY.replace('.net/', '.net:443/') } } };
    const { status, json } = await managing(managedAzure())('PATCH', url, body);
    expect([status, json]).toEqual([
      409,
      { error: { code: 'OperationNotAllowed', message: expect.stringContaining(`a new key with key '${OTHER_KEY}'`) } },
    ]);
    expect((await managing(managedAzure())('PATCH', url, { tags: {} })).status).toBe(202);
  });

  it('with a body of another form is refused', async () => {
    expect((await managing(managedAzure())('PATCH', URL, { properties: { activeKey: {} } })).status).toBe(400);
  });
});

describe('a disk encryption set', () => {
  it('is made by a PUT, whose answer shows what was sent', async () => {
    const azure = managedAzure();
    const send = managing(azure);
    const url = `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/set-new?api-version=2024-03-02`;
    const body = {
      location: 'westeurope',
      identity: { type: 'SystemAssigned' },
      properties: { activeKey: { keyUrl: KEY_URL } },
    };
    const { status, json } = await send('PUT', url, body);
    expect([status, json]).toEqual([
      202,
      { ...body, properties: { ...body.properties, provisioningState: 'Updating' } },
    ]);
    later(600);
    expect((await send('GET', url)).json).toMatchObject({
      name: 'set-new',
      identity: { type: 'SystemAssigned', tenantId: azure.tenantId },
      properties: { encryptionType: 'EncryptionAtRestWithCustomerKey', provisioningState: 'Succeeded' },
    });
  });

  it('names what is under it with group and name in upper case', async () => {
    const azure = managedAzure({
      resources: [set('set-one'), disk('disk-one', 'set-one'), disk('disk-two', 'set-two')],
    });
    const { json } = await managing(azure)('GET', `${SET}/associatedResources?api-version=2024-03-02`);
    expect(json).toEqual({
      value: [disk('disk-one', '').id.replace('rg-disks', 'RG-DISKS').replace('disk-one', 'DISK-ONE')],
    });
  });

  it('is not there any more after a DELETE, in the words of its provider', async () => {
    const send = managing(managedAzure());
    const { status, body, headers } = await send('DELETE', URL);
    expect([status, body]).toEqual([202, '']);
    later(600);
    const ended = (await send('GET', headers['azure-asyncoperation'] ?? '')).json;
    expect(ended).toMatchObject({ status: 'Succeeded' });
    expect(ended).not.toHaveProperty('properties');
    expect((await send('GET', URL)).json).toEqual({
      error: { code: 'NotFound', message: "DiskEncryptionSet 'set-one' was not found." },
    });
  });
});

it.each([
  [KEY_URL, KEY_URL.replace('.net/', '.net:443/'), true],
  [KEY_URL, `${KEY_URL}/`, true],
  [KEY_URL, KEY_URL.replace('kv-one', 'KV-ONE'), true],
  [KEY_URL, OTHER_KEY, false],
  [KEY_URL, KEY_URL.slice(0, KEY_URL.lastIndexOf('/')), false],
])('the keys %s and %s are the same: %s', (one, other, same) => {
  expect(isSameKey(one, other)).toBe(same);
});
