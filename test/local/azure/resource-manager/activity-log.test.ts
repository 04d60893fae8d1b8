import { describe, expect, it } from 'vitest';
import type { LocalAzure, LocalAzureOptions } from '../../../../local/azure/azure.ts';
import type { EventDelivery } from '../../../../local/azure/event-delivery.ts';
import { later, onStoppedClock, sender } from '../requests.ts';
import { disk, managedAzure, managing, SUB, set } from './managed.ts';

onStoppedClock();

const SET = set('set-one').id;
const URL = `${SET}?api-version=2024-03-02`;
const VAULT = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;
const ASSIGNMENT = `${VAULT}/providers/Microsoft.Authorization/roleAssignments`;

interface Event {
  readonly id: string;
  readonly topic?: string;
  readonly source?: string;
  readonly subject: string;
  readonly eventType?: string;
  readonly type?: string;
  readonly data: {
    readonly operationName: string;
    readonly status: string;
    readonly claims: Readonly<Record<string, string>>;
  };
}

const eventsIn = ({ body }: EventDelivery): readonly Event[] => {
  const parsed: Event | readonly Event[] = JSON.parse(body);
  return 'subject' in parsed ? [parsed] : parsed;
};

/** Every event that has come until it is called. */
function listen(azure: LocalAzure): () => readonly Event[] {
  const deliveries: EventDelivery[] = [];
  azure.onActivity((delivery) => deliveries.push(delivery));
  return () => {
    azure.deliverDue();
    azure.flushEvents();
    return deliveries.splice(0).flatMap(eventsIn);
  };
}

/** Type, without its namespace, and operation of each. */
const toldBy = (events: readonly Event[]): readonly (readonly string[])[] =>
  events.map(({ eventType, type, data }) => [
    (eventType ?? type ?? '').replace('Microsoft.Resources.Resource', ''),
    data.operationName,
    data.status,
  ]);

/** Waits for what goes on after a 202. */
function ended(azure: LocalAzure): void {
  later(10_000);
  azure.deliverDue();
}

const made = (options: Partial<LocalAzureOptions> = {}) => {
  const azure = managedAzure(options);
  return { azure, events: listen(azure), send: managing(azure) };
};

