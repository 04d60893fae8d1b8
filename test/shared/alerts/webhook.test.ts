import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { alertEvent } from '../../../shared/alerts/cloud-event.ts';
import { webhookChannel } from '../../../shared/alerts/webhook.ts';
import { alert } from './alerts.ts';
import { needsAt } from './needs.ts';
import { type Received, type Sink, startSink } from './sink.ts';

const secret = '0123456789abcdef';
const sentAt = new Date('2026-03-01T12:00:20.900Z');

/** A receiver, written from the channel's docstring alone. */
function accepts({ headers, body }: Received, ownSecret: string, ownClock: Date): boolean {
  const timestamp = String(headers['x-key-guardian-timestamp']);
  const expected = Buffer.from(`v1=${createHmac('sha256', ownSecret).update(`${timestamp}.${body}`).digest('hex')}`);
  const given = Buffer.from(String(headers['x-key-guardian-signature']));
  const apartSeconds = Math.abs(ownClock.getTime() / 1000 - Number(timestamp));
  return given.length === expected.length && timingSafeEqual(given, expected) && apartSeconds <= 300;
}

describe('the signed webhook', () => {
  let sink: Sink;
  let received: Received;
  beforeEach(async () => {
    sink = await startSink();
    const settings = { KEY_GUARDIAN_WEBHOOK_URL: sink.address, KEY_GUARDIAN_WEBHOOK_SECRET: secret };
    const channel = webhookChannel(settings, needsAt(sentAt));
    await channel?.send(alert({ who: { oid: '7a', name: 'Zoë' } }), console);
    const [first] = sink.received;
    if (first === undefined) throw new Error('Nothing was received.');
    received = first;
  });
  afterEach(() => sink.close());

  test('is accepted by a receiver that follows the documentation', () => {
    expect(received.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'x-key-guardian-timestamp': '1772366420',
      'x-key-guardian-signature': expect.stringMatching(/^v1=[0-9a-f]{64}$/),
    });
    expect(accepts(received, secret, sentAt)).toBe(true);
  });

  test.each<[string, (as: Received) => boolean]>([
    ['with another secret', (as) => accepts(as, 'another-secret-00', sentAt)],
    ['with a changed body', (as) => accepts({ ...as, body: as.body.replace('disk-key', 'risk-key') }, secret, sentAt)],
    [
      'with a changed time',
      (as) => accepts({ ...as, headers: { ...as.headers, 'x-key-guardian-timestamp': '1772366421' } }, secret, sentAt),
    ],
    ['played again six minutes later', (as) => accepts(as, secret, new Date('2026-03-01T12:06:20.900Z'))],
  ])('is not accepted %s', (_, accepted) => {
    expect(accepted(received)).toBe(false);
  });

  test('carries the alert as an event of CloudEvents', () => {
    const content = alert({ who: { oid: '7a', name: 'Zoë' } });
    expect(JSON.parse(received.body)).toEqual(JSON.parse(JSON.stringify(alertEvent(content, sentAt))));
  });

  test('has the same id when it comes again, so that a receiver can ignore it', async () => {
    const settings = { KEY_GUARDIAN_WEBHOOK_URL: sink.address, KEY_GUARDIAN_WEBHOOK_SECRET: secret };
    const later = webhookChannel(settings, needsAt(new Date('2026-03-01T12:00:30Z')));
    await later?.send(alert({ who: { oid: '7a', name: 'Zoë' } }), console);
    const [first, second] = sink.received.map(({ body }) => z.object({ id: z.string() }).parse(JSON.parse(body)).id);
    expect(second).toBe(first);
    expect(sink.received[1]?.headers['x-key-guardian-timestamp']).toBe('1772366430');
  });
});

describe('the settings of the webhook', () => {
  const needs = needsAt(sentAt);
  const made = (url: string | undefined, shared: string | undefined) =>
    webhookChannel({ KEY_GUARDIAN_WEBHOOK_URL: url, KEY_GUARDIAN_WEBHOOK_SECRET: shared }, needs);

  test.each([
    ['https://hooks.example.com/1'],
    ['http://127.0.0.1:8080/'],
    ['http://localhost/'],
    ['http://[::1]:8080/'],
  ])('may be %s', (address) => {
    expect(made(address, secret)?.id).toBe('webhook');
  });

  test('may be left out, both', () => {
    expect(made(undefined, undefined)).toBeUndefined();
  });

  test.each([
    ['the address http://hooks.example.com/1', 'http://hooks.example.com/1', secret, 'its address is not https'],
    ['the address http://127.0.0.1.example.com/', 'http://127.0.0.1.example.com/', secret, 'its address is not https'],
    ['the address http://localhost.example.com/', 'http://localhost.example.com/', secret, 'its address is not https'],
    ['the address ftp://127.0.0.1/', 'ftp://127.0.0.1/', secret, 'its address is not https'],
    [
      'the address https://user:word@hooks.example.com/',
      'https://user:word@hooks.example.com/',
      secret,
      'its address carries a user name or password',
    ],
    ['the address hooks.example.com', 'hooks.example.com', secret, 'its address is missing or is no URL'],
    ['a secret without an address', undefined, secret, 'its address is missing or is no URL'],
    [
      'an address without a secret',
      'https://hooks.example.com/1',
      undefined,
      'its secret has fewer than 16 characters',
    ],
    [
      'a secret of 15 characters',
      'https://hooks.example.com/1',
      '0123456789abcde',
      'its secret has fewer than 16 characters',
    ],
  ])('may not be %s', (_what, address, ownSecret, because) => {
    expect(() => made(address, ownSecret)).toThrow(`The alert channel webhook cannot be used: ${because}.`);
  });
});
