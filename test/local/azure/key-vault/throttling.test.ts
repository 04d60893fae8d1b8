import { describe, expect, it } from 'vitest';
import type { SeedVersion } from '../../../../local/azure/types.ts';
import { errorBody, later, localAzure, onStoppedClock, sender } from '../requests.ts';

onStoppedClock();

const windowMs = 10_000;

/** How many of the calls are answered before the first 429. */
async function countUntilThrottled(
  send: ReturnType<typeof sender>,
  method: string,
  path: string,
  body?: unknown,
): Promise<number> {
  for (let count = 0; count < 5000; count += 1) {
    if ((await send(method, path, body)).status === 429) return count;
  }
  return Number.POSITIVE_INFINITY;
}

describe('the budget of a vault and 10 seconds', () => {
  const publicPart = { n: 'AQAB', e: 'AQAB' };
  it.each<[string, SeedVersion, number]>([
    ['RSA 2048', { kty: 'RSA', keySize: 2048, publicPart }, 4000],
    ['RSA 3072', { kty: 'RSA', keySize: 3072, publicPart }, 1000],
    ['RSA 4096', { kty: 'RSA', keySize: 4096, publicPart }, 500],
    ['RSA 2048 in an HSM', { kty: 'RSA-HSM', keySize: 2048, publicPart }, 2000],
    ['RSA 3072 in an HSM', { kty: 'RSA-HSM', keySize: 3072, publicPart }, 500],
    ['RSA 4096 in an HSM', { kty: 'RSA-HSM', keySize: 4096, publicPart }, 250],
    ['EC', { kty: 'EC', publicPart: { crv: 'P-256', x: 'AQAB', y: 'AQAB' } }, 4000],
  ])('for reads of %s keys', async (_what, version, limit) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [version] }] }] });
    expect(await countUntilThrottled(sender(azure), 'GET', '/keys/disk')).toBe(limit);
  });

  it.each([
    ['EC keys', { kty: 'EC' }, 'POST', '/create', 20],
    ['EC keys by rotation', undefined, 'POST', '/rotate', 20],
  ])('for making %s', async (_what, body, method, action, limit) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'made', versions: [{ kty: 'EC' }] }] }] });
    expect(await countUntilThrottled(sender(azure), method, `/keys/made${action}`, body)).toBe(limit);
  });

  it.each([
    ['keys in an HSM', 'EC-HSM', 'EC-HSM', 10],
    ['keys in an HSM under the name of one that is in none', 'EC', 'EC-HSM', 10],
    ['keys in no HSM under the name of one that is in one', 'EC-HSM', 'EC', 20],
  ] as const)('for making %s', async (_what, kty, asked, limit) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'made', versions: [{ kty }] }] }] });
    expect(await countUntilThrottled(sender(azure), 'POST', '/keys/made/create', { kty: asked })).toBe(limit);
  });

  it('is half as much for making keys in an HSM under new names, too', async () => {
    const send = sender(localAzure());
    for (let made = 0; made < 10; made += 1) {
      expect((await send('POST', `/keys/made-${made}/create`, { kty: 'EC-HSM' })).status).toBe(200);
    }
    expect((await send('POST', '/keys/made-10/create', { kty: 'EC' })).status).toBe(429);
  });

  it('slides: what was spent 10 seconds ago is free again, and a 429 is not counted', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'made', versions: [{ kty: 'EC' }] }] }] });
    const send = sender(azure);
    for (let count = 0; count < 15; count += 1) await send('POST', '/keys/made/rotate');
    later(6000);
    for (let count = 0; count < 5; count += 1) await send('POST', '/keys/made/rotate');
    expect((await send('POST', '/keys/made/rotate')).status).toBe(429);
    later(windowMs - 6000 - 1);
    expect((await send('POST', '/keys/made/rotate')).status).toBe(429);
    later(101);
    expect(await countUntilThrottled(send, 'POST', '/keys/made/rotate')).toBe(15);
  });

  it('leaves other vaults and other kinds of call alone', async () => {
    const azure = localAzure({
      vaults: [
        { name: 'kv-one', keys: [{ name: 'made', versions: [{ kty: 'EC' }] }] },
        { name: 'kv-two', keys: [{ name: 'made', versions: [{ kty: 'EC' }] }] },
      ],
    });
    await countUntilThrottled(sender(azure), 'POST', '/keys/made/rotate');
    expect((await sender(azure)('GET', '/keys')).status).toBe(200);
    expect((await sender(azure, 'attacker', 'kv-two')('POST', '/keys/made/rotate')).status).toBe(200);
  });

  it('ends at five vaults’ worth in one subscription', async () => {
    const azure = localAzure({
      vaults: Array.from({ length: 6 }, (_, index) => ({
        name: `kv-${index}`,
        keys: [{ name: 'made', versions: [{ kty: 'EC' as const }] }],
      })),
    });
    const counts: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      counts.push(await countUntilThrottled(sender(azure, 'attacker', `kv-${index}`), 'POST', '/keys/made/rotate'));
    }
    expect(counts).toEqual([20, 20, 20, 20, 20, 0]);
  });

  it('answers 429 in the recorded words, without Retry-After', async () => {
    const azure = localAzure();
    azure.fault({ match: {}, answer: { kind: 'throttled' } });
    const answer = await sender(azure)('GET', '/keys');
    expect(answer.status).toBe(429);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(answer.json).toEqual(
      errorBody(
        'Throttled',
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
      ),
    );
    expect(answer.headers['content-length']).toBe('146');
  });

  it('can be turned off', async () => {
    const azure = localAzure({
      behaviours: { throttling: false },
      vaults: [{ name: 'kv-one', keys: [{ name: 'made', versions: [{ kty: 'EC' }] }] }],
    });
    const send = sender(azure);
    for (let count = 0; count < 25; count += 1) expect((await send('POST', '/keys/made/rotate')).status).toBe(200);
  });
});
