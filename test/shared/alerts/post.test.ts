import { describe, expect, test } from 'vitest';
import { checkedAddress, post } from '../../../shared/alerts/post.ts';

const now = new Date('2026-03-01T12:00:20Z');

/** What is thrown where the other side answers so. */
function thrownFor(status: number, retryAfter?: string): Promise<unknown> {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  const needs = { fetch: async () => new Response('text', { status, headers }), now: () => now };
  return post({ channel: 'some', address: 'https://hooks.example.com/1', body: '{}' }, needs).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a POST', () => {
  test.each([200, 202, 204])('is taken with %i', async (status) => {
    const needs = { fetch: async () => new Response(null, { status }), now: () => now };
    await expect(post({ channel: 'some', address: 'https://a.example', body: '{}' }, needs)).resolves.toBeUndefined();
  });

  test.each<[string, number, string | undefined, number | undefined]>([
    ['429 without a time', 429, undefined, undefined],
    ['429 with seconds', 429, '120', 120],
    ['429 with none to wait', 429, '0', 0],
    ['503 with a date', 503, 'Sun, 01 Mar 2026 12:01:50 GMT', 90],
    ['503 with a date that is over', 503, 'Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['429 with what is no time', 429, 'soon', undefined],
    ['400', 400, undefined, undefined],
  ])('that is refused with %s says how long to wait, where that is known', async (_, status, retryAfter, seconds) => {
    expect(await thrownFor(status, retryAfter)).toMatchObject({
      name: 'ChannelRefused',
      channel: 'some',
      status,
      retryAfterSeconds: seconds,
    });
  });
});

test('an address is named by its channel where it cannot be used', () => {
  expect(() => checkedAddress('teams', 'http://teams.example.com')).toThrow(
    'The alert channel teams cannot be used: its address is not https.',
  );
});
