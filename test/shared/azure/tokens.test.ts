import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tokensInTime } from '../../../shared/azure/tokens.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const MINUTE_MS = 60_000;
const scope = 'https://vault.azure.net/.default';

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

/** An identity service that answers as the test says, and counts what it was asked. */
function service(answer: (nth: number, options: GetTokenOptions | undefined) => Promise<AccessToken | null>) {
  const asked: (GetTokenOptions | undefined)[] = [];
  const credential: TokenCredential = {
    getToken(_scopes, options) {
      asked.push(options);
      return answer(asked.length, options);
    },
  };
  return { asked, credential };
}
const silent = (): Promise<never> => new Promise(() => {});
const lasting = (minutes: number, token = 'a-token', refreshAfterTimestamp?: number): AccessToken => ({
  token,
  expiresOnTimestamp: Date.now() + minutes * MINUTE_MS,
  ...(refreshAfterTimestamp === undefined ? {} : { refreshAfterTimestamp }),
});
const tokenOf = async (credential: TokenCredential, options?: GetTokenOptions): Promise<string | undefined> =>
  (await tokensInTime(credential, 'the identity watcher').getToken(scope, options))?.token;

describe('a token that does not come', () => {
  test('is waited for 4 s, and the error names whose it is', async () => {
    const { credential } = service(silent);
    const waiting = tokenOf(credential).catch((error: unknown) => error);
    const isOver = vi.fn();
    waiting.finally(isOver);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(isOver).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toMatchObject({
      name: 'NoToken',
      message: 'No token for the identity watcher: no answer within 4 s.',
    });
  });

  test.each([
    ['the service refuses it', () => Promise.reject(new Error('client secret abc is wrong')), 'it failed with Error'],
    ['there is none', () => Promise.resolve(null), 'it failed with Error'],
  ])('is an error of its own where %s, which repeats nothing of the answer', async (_, answer, because) => {
    await expect(tokenOf(service(answer).credential)).rejects.toMatchObject({
      name: 'NoToken',
      message: `No token for the identity watcher: ${because}.`,
    });
  });

  test('is asked for once by all that wait for it and by those that come at once, and again half a second later', async () => {
    const { asked, credential } = service(silent);
    const all = Promise.allSettled([tokenOf(credential), tokenOf(credential)]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await vi.advanceTimersByTimeAsync(499);
    await expect(tokenOf(credential)).rejects.toMatchObject({ name: 'NoToken' });
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const next = tokenOf(credential).catch(() => undefined);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(4_000);
    await next;
  });

  test('costs no call while an older one still counts', async () => {
    const { credential } = service((nth) => (nth === 1 ? Promise.resolve(lasting(10)) : silent()));
    expect(await tokenOf(credential)).toBe('a-token');
    vi.setSystemTime(NOW.getTime() + 10 * MINUTE_MS - 1_000);
    expect(await tokenOf(credential)).toBe('a-token');
    vi.setSystemTime(NOW.getTime() + 10 * MINUTE_MS - 999);
    const late = tokenOf(credential).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await late).toMatchObject({ name: 'NoToken' });
  });
});

describe('a token', () => {
  test('is asked for once, by however many clients of a credential', async () => {
    const { asked, credential } = service(async () => lasting(60));
    for (let client = 0; client < 5; client += 1) expect(await tokenOf(credential)).toBe('a-token');
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['five minutes before its end', undefined, 55 * MINUTE_MS],
    ['when its service says', NOW.getTime() + 20 * MINUTE_MS, 20 * MINUTE_MS],
  ])('is renewed %s, while calls go on with it, and not again for 30 s', async (_, refreshAfter, dueMs) => {
    const { asked, credential } = service(async (nth) => {
      if (nth === 2) throw new Error('not now');
      return lasting(60, `token-${nth}`, nth === 1 ? refreshAfter : undefined);
    });
    await tokenOf(credential);
    for (const [afterMs, requests] of [
      [dueMs - 1, 1],
      [dueMs, 2],
      [dueMs + 29_999, 2],
      [dueMs + 30_000, 3],
    ] as const) {
      vi.setSystemTime(NOW.getTime() + afterMs);
      expect(await tokenOf(credential)).toBe('token-1');
      await vi.advanceTimersByTimeAsync(500); // a failure counts that long
      expect(asked).toHaveLength(requests);
    }
    expect(await tokenOf(credential)).toBe('token-3');
  });

  test('that the vault has refused for its claims is replaced', async () => {
    const { asked, credential } = service(async (nth) => lasting(60, `token-${nth}`));
    await tokenOf(credential);
    expect(await tokenOf(credential, { claims: 'c', abortSignal: AbortSignal.timeout(1) })).toBe('token-2');
    expect(await tokenOf(credential)).toBe('token-2');
    // A call that ends early ends nothing for the others.
    expect(asked).toEqual([{}, { claims: 'c' }]);
  });

  test('of another tenant is another token', async () => {
    const { asked, credential } = service(async (nth) => lasting(60, `token-${nth}`));
    expect(await tokenOf(credential, { tenantId: 'a' })).toBe('token-1');
    expect(await tokenOf(credential, { tenantId: 'b' })).toBe('token-2');
    expect(asked).toHaveLength(2);
  });

  test('is never renewed by the client itself, whose failure there would end the process', async () => {
    const { credential } = service(async () => lasting(60));
    expect(await tokensInTime(credential, 'w').getToken(scope)).toEqual({ token: 'a-token', expiresOnTimestamp: 0 });
  });
});
