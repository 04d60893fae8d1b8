import { describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../../local/azure/azure.ts';
import { TOPIC } from '../../../../local/azure/event-grid/topic.ts';

const event = {
  specversion: '1.0',
  id: 'e1',
  source: '/some',
  type: 'Some.Event',
  subject: 'vault/key',
  time: '2026-03-01T12:00:20.000Z',
  datacontenttype: 'application/json',
  data: { some: 'thing' },
};
const BATCH = 'application/cloudevents-batch+json; charset=utf-8';
const ADDRESS = `${TOPIC}?api-version=2018-01-01`;

/** The status of the answer, and how many events the topic has then. */
async function asked({
  url = ADDRESS,
  method = 'POST',
  body = JSON.stringify([event]),
  type = BATCH,
  audience = 'https://eventgrid.azure.net',
  granted = true,
  withToken = true,
} = {}): Promise<readonly [number, number]> {
  const azure = createLocalAzure({
    vaults: [],
    identities: [{ name: 'sender', kind: 'managed-identity', grants: [] }],
  });
  if (granted) azure.topic.grant('sender');
  const authorization = withToken ? { authorization: `Bearer ${azure.token('sender', { audience })}` } : {};
  const { status } = await azure.handle({ method, url, body, headers: { 'content-type': type, ...authorization } });
  return [status, azure.topic.events.length];
}

describe('the topic', () => {
  test.each<[string, Parameters<typeof asked>[0], number, number]>([
    ['an array of events', {}, 200, 1],
    ['two events', { body: JSON.stringify([event, { ...event, id: 'e2' }]) }, 200, 2],
    ['one event by itself', { body: JSON.stringify(event), type: 'application/cloudevents+json' }, 200, 1],
    ['an event of another format', { type: 'application/json' }, 400, 0],
    ['an array of nothing', { body: '[]' }, 400, 0],
    ['what is not JSON', { body: '[' }, 400, 0],
    ['an event without an id', { body: JSON.stringify([{ ...event, id: undefined }]) }, 400, 0],
    ['an event of another version', { body: JSON.stringify([{ ...event, specversion: '0.3' }]) }, 400, 0],
    ['an event whose time is none', { body: JSON.stringify([{ ...event, time: 'noon' }]) }, 400, 0],
    ['more than 1 MB', { body: JSON.stringify([{ ...event, data: 'a'.repeat(1_048_576) }]) }, 413, 0],
    ['a caller without a token', { withToken: false }, 401, 0],
    ['a token for another service', { audience: 'https://vault.azure.net' }, 401, 0],
    ['a caller without the role', { granted: false }, 401, 0],
    ['another path', { url: ADDRESS.replace('/api/events', '/topics/alerts:publish') }, 404, 0],
    ['another method', { method: 'GET' }, 404, 0],
    ['another api-version', { url: `${TOPIC}?api-version=2023-01-01` }, 400, 0],
  ])('answers %s with its status', async (_, request, status, events) => {
    expect(await asked(request)).toEqual([status, events]);
  });
});