describe('the Activity Log', () => {
  it('tells of a deleted vault in Event Grid’s own schema who did it, by which role, and what was asked', async () => {
    const { azure, events, send } = made();
    await send('DELETE', `${VAULT}?api-version=2023-07-01`, undefined, { 'x-ms-client-request-id': 'request-1' });
    const { oid, appid } = azure.identities.get('owner') ?? {};
    expect(events()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        topic: `/subscriptions/${SUB}`,
        subject: VAULT,
        eventType: 'Microsoft.Resources.ResourceDeleteSuccess',
        eventTime: '2026-03-01T12:00:00.0000000Z',
        data: {
          authorization: {
            scope: VAULT,
            action: 'Microsoft.KeyVault/vaults/delete',
            evidence: expect.objectContaining({
              ...{ role: 'Owner', roleAssignmentScope: `/subscriptions/${SUB}`, principalType: 'User' },
            }),
          },
          claims: expect.objectContaining({
            appid,
            'http://schemas.microsoft.com/identity/claims/objectidentifier': oid,
            'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': 'owner@contoso.example',
          }),
          correlationId: expect.any(String),
          httpRequest: {
            ...{ clientRequestId: 'request-1', clientIpAddress: '127.0.0.1', method: 'DELETE' },
            url: `https://management.azure.com${VAULT}?api-version=2023-07-01`,
          },
          ...{ resourceProvider: 'Microsoft.KeyVault', resourceUri: VAULT, status: 'Succeeded', subscriptionId: SUB },
          ...{ operationName: 'Microsoft.KeyVault/vaults/delete', tenantId: azure.tenantId },
        },
        dataVersion: '2',
        metadataVersion: '1',
      },
    ]);
  });

  it('tells in CloudEvents 1.0 the same, with topic, type and time under their other names', async () => {
    const { events, send } = made({ behaviours: { eventSchema: 'CloudEventSchemaV1_0' } });
    await send('DELETE', `${VAULT}?api-version=2023-07-01`);
    const [event] = events();
    expect(event).toMatchObject({
      ...{ source: `/subscriptions/${SUB}`, subject: VAULT, specversion: '1.0' },
      ...{ type: 'Microsoft.Resources.ResourceDeleteSuccess', time: '2026-03-01T12:00:00.0000000Z' },
      data: { status: 'Succeeded' },
    });
    expect(event).not.toHaveProperty('eventType');
    expect(event).not.toHaveProperty('metadataVersion');
  });

  it('tells of a changed set when its change has ended, and of the making of one without its request', async () => {
    const { azure, events, send } = made();
    await send('PATCH', URL, { tags: { a: 'b' } });
    expect(events()).toEqual([]);
    ended(azure);
    const [first] = events();
    expect(first?.data).toMatchObject({ operationName: 'Microsoft.Compute/diskEncryptionSets/write', httpRequest: {} });
    await send('PUT', `${SET}-new?api-version=2024-03-02`, { location: 'westeurope' });
    ended(azure);
    const [second] = events();
    expect(second).toMatchObject({ subject: `${SET}-new`, eventType: 'Microsoft.Resources.ResourceWriteSuccess' });
    expect(second?.data).not.toHaveProperty('httpRequest');
  });

  it.each<[string, string, string, unknown, readonly string[], string?]>([
    ['a set', 'DELETE', URL, undefined, ['DeleteSuccess', 'Microsoft.Compute/diskEncryptionSets/delete', 'Succeeded']],
    [
      'a set whose type is written in another case',
      'PATCH',
      URL.replace('diskEncryptionSets', 'DISKENCRYPTIONSETS'),
      {},
      ['WriteSuccess', 'Microsoft.Compute/DISKENCRYPTIONSETS/write', 'Succeeded'],
    ],
    [
      'a vault',
      'PATCH',
      `${VAULT}?api-version=2023-07-01`,
      { tags: {} },
      ['WriteSuccess', 'Microsoft.KeyVault/vaults/write', 'Succeeded'],
    ],
    [
      'a vault that refuses it',
      'PATCH',
      `${VAULT}?api-version=2023-07-01`,
      { properties: { enablePurgeProtection: false } },
      ['WriteFailure', 'Microsoft.KeyVault/vaults/write', 'Failed'],
    ],
    [
      'a vault by somebody who may not',
      'DELETE',
      `${VAULT}?api-version=2023-07-01`,
      undefined,
      ['DeleteFailure', 'Microsoft.KeyVault/vaults/delete', 'Failed'],
      'reader',
    ],
    [
      'a deleted vault that is not there',
      'POST',
      `/subscriptions/${SUB}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-one/purge?api-version=2023-07-01`,
      undefined,
      ['ActionFailure', 'Microsoft.KeyVault/locations/deletedVaults/purge/action', 'Failed'],
    ],
    [
      'a role assignment',
      'DELETE',
      `${ASSIGNMENT}/none?api-version=2022-04-01`,
      undefined,
      ['DeleteSuccess', 'Microsoft.Authorization/roleAssignments/delete', 'Succeeded'],
    ],
  ])('tells of a write to %s: %s %s', async (_what, method, url, body, told, identity = 'owner') => {
    const { azure, events } = made();
    await managing(azure, identity)(method, url, body);
    ended(azure);
    expect(toldBy(events())).toEqual([told]);
  });

  it('tells of a purge once it has ended', async () => {
    const { azure, events, send } = made();
    azure.addVault({ name: 'kv-two', subscriptionId: SUB, resourceGroup: 'rg-keys', purgeProtection: false });
    await send('DELETE', `${VAULT.replace('kv-one', 'kv-two')}?api-version=2023-07-01`);
    const deleted = `/subscriptions/${SUB}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-two`;
    await send('POST', `${deleted}/purge?api-version=2023-07-01`);
    expect(toldBy(events())).toHaveLength(1);
    ended(azure);
    expect(toldBy(events())).toEqual([
      ['ActionSuccess', 'Microsoft.KeyVault/locations/deletedVaults/purge/action', 'Succeeded'],
    ]);
  });

  it('tells of a change that another one took the place of as canceled', async () => {
    const { azure, events, send } = made();
    await send('PATCH', URL, { tags: { a: 'b' } });
    const { headers } = await send('PATCH', URL, { tags: { a: 'c' } });
    ended(azure);
    expect(toldBy(events()).map(([type, , status]) => [type, status])).toEqual([
      ['WriteCancel', 'Canceled'],
      ['WriteSuccess', 'Succeeded'],
    ]);
    expect((await send('GET', headers['azure-asyncoperation'] ?? '')).json).toMatchObject({ status: 'Succeeded' });
    expect((await send('GET', URL)).json).toMatchObject({ tags: { a: 'c' } });
  });

  it('tells of no read, no query, nothing that was throttled, and nothing that is done to a vault’s data', async () => {
    const { azure, events, send } = made();
    azure.addIdentity({ name: 'person', kind: 'user', grants: [{ vault: '*', dataActions: ['*'] }] });
    await send('GET', URL);
    await send('POST', '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01', { query: 'resources' });
    azure.fault({ match: { path: SET }, answer: { kind: 'throttled' }, times: 1 });
    await send('PATCH', URL, {});
    await sender(azure, 'person')('DELETE', '/keys/disk');
    ended(azure);
    expect(events()).toEqual([]);
  });

  it('tells nothing of a set that follows its key', async () => {
    const { azure, events, send } = made({ resources: [set('set-one'), disk('disk-one', 'set-one')] });
    azure.addIdentity({ name: 'person', kind: 'user', grants: [{ vault: '*', dataActions: ['*'] }] });
    const rotated = await sender(azure, 'person')('POST', '/keys/disk/rotate');
    later(3_600_000);
    const { kid } = (rotated.json as { key: { kid: string } }).key;
    expect((await send('GET', URL)).json).toMatchObject({ properties: { activeKey: { keyUrl: kid } } });
    expect(events()).toEqual([]);
  });

  it('names an application by its ids alone', async () => {
    const { azure, events } = made();
    azure.addIdentity({ name: 'pipeline', kind: 'application', grants: [] });
    azure.resourceManager.assignRole('pipeline', { role: 'Owner', scope: `/subscriptions/${SUB}` });
    await managing(azure, 'pipeline')('DELETE', `${ASSIGNMENT}/none?api-version=2022-04-01`);
    const { claims = {} } = events()[0]?.data ?? {};
    expect(Object.keys(claims).filter((name) => name.endsWith('upn') || name === 'name')).toEqual([]);
    expect(claims).toMatchObject({ appid: azure.identities.get('pipeline')?.appid, appidacr: '2' });
  });
});

