import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PagerdutySink, startPagerduty } from '../../../local/sinks/pagerduty.ts';
import { pagerdutyChannel } from '../../../shared/alerts/pagerduty.ts';
import { detailLines, firstLine, linksOf } from '../../../shared/alerts/text.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { alert, hangs } from './alerts.ts';
import { needsAt } from './needs.ts';

const now = new Date('2026-03-01T12:00:20Z');
const resolved = alert({ state: 'resolved', judgement: 'undone', revision: 2 }, 'resolved');

describe('the channel pagerduty', () => {
  let pagerduty: PagerdutySink;
  beforeEach(async () => {
    pagerduty = await startPagerduty();
  });
  afterEach(() => pagerduty.close());
  const channel = () =>
    pagerdutyChannel(
      { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: pagerduty.routingKey, KEY_GUARDIAN_PAGERDUTY_URL: pagerduty.address },
      needsAt(now),
    );
  const send = async (...contents: readonly AlertContent[]) => {
    for (const content of contents) await channel()?.send(content, console);
  };

  test.each<[string, readonly AlertContent[], readonly string[]]>([
    ['what is open triggers', [alert()], ['triggered']],
    ['what is resolved resolves', [alert(), resolved], ['resolved']],
    ['what has joined a wave resolves', [alert(), alert({ wave: 'w', revision: 2 }, 'changed')], ['resolved']],
    ['a change is of the same alert', [alert(), alert({ revision: 2 }, 'changed')], ['triggered']],
    ['the same alert twice is one', [alert(), alert(), resolved, resolved], ['resolved']],
    ['two incidents are two alerts', [alert(), alert({ id: 'incident-2' })], ['triggered', 'triggered']],
    ['what was over before anybody was alerted pages nobody', [alert({ state: 'resolved' }, 'opened')], []],
  ])('%s', async (_, contents, states) => {
    await send(...contents);
    expect(pagerduty.alerts.map(({ state }) => state)).toEqual(states);
  });

  test('keeps alerts open, so that they have to come in their order', () => {
    expect(channel()?.keepsOpen).toBe(true);
  });

  test('sends the first line, and the lines below it as details', async () => {
    const bodies: unknown[] = [];
    const needs = needsAt(now, {
      fetch: async (address: string, request: RequestInit) => {
        bodies.push([address, JSON.parse(String(request.body))]);
        return new Response(null, { status: 202 });
      },
    });
    await pagerdutyChannel({ KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'r0' }, needs)?.send(alert(), console);
    expect(bodies).toEqual([
      [
        'https://events.pagerduty.com/v2/enqueue',
        {
          routing_key: 'r0',
          event_action: 'trigger',
          dedup_key: 'incident-1',
          client: 'Key Guardian',
          links: [],
          payload: {
            summary: firstLine(alert(), now),
            source: 'payments/disk-key/abc',
            severity: 'critical',
            timestamp: '2026-03-01T12:00:00.000Z',
            class: 'version-disabled',
            custom_details: { lines: detailLines(alert(), now) },
          },
        },
      ],
    ]);
  });

  test.each([
    ['on-call', 'critical', 'critical'],
    ['on-call', 'info', 'info'],
    ['operators', 'critical', 'warning'],
    ['operators', 'error', 'warning'],
    ['operators', 'info', 'info'],
  ] as const)(
    'sends what is for %s and %s as %s, so that what is for operators wakes nobody',
    async (audience, severity, sent) => {
      const bodies: unknown[] = [];
      const needs = needsAt(now, {
        fetch: async (_, request) => {
          bodies.push(JSON.parse(String(request.body)));
          return new Response(null, { status: 202 });
        },
      });
      const settings = { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'r0' };
      await pagerdutyChannel(settings, needs)?.send(alert({ audience, severity }), console);
      expect(bodies).toMatchObject([{ payload: { severity: sent } }]);
    },
  );

  test('links to the vault and to the machines that hang on the key', async () => {
    const bodies: unknown[] = [];
    const needs = needsAt(now, {
      fetch: async (_, request) => {
        bodies.push(JSON.parse(String(request.body)));
        return new Response(null, { status: 202 });
      },
    });
    await pagerdutyChannel({ KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'r0' }, needs)?.send(alert({ hangs }), console);
    expect(bodies).toMatchObject([{ links: linksOf(alert({ hangs })) }]);
  });

  test('stays under 512 KB however much it says, and is still taken', async () => {
    const commands = Array.from({ length: 200 }, (_, at) => `az keyvault show --name ${'ä'.repeat(4_000)} ${at}`);
    await send(alert({ commands }));
    expect(pagerduty.alerts).toHaveLength(1);
  });

  test('cuts a summary that is too long', async () => {
    await send(alert({ summary: 'a'.repeat(4_000) }));
    expect(pagerduty.alerts[0]?.summary).toHaveLength(1_024);
  });

  test.each([
    ['without a time to wait', undefined],
    ['for 30 s', 30],
  ])('is throttled %s', async (_, retryAfterSeconds) => {
    pagerduty.throttled = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    await expect(send(alert())).rejects.toMatchObject({ status: 429, retryAfterSeconds });
  });

  test.each([['a routing key that is none', { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'short' }]])(
    'is refused with 400 for %s',
    async (_, more) => {
      const settings = { KEY_GUARDIAN_PAGERDUTY_URL: pagerduty.address, ...more };
      await expect(pagerdutyChannel(settings, needsAt(now))?.send(alert(), console)).rejects.toMatchObject({
        name: 'ChannelRefused',
        status: 400,
      });
    },
  );

  test.each([
    ['an address alone', { KEY_GUARDIAN_PAGERDUTY_URL: 'https://events.example.com' }, 'its routing key is missing'],
    [
      'an address without TLS',
      { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'r0', KEY_GUARDIAN_PAGERDUTY_URL: 'http://events.example.com' },
      'its address is not https',
    ],
  ])('cannot be used with %s', (_, settings, because) => {
    expect(() => pagerdutyChannel(settings, needsAt(now))).toThrow(
      `The alert channel pagerduty cannot be used: ${because}.`,
    );
  });

  test('is not used without settings', () => {
    expect(pagerdutyChannel({}, needsAt(now))).toBeUndefined();
  });
});
