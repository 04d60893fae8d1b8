import { beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure, type LocalAzure } from '../../../local/azure/azure.ts';
import { TOPIC } from '../../../local/azure/event-grid/topic.ts';
import { alertEvent } from '../../../shared/alerts/cloud-event.ts';
import { eventGridChannel } from '../../../shared/alerts/event-grid.ts';
import { publisher } from '../../../shared/azure/event-grid.ts';
import { alert } from './alerts.ts';
import { needsAt } from './needs.ts';

const now = new Date('2026-03-01T12:00:20Z');

describe('the channel event-grid', () => {
  let azure: LocalAzure;
  beforeEach(() => {
    azure = createLocalAzure({ vaults: [], identities: [{ name: 'watcher', kind: 'managed-identity', grants: [] }] });
    azure.topic.grant('watcher');
  });
  const send = (content = alert()) => {
    const publish = publisher({
      credential: azure.credential('watcher'),
      httpClient: azure.httpClient,
      now: () => now,
    });
    const channel = eventGridChannel({ KEY_GUARDIAN_EVENT_GRID_TOPIC: TOPIC }, needsAt(now, { publish }));
    return channel?.send(content, console);
  };

  test('has the topic take each alert as an event', async () => {
    const over = alert({ state: 'resolved', revision: 2 }, 'resolved');
    await send();
    await send(over);
    const sent = [alert(), over].map((content) => JSON.parse(JSON.stringify(alertEvent(content, now))));
    expect(azure.topic.events).toEqual(sent);
  });

  test('is refused without the role EventGrid Data Sender', async () => {
    azure.topic.revoke('watcher');
    await expect(send()).rejects.toMatchObject({ name: 'ChannelRefused', channel: 'event-grid', status: 401 });
    expect(azure.topic.events).toEqual([]);
  });

  test('is told how long to wait where the topic is busy, and does not wait itself', async () => {
    azure.topic.fault = { kind: 'status', status: 429, retryAfterSeconds: 30 };
    await expect(send()).rejects.toMatchObject({ name: 'ChannelRefused', status: 429, retryAfterSeconds: 30 });
  });

  test('has no answer where the topic cannot be reached', async () => {
    azure.topic.fault = { kind: 'unreachable' };
    await expect(send()).rejects.toMatchObject({ name: 'ChannelUnreachable', because: 'ECONNRESET' });
  });

  test.each([
    ['http://127.0.0.1:8080/api/events', 'its address is not the endpoint of a topic, which ends in /api/events'],
    ['https://events.example.com/api/events', 'its address is not the endpoint of a topic, which ends in /api/events'],
    [
      'https://alerts.westeurope-1.eventgrid.azure.net.example.com/api/events',
      'its address is not the endpoint of a topic, which ends in /api/events',
    ],
    [
      'https://ns.westeurope-1.eventgrid.azure.net/topics/alerts:publish',
      'its address is not the endpoint of a topic, which ends in /api/events',
    ],
    ['http://alerts.westeurope-1.eventgrid.azure.net/api/events', 'its address is not https'],
    ['alerts', 'its address is missing or is no URL'],
  ])('sends its token to no other place: %s', (topic, because) => {
    expect(() => eventGridChannel({ KEY_GUARDIAN_EVENT_GRID_TOPIC: topic }, needsAt(now))).toThrow(
      `The alert channel event-grid cannot be used: ${because}.`,
    );
  });

  test('is not used without a topic', () => {
    expect(eventGridChannel({}, needsAt(now))).toBeUndefined();
  });
});
