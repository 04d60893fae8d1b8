import { describe, expect, it, vi } from 'vitest';
import { currentVersion, errorBody, later, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const settle = 2000;
const daysSeconds = 90 * 86_400;

async function deleted(options: Parameters<typeof localAzure>[0] = {}) {
  const azure = localAzure(options);
  const send = sender(azure);
  const answer = await send('DELETE', '/keys/disk');
  return { azure, send, answer };
}

describe('deleting', () => {
  it('answers at once with when and until when, and takes all versions', async () => {
    const { azure, answer } = await deleted({
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{}, {}] }] }],
    });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        recoveryId: 'https://kv-one.vault.azure.net/deletedkeys/disk',
        deletedDate: startSeconds,
        scheduledPurgeDate: startSeconds + daysSeconds,
        key: { kid: `https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}` },
        attributes: { enabled: true, updated: startSeconds },
      },
    });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ kind: 'deleted', settled: false, versions: [{}, {}] });
  });

  it.each([
    ['GET', '/keys/disk', 404],
    ['GET', '/deletedkeys/disk', 404],
    ['PATCH', '/keys/disk', 404],
    ['DELETE', '/keys/disk', 404],
    ['POST', '/keys/disk/unwrapkey', 404],
    ['POST', '/deletedkeys/disk/recover', 409, 'Key disk is currently being deleted.'],
    ['DELETE', '/deletedkeys/disk', 409, 'Key is currently being deleted.'],
    ['POST', '/keys/disk/create', 409, 'Key disk is currently being deleted and cannot be re-created; retry later.'],
  ])('while it settles, %s %s answers %i', async (method, path, status, text = '') => {
    const { send } = await deleted({ vaults: [{ name: 'kv-one', purgeProtection: false, keys: [{ name: 'disk' }] }] });
    later(settle - 1);
    const answer = await send(method, path, { kty: 'RSA', attributes: { enabled: true } });
    expect(answer.status).toBe(status);
    if (status === 409) expect(answer.json).toEqual(errorBody('Conflict', text, 'ObjectIsBeingDeleted'));
  });

  it('takes a drawn time between the two that it may take, the same for one seed', async () => {
    const settledAfter = async () => {
      const names = Array.from({ length: 20 }, (_, index) => `key-${index}`);
      const vaults = [{ name: 'kv-one', keys: names.map((name) => ({ name })) }];
      const azure = localAzure({
        vaults,
        behaviours: { settleMs: 10_000, settleLongestMs: 180_000, throttling: false },
      });
      const begun = Date.now();
      for (const name of names) await sender(azure)('DELETE', `/keys/${name}`);
      const took = new Map<string, number>();
      for (let seconds = 0; seconds <= 180; seconds += 1) {
        vi.setSystemTime(begun + seconds * 1000);
        for (const name of names) {
          const state = azure.state('kv-one', name);
          if (state.kind === 'deleted' && state.settled && !took.has(name)) took.set(name, seconds);
        }
      }
      vi.setSystemTime(begun);
      return [...took.values()];
    };
    const times = await settledAfter();
    expect(times).toHaveLength(20);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...times)).toBeGreaterThan(90);
    expect(await settledAfter()).toEqual(times);
  });

  it('when it has settled, the deleted key reads as it was answered', async () => {
    const { send, answer, azure } = await deleted();
    later(settle);
    expect(await send('GET', '/deletedkeys/disk')).toMatchObject({ status: 200, body: answer.body });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ kind: 'deleted', settled: true });
  });

  it('keeps the name taken, in words that say what can be done', async () => {
    const { send } = await deleted();
    later(settle);
    const answer = await send('POST', '/keys/disk/create', { kty: 'RSA' });
    expect(answer.status).toBe(409);
    expect(answer.json).toEqual(
      errorBody(
        'Conflict',
        'Key disk is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.',
        'ObjectIsDeletedButRecoverable',
      ),
    );
  });

  it('says of a deleted key word for word what it says of one that never was', async () => {
    const { send } = await deleted();
    later(settle);
    const gone = await send('GET', '/keys/disk');
    const never = await send('GET', '/keys/none');
    expect(gone.body.replaceAll('disk', 'none')).toBe(never.body);
    expect((await send('GET', '/deletedkeys/none')).json).toEqual(
      errorBody('KeyNotFound', 'Deleted Key not found: none'),
    );
  });

  it('ends by itself when the retention does', async () => {
    const { azure, send } = await deleted();
    later(daysSeconds * 1000 - 1);
    expect(azure.state('kv-one', 'disk').kind).toBe('deleted');
    later(1);
    expect(azure.state('kv-one', 'disk').kind).toBe('none');
    expect((await send('GET', '/deletedkeys/disk')).status).toBe(404);
    expect((await send('POST', '/keys/disk/create', { kty: 'EC' })).status).toBe(200);
  });

  it('is final in a vault without soft delete, whose deleted keys cannot be asked for', async () => {
    const { azure, send, answer } = await deleted({
      vaults: [{ name: 'kv-one', softDeleteDays: 0, keys: [{ name: 'disk' }] }],
    });
    expect(answer.status).toBe(200);
    expect(answer.json).not.toHaveProperty('recoveryId');
    expect(azure.state('kv-one', 'disk').kind).toBe('none');
    for (const [method, path, operation] of [
      ['GET', '/deletedkeys', 'list'],
      ['GET', '/deletedkeys/disk', 'get'],
      ['POST', '/deletedkeys/disk/recover', 'recover'],
      ['DELETE', '/deletedkeys/disk', 'purge'],
    ] as const) {
      const message = `Operation "${operation}" is not enabled for this vault.`;
      expect(await send(method, path)).toMatchObject({ status: 400, json: errorBody('NotSupported', message) });
    }
  });
});