describe('events of the Activity Log come', () => {
  const writes = async (options: Partial<LocalAzureOptions>['behaviours'], count: number) => {
    const { azure, events, send } = made(options === undefined ? {} : { behaviours: options });
    for (let number = 0; number < count; number += 1)
      await send('DELETE', `${ASSIGNMENT}/none-${number}?api-version=2022-04-01`);
    return { azure, events };
  };
  const delivery = { leastMs: 1_000, longestMs: 60_000, repeated: 0, dropped: 0 };

  it('late, and out of order', async () => {
    const deliveries: Event[] = [];
    const { azure } = await (async () => {
      const { azure, send } = made({ behaviours: { activityDelivery: delivery } });
      azure.onActivity((one) => deliveries.push(...eventsIn(one)));
      for (let number = 0; number < 20; number += 1)
        await send('DELETE', `${ASSIGNMENT}/none-${String(number).padStart(2, '0')}?api-version=2022-04-01`);
      return { azure };
    })();
    azure.deliverDue();
    expect(deliveries).toEqual([]);
    for (let second = 0; second < 60; second += 1) {
      later(1_000);
      azure.deliverDue();
    }
    const subjects = deliveries.map(({ subject }) => subject);
    expect(subjects).toHaveLength(20);
    expect(subjects).not.toEqual(subjects.toSorted());
  });

  it('twice under one id, and never', async () => {
    const twice = (await writes({ activityDelivery: { ...delivery, repeated: 1 } }, 5)).events();
    expect([twice.length, new Set(twice.map(({ id }) => id)).size]).toEqual([10, 5]);
    expect((await writes({ activityDelivery: { ...delivery, dropped: 1 } }, 5)).events()).toEqual([]);
  });

  it('only for those who listen', async () => {
    const azure = managedAzure();
    const { status } = await managing(azure)('DELETE', `${ASSIGNMENT}/none?api-version=2022-04-01`);
    const late: unknown[] = [];
    azure.onActivity((one) => late.push(one));
    azure.flushEvents();
    expect([status, late]).toEqual([204, []]);
  });
});
