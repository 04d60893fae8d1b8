import { inspect } from 'node:util';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlertLog, Channel, MakeChannel } from '../../../shared/alerts/channel.ts';
import { publisher } from '../../../shared/azure/event-grid.ts';
import type { ChannelSettings } from '../../../shared/config.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { HOUR_MS } from '../../../shared/domain/time.ts';
import { alert } from './alerts.ts';
import { needsAt } from './needs.ts';
import { type Sink, type SinkAnswer, startSink } from './sink.ts';

const secret = 'a-secret-that-nobody-may-see';

/** Settings under which every channel there is sends to one sink. A new channel adds its own. */
const settingsFor = (address: string): ChannelSettings => ({
  KEY_GUARDIAN_EVENT_GRID_TOPIC: 'https://alerts.westeurope-1.eventgrid.azure.net/api/events',
  KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: secret,
  KEY_GUARDIAN_PAGERDUTY_URL: address,
  KEY_GUARDIAN_SLACK_URL: `${address}?sig=${secret}`,
  KEY_GUARDIAN_TEAMS_URL: `${address}?sig=${secret}`,
  KEY_GUARDIAN_WEBHOOK_URL: address,
  KEY_GUARDIAN_WEBHOOK_SECRET: secret,
});

/** Sends what is for a topic of Event Grid to the server, by the network. */
const sendingTo = (address: string): HttpClient => ({
  sendRequest(request) {
    request.url = address;
    request.allowInsecureConnection = true;
    return createDefaultHttpClient().sendRequest(request);
  },
});

/** What every channel promises. Its alerts go to a real HTTP server, or to the log, which that server stands for too. */
export function testChannel(id: string, make: MakeChannel): void {
  describe(`the channel ${id}`, () => {
    let sink: Sink;
    let written: string[];
    beforeEach(async () => {
      sink = await startSink();
      written = [];
    });
    afterEach(() => sink.close());

    function channel(answer: SinkAnswer): Pick<Channel, 'id'> & { send(content: AlertContent): Promise<void> } {
      sink.answer = answer;
      const now = new Date('2026-03-01T12:00:20Z');
      const timeoutMs = answer === 'silence' ? 100 : 30_000;
      const needs = needsAt(now, {
        timeoutMs,
        publish: publisher({
          credential: { getToken: async () => ({ token: secret, expiresOnTimestamp: Date.now() + HOUR_MS }) },
          httpClient: sendingTo(sink.address),
          now: () => now,
          timeoutMs,
        }),
      });
      const write = (text: string): void => {
        if (typeof answer !== 'object' || answer.status !== 202) {
          throw Object.assign(new Error(`EPIPE at ${sink.address}`), { code: 'EPIPE' });
        }
        written.push(text);
      };
      const log: AlertLog = { error: write, warn: write, info: write };
      const made = make(settingsFor(sink.address), needs);
      if (made === undefined) throw new Error(`Add the settings of ${id} to settingsFor.`);
      return { id: made.id, send: (content) => made.send(content, log) };
    }

    test('is known by the name of its file', () => {
      expect(channel({ status: 202 }).id).toBe(id);
    });

    test('hands over the whole alert', async () => {
      await channel({ status: 202 }).send(alert());
      const texts = [...written, ...sink.received.map(({ body }) => body)];
      expect(texts).toHaveLength(1);
      for (const part of ['disk-key', 'payments', 'version-disabled', 'disks fail in 59 min', 'incident-1']) {
        expect(texts[0]).toContain(part);
      }
    });

    test('takes the same alert twice', async () => {
      const made = channel({ status: 202 });
      await made.send(alert());
      await made.send(alert());
      expect([...written, ...sink.received]).toHaveLength(2);
    });

    test.each<[string, SinkAnswer]>([
      ['refuses with 400', { status: 400 }],
      ['refuses with 404', { status: 404 }],
      ['is throttled', { status: 429 }],
      ['fails', { status: 503 }],
      ['sends elsewhere', { status: 307, location: 'http://127.0.0.1:1/elsewhere' }],
      ['drops the connection', 'drop'],
      ['never answers', 'silence'],
    ])('throws, and tells no address and no secret, when the other side %s', async (_, answer) => {
      const made = channel(answer);
      const thrown = await made.send(alert()).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toMatchObject({ name: expect.stringMatching(/^Channel(Refused|Unreachable)$/), channel: id });
      if (typeof answer === 'object' && sink.received.length > 0)
        expect(thrown).toMatchObject({ status: answer.status });

      const { host, port, pathname } = new URL(sink.address);
      const told = `${inspect(thrown, { depth: 10, showHidden: true })} ${JSON.stringify(thrown)} ${written.join()}`;
      for (const hidden of [host, `:${port}/`, pathname, secret]) expect(told).not.toContain(hidden);
    });

    test('does not show its address or secret when it is printed', () => {
      const told = inspect(channel({ status: 202 }), { depth: 10, showHidden: true });
      for (const hidden of [new URL(sink.address).host, secret]) expect(told).not.toContain(hidden);
    });
  });
}
