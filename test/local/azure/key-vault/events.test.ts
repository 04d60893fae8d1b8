import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../../local/azure/azure.ts';
import type { EventDelivery } from '../../../../local/azure/event-delivery.ts';
import { currentVersion, localAzure, onStoppedClock, sender } from '../requests.ts';

onStoppedClock();

function listen(azure: LocalAzure): () => EventDelivery[] {
  const deliveries: EventDelivery[] = [];
  azure.onEvent((delivery) => deliveries.push(delivery));
  return () => {
    azure.flushEvents();
    return deliveries;
  };
}

const topic = '/subscriptions/sub-1/resourceGroups/rg-one/providers/Microsoft.KeyVault/vaults/kv-one';
const vaults = [
  {
    name: 'kv-one',
    subscriptionId: 'sub-1',
    resourceGroup: 'rg-one',
    keys: [{ name: 'disk', versions: [{ kty: 'EC' as const }] }],
  },
];

describe('KeyNewVersionCreated', () => {
  it('comes for a created version in the Event Grid schema as an array of one', async () => {
    const azure = localAzure({ vaults });
    const delivered = listen(azure);
    await sender(azure)('POST', '/keys/disk/create', { kty: 'EC', attributes: { exp: 2_000_000_000 } });
    const [delivery] = delivered();
    expect(delivery?.eventType).toBe('Microsoft.KeyVault.KeyNewVersionCreated');
    expect(delivery?.headers).toMatchObject({
      'aeg-event-type': 'Notification',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(JSON.parse(delivery?.body ?? '')).toEqual([
      {
        id: expect.any(String),
        topic,
        subject: 'disk',
        eventType: 'Microsoft.KeyVault.KeyNewVersionCreated',
        data: {
          Id: `https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`,
          VaultName: 'kv-one',
          ObjectType: 'Key',
          ObjectName: 'disk',
          Version: currentVersion(azure),
          NBF: null,
          EXP: '2000000000',
        },
        dataVersion: '1',
        metadataVersion: '1',
        eventTime: '2026-03-01T12:00:00.0000000Z',
      },
    ]);
  });

  it('comes for a rotated version in CloudEvents 1.0 as one object', async () => {
    const azure = localAzure({ vaults, behaviours: { eventSchema: 'CloudEventSchemaV1_0' } });
    const delivered = listen(azure);
    await sender(azure)('POST', '/keys/disk/rotate');
    const [delivery] = delivered();
    expect(delivery?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(JSON.parse(delivery?.body ?? '')).toEqual({
      id: expect.any(String),
      source: topic,
      subject: 'disk',
      type: 'Microsoft.KeyVault.KeyNewVersionCreated',
      data: expect.objectContaining({ ObjectName: 'disk', Version: currentVersion(azure), NBF: null, EXP: null }),
      time: '2026-03-01T12:00:00.0000000Z',
      specversion: '1.0',
    });
  });

  it.each([
    ['disabling', 'PATCH', '/keys/disk', { attributes: { enabled: false } }],
    ['deleting', 'DELETE', '/keys/disk', undefined],
    ['a refused create', 'POST', '/keys/disk/create', {}],
  ])('does not come for %s: Key Vault has no event for it', async (_what, method, path, body) => {
    const azure = localAzure({ vaults });
    const delivered = listen(azure);
    await sender(azure)(method, path, body);
    expect(delivered()).toEqual([]);
  });

  it('comes by itself when its delay is over, and not to one who stopped listening', async () => {
    const azure = localAzure({ vaults, behaviours: { eventDelayMs: 5 } });
    let unheard = 0;
    azure.onEvent(() => {
      unheard += 1;
    })();
    const arrived = new Promise<string>((resolve) => azure.onEvent(({ eventType }) => resolve(eventType)));
    await sender(azure)('POST', '/keys/disk/rotate');
    expect(await arrived).toBe('Microsoft.KeyVault.KeyNewVersionCreated');
    expect(unheard).toBe(0);
  });
});