describe('a key seeded as deleted', () => {
  const seeded = (deletedDate: number, softDeleteDays = 7) =>
    localAzure({
      vaults: [{ name: 'kv-one', softDeleteDays, purgeProtection: false, keys: [{ name: 'disk', deletedDate }] }],
    });

  it('has settled, and can be recovered until its retention ends', async () => {
    const deletedDate = startSeconds - 7 * 86_400 + 1;
    const azure = seeded(deletedDate);
    expect(await sender(azure)('GET', '/deletedkeys/disk')).toMatchObject({
      status: 200,
      json: { deletedDate, scheduledPurgeDate: startSeconds + 1 },
    });
    later(1000);
    expect((await sender(azure)('GET', '/deletedkeys/disk')).status).toBe(404);
  });

  it('is refused where the vault keeps no deleted keys', () => {
    expect(() => seeded(startSeconds, 0)).toThrow('A vault without soft delete keeps no deleted disk.');
  });
});

describe('recovering', () => {
  it('brings back all versions with the times they had, once it has settled', async () => {
    const { azure, send } = await deleted({
      vaults: [
        {
          name: 'kv-one',
          keys: [
            {
              name: 'disk',
              versions: [
                { created: 5, updated: 6, enabled: false },
                { created: 7, updated: 8 },
              ],
            },
          ],
        },
      ],
    });
    later(settle);
    const recovered = await send('POST', '/deletedkeys/disk/recover');
    expect(recovered).toMatchObject({ status: 200, json: { attributes: { created: 7, updated: 8 } } });
    expect((await send('GET', '/keys/disk')).status).toBe(404);
    expect((await send('GET', '/deletedkeys/disk')).status).toBe(404);
    expect(azure.state('kv-one', 'disk')).toMatchObject({ kind: 'present', settled: false });
    later(settle);
    expect(await send('GET', '/keys/disk')).toMatchObject({ status: 200, body: recovered.body });
    expect(azure.state('kv-one', 'disk')).toMatchObject({
      settled: true,
      versions: [{ enabled: false, updated: 6 }, { updated: 8 }],
    });
  });

  it.each([
    ['creating', 'POST', '/keys/disk/create', 'ObjectIsBeingRecovered'],
    ['recovering again', 'POST', '/deletedkeys/disk/recover', undefined],
  ])('while it settles, %s is a conflict', async (_what, method, path, innererror) => {
    const { send } = await deleted();
    later(settle);
    await send('POST', '/deletedkeys/disk/recover');
    later(settle - 1);
    const answer = await send(method, path, { kty: 'RSA' });
    expect(answer.status).toBe(409);
    if (innererror === undefined) expect(answer.json).not.toHaveProperty('error.innererror');
    else expect(answer.json).toMatchObject({ error: { innererror: { code: innererror } } });
  });

  it('lets the key be deleted again while it settles, and purged when that has settled', async () => {
    const { azure, send } = await deleted({
      vaults: [{ name: 'kv-one', purgeProtection: false, keys: [{ name: 'disk' }] }],
    });
    later(settle);
    await send('POST', '/deletedkeys/disk/recover');
    later(settle - 1);
    expect((await send('DELETE', '/keys/disk')).status).toBe(200);
    later(settle);
    expect((await send('GET', '/keys/disk')).status).toBe(404);
    expect((await send('DELETE', '/deletedkeys/disk')).status).toBe(204);
    expect(azure.state('kv-one', 'disk')).toEqual({ kind: 'none' });
  });

  it('can refuse its deletion while it settles, and takes it as soon as it is back', async () => {
    const { send } = await deleted({ behaviours: { recoveringKeyDelete: 409 } });
    later(settle);
    await send('POST', '/deletedkeys/disk/recover');
    later(settle - 1);
    expect(await send('DELETE', '/keys/disk')).toMatchObject({
      status: 409,
      json: { error: { innererror: { code: 'ObjectIsBeingRecovered' } } },
    });
    later(1);
    expect((await send('DELETE', '/keys/disk')).status).toBe(200);
  });

  it.each([
    ['changing', 'PATCH', '/keys/disk'],
    ['creating', 'POST', '/keys/disk/create'],
    ['rotating', 'POST', '/keys/disk/rotate'],
  ])('%s can go on being a conflict after reading works again', async (_what, method, path) => {
    const { azure, send } = await deleted({ behaviours: { writesSettleMs: 500 } });
    later(settle);
    await send('POST', '/deletedkeys/disk/recover');
    later(settle + 499);
    expect((await send('GET', '/keys/disk')).status).toBe(200);
    const before = azure.state('kv-one', 'disk');
    expect(await send(method, path, { kty: 'RSA', attributes: { enabled: false } })).toMatchObject({
      status: 409,
      json: { error: { innererror: { code: 'ObjectIsBeingRecovered' } } },
    });
    expect(azure.state('kv-one', 'disk')).toEqual(before);
    later(1);
    expect((await send(method, path, { kty: 'RSA', attributes: { enabled: false } })).status).toBe(200);
  });

  it.each(['none', 'present'])('has nothing to do for a key that is %s', async (name) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'present' }] }] });
    const answer = await sender(azure)('POST', `/deletedkeys/${name}/recover`);
    expect(answer).toMatchObject({
      status: 404,
      json: { error: { code: 'KeyNotFound', message: expect.stringMatching(/^A key with \(name\/id\)/) } },
    });
  });
});

