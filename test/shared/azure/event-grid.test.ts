import { beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure, type LocalAzure } from '../../../local/azure/azure.ts';
import { TOPIC } from '../../../local/azure/event-grid/topic.ts';
import { type EventGridConnection, publisher } from '../../../shared/azure/event-grid.ts';
import type { CloudEvent } from '../../../shared/domain/cloud-event.ts';

const now = new Date('2026-03-01T12:00:20Z');
const event: CloudEvent = {
  specversion: '1.0',
  id: 'e1',
  source: '/some',
  type: 'Some.Event',
  subject: 'vault/key',
  time: '2026-03-01T12:00:20.000Z',
  datacontenttype: 'application/json',
  data: { some: 'thing' },
};

describe('an event for a topic', () => {
  let azure: LocalAzure;
  beforeEach(() => {
    azure = createLocalAzure({ vaults: [], identities: [{ name: 'watcher', kind: 'managed-identity', grants: [] }] });
    azure.topic.grant('watcher');
  });
  const publish = (more: Partial<EventGridConnection> = {}, topic = TOPIC) =>
    publisher({ credential: azure.credential('watcher'), httpClient: azure.httpClient, now: () => now, ...more })({
      channel: 'some',
      topic,
      event,
    });

  test('comes as it was sent', async () => {
    await publish();
    expect(azure.topic.events).toEqual([event]);
  });

  test.each([500, 503, 429] as const)('is refused where the topic answers %i, and tried once only', async (status) => {
    let asked = 0;
    const httpClient = {
      sendRequest: (...request: Parameters<typeof azure.httpClient.sendRequest>) => {
        asked += 1;
        return azure.httpClient.sendRequest(...request);
      },
    };
    azure.topic.fault = { kind: 'status', status };
    await expect(publish({ httpClient })).rejects.toMatchObject({ name: 'ChannelRefused', channel: 'some', status });
    expect(asked).toBe(1);
  });

  test('is not sent where the identity gets no token', async () => {
    const credential = { getToken: () => Promise.reject(new Error('no identity')) };
    await expect(publish({ credential })).rejects.toMatchObject({ name: 'ChannelUnreachable', because: 'no-token' });
  });

  test('is not waited for longer than it may take', async () => {
    const httpClient = { sendRequest: () => Promise.withResolvers<never>().promise };
    await expect(publish({ httpClient, timeoutMs: 50 })).rejects.toMatchObject({
      name: 'ChannelUnreachable',
      because: 'timed-out',
    });
  });

  test('goes nowhere where there is no such topic, and the error does not name the address', async () => {
    const topic = 'https://gone.westeurope-1.eventgrid.azure.net/api/events';
    const thrown = await publish({}, topic).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'ChannelUnreachable', because: 'ENOTFOUND' });
    expect(String(thrown)).not.toContain('gone');
  });
});
