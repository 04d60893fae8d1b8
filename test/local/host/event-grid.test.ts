import { app } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { apps } from './app.ts';

const { start } = apps();

const notification = { 'aeg-event-type': 'Notification', 'content-type': 'application/json' };
const event = { id: '1', eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', data: { NBF: 1 } };

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = notification) {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
}

async function recording(handler: (event: unknown) => void | Promise<void> = () => {}) {
  const got: unknown[] = [];
  const host = await start(() =>
    app.eventGrid('key-vault-event', {
      handler: async (each) => {
        got.push(each);
        await handler(each);
      },
    }),
  );
  return { host, url: host.eventGridUrl('key-vault-event'), got };
}

describe('the Event Grid endpoint', () => {
  it('runs the function once for each event and answers 202', async () => {
    const { url, got } = await recording();
    expect(await post(url, [event, { ...event, id: '2' }])).toEqual({ status: 202, body: '' });
    expect(got).toEqual([event, { ...event, id: '2' }]);
  });

  it('takes a single CloudEvent', async () => {
    const { url, got } = await recording();
    const cloudEvent = { specversion: '1.0', id: '1', type: event.eventType, source: '/subscriptions/s', data: {} };
    const headers = { 'aeg-event-type': 'Notification', 'content-type': 'application/cloudevents+json; charset=utf-8' };
    expect((await post(url, cloudEvent, headers)).status).toBe(202);
    expect(got).toEqual([cloudEvent]);
  });

  it('hands all events over at once where the cardinality is many', async () => {
    const got: unknown[] = [];
    const host = await start(() => {
      const options = { handler: (events: unknown) => void got.push(events), cardinality: 'many' };
      app.eventGrid('key-vault-event', options);
    });
    await post(host.eventGridUrl('key-vault-event'), [event, event]);
    expect(got).toEqual([[event, event]]);
  });

  it('answers only when the function has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: called, resolve: call } = Promise.withResolvers<void>();
    const { url } = await recording(async () => {
      call();
      await promise;
    });
    let answered = false;
    const answer = post(url, [event]).finally(() => {
      answered = true;
    });
    await called;
    expect(answered).toBe(false);
    resolve();
    expect((await answer).status).toBe(202);
  });

  it('answers 500 when the function throws for one of the events, so that all come again', async () => {
    const { host, url, got } = await recording((each) => {
      if (JSON.stringify(each).includes('"id":"2"')) throw new Error('the queue is away');
    });
    const answer = await post(url, [event, { ...event, id: '2' }]);
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('the queue is away');
    expect(got).toHaveLength(2);
    expect(host.failures).toMatchObject([{ functionName: 'key-vault-event' }]);
  });

  it('is found whatever the case of its path, and the function only by its exact name', async () => {
    const { url, got } = await recording();
    expect(
      (await post(url.replace('/runtime/webhooks/eventgrid', '/Runtime/Webhooks/EventGrid'), [event])).status,
    ).toBe(202);
    expect((await post(url.replace('key-vault-event', 'Key-Vault-Event'), [event])).status).toBe(404);
    expect((await post(url.replace('key-vault-event', ''), [event])).status).toBe(404);
    expect((await post(url.replace('eventgrid?', 'other?'), [event])).status).toBe(404);
    expect(got).toHaveLength(1);
  });

  it('answers 400 without aeg-event-type, and with one it does not know', async () => {
    const { url, got } = await recording();
    expect((await post(url, [event], { 'content-type': 'application/json' })).status).toBe(400);
    expect((await post(url, [event], { 'aeg-event-type': 'Other' })).status).toBe(400);
    expect(got).toEqual([]);
  });

  it('answers 202 when the subscription is removed', async () => {
    const { url } = await recording();
    expect((await post(url, '', { 'aeg-event-type': 'Unsubscribe' })).status).toBe(202);
  });

  it.each(['{broken', '5', '"text"'])('answers 500 to a body that holds no events: %s', async (body) => {
    const { url, got } = await recording();
    expect((await post(url, body)).status).toBe(500);
    expect(got).toEqual([]);
  });

  it('shakes hands in the Event Grid schema with 200 and the code', async () => {
    const { url, got } = await recording();
    const validation = { eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent', data: { validationCode: '5F' } };
    const answer = await post(url, [validation], { 'aeg-event-type': 'SubscriptionValidation' });
    expect(answer).toEqual({ status: 200, body: '{"validationResponse":"5F"}' });
    expect(got).toEqual([]);
  });

  it('shakes hands in the CloudEvents schema', async () => {
    const { url } = await recording();
    const headers = { 'WebHook-Request-Origin': 'eventgrid.azure.net' };
    const answer = await fetch(url, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net');
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(400);
  });

  it('listens on the port that was asked for', async () => {
    const { url, host } = await recording();
    const { port } = new URL(url);
    await host.stop();
    const again = await start(() => app.eventGrid('key-vault-event', { handler: () => {} }), { port: Number(port) });
    expect(new URL(again.eventGridUrl('key-vault-event')).port).toBe(port);
  });
});