describe('purging', () => {
  it('is refused to everyone under purge protection', async () => {
    const { send } = await deleted();
    later(settle);
    const answer = await send('DELETE', '/deletedkeys/disk');
    expect(answer.status).toBe(403);
    expect(answer.json).toEqual(
      errorBody(
        'Forbidden',
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.\r\nVault: kv-one;location=westeurope',
      ),
    );
  });

  it('answers 204 without a body, and keeps the name taken for a while', async () => {
    const { azure, send } = await deleted({
      vaults: [{ name: 'kv-one', purgeProtection: false, keys: [{ name: 'disk' }] }],
    });
    later(settle);
    const purged = await send('DELETE', '/deletedkeys/disk');
    expect(purged).toMatchObject({ status: 204, body: '' });
    expect(purged.headers).not.toHaveProperty('content-type');
    expect(purged.headers).not.toHaveProperty('content-length');
    expect(azure.state('kv-one', 'disk')).toEqual({ kind: 'none' });
    expect((await send('GET', '/deletedkeys/disk')).status).toBe(404);
    expect((await send('POST', '/keys/disk/create', { kty: 'RSA' })).status).toBe(409);
    later(settle);
    const made = await send('POST', '/keys/disk/create', { kty: 'RSA' });
    expect(made.status).toBe(200);
    expect(azure.state('kv-one', 'disk')).toMatchObject({ kind: 'present', versions: [{}] });
  });
});
