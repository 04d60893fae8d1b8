import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { heartbeatTo } from '../../../shared/alerts/heartbeat.ts';

const now = () => new Date('2026-03-01T12:00:20Z');
const secret = '0123456789abcdef';
const address = 'https://beats.example.com/path-nobody-knows';
const beat = {
  version: 1,
  at: '2026-03-01T12:00:20.000Z',
  vaults: 3,
  swept: 3,
  blind: 0,
  sensesAgoSeconds: { sweep: 41, survey: null },
} as const;
const made = (url?: string, shared?: string, status = 200) =>
  heartbeatTo(
    { KEY_GUARDIAN_HEARTBEAT_URL: url, KEY_GUARDIAN_HEARTBEAT_SECRET: shared },
    { now, fetch: async () => new Response(null, { status }) },
  );

describe('the heartbeat outside Azure', () => {
  test('is left out without settings', () => {
    expect(made()).toBeUndefined();
  });

  test.each([
    ['an address without TLS', 'http://beats.example.com', secret, 'its address is not https'],
    ['a secret without an address', undefined, secret, 'its address is missing or is no URL'],
    ['an address without a secret', address, undefined, 'its secret has fewer than 16 characters'],
  ])('cannot be used with %s', (_, url, shared, because) => {
    expect(() => made(url, shared)).toThrow(`The alert channel heartbeat cannot be used: ${because}.`);
  });

  test('that is refused is thrown, without address and secret', async () => {
    const thrown = await made(address, secret, 503)
      ?.send(beat)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'ChannelRefused', channel: 'heartbeat', status: 503 });
    const shown = `${inspect(thrown, { depth: 10, showHidden: true })} ${inspect(made(address, secret), { depth: 10, showHidden: true })}`;
    for (const hidden of ['beats.example.com', 'path-nobody-knows', secret]) expect(shown).not.toContain(hidden);
  });
});
