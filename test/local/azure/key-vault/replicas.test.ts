import { describe, expect, it } from 'vitest';
import { localAzure, onStoppedClock, sender } from '../requests.ts';

onStoppedClock();

const disable = { attributes: { enabled: false } };

/** A vault whose copy was taken before its key was disabled and another was made. */
async function replicated() {
  const azure = localAzure({ behaviours: { settleMs: 0 } });
  const send = sender(azure);
  azure.replicate('KV-One');
  await send('PATCH', '/keys/disk', disable);
  await send('POST', '/keys/other/create', { kty: 'RSA' });
  return { azure, send };
}

describe('a vault that is failed over', () => {
  it('reads as it was when it was last replicated', async () => {
    const { azure, send } = await replicated();
    azure.failOver('kv-one');
    expect(await send('GET', '/keys/disk')).toMatchObject({ status: 200, json: { attributes: { enabled: true } } });
    expect((await send('GET', '/keys/other')).status).toBe(404);
    expect(await send('GET', '/keys')).toMatchObject({ json: { value: [{}], nextLink: null } });
    expect(await send('GET', '/keys/disk/versions')).toMatchObject({ json: { value: [{}] } });
    expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{ enabled: false }] });
  });

  it('goes on wrapping and unwrapping with the same material', async () => {
    const { azure, send } = await replicated();
    await send('PATCH', '/keys/disk', { attributes: { enabled: true } });
    const wrapped = await send('POST', '/keys/disk/wrapkey', { alg: 'RSA-OAEP', value: 'AQAB' });
    azure.failOver('kv-one');
    const { value } = JSON.parse(wrapped.body);
    expect(await send('POST', '/keys/disk/unwrapkey', { alg: 'RSA-OAEP', value })).toMatchObject({
      status: 200,
      json: { value: 'AQAB' },
    });
  });

  it.each([
    ['PATCH', '/keys/disk', 'KeyUpdate'],
    ['DELETE', '/keys/disk', 'KeyDelete'],
    ['POST', '/keys/disk/create', 'KeyCreate'],
    ['POST', '/keys/disk/rotate', 'KeyRotate'],
    ['POST', '/deletedkeys/disk/recover', 'KeyRecover'],
    ['DELETE', '/deletedkeys/disk', 'KeyPurge'],
  ])('refuses %s %s and changes nothing', async (method, path, name) => {
    const { azure, send } = await replicated();
    azure.failOver('kv-one');
    const before = azure.state('kv-one', 'disk');
    expect(await send(method, path, { kty: 'RSA', ...disable })).toMatchObject({
      status: 503,
      json: {
        error: { message: `Operation "${name}" is unavailable: the service is currently in a read-only state.` },
      },
    });
    expect(azure.state('kv-one', 'disk')).toEqual(before);
    expect(azure.log.at(-1)).toMatchObject({ status: 503, changed: false });
  });

  it('serves what is replicated meanwhile', async () => {
    const { azure, send } = await replicated();
    azure.failOver('kv-one');
    azure.replicate('kv-one');
    expect(await send('GET', '/keys/disk')).toMatchObject({ json: { attributes: { enabled: false } } });
    expect((await send('PATCH', '/keys/disk', disable)).status).toBe(503);
  });

  it('has all that it held when it is failed back, and takes writes again', async () => {
    const { azure, send } = await replicated();
    azure.failOver('kv-one');
    azure.failBack('kv-one');
    expect(await send('GET', '/keys/disk')).toMatchObject({ json: { attributes: { enabled: false } } });
    expect((await send('PATCH', '/keys/disk', { attributes: { enabled: true } })).status).toBe(200);
  });

  it('is copied as it fails over where it never was before, and again only when that is asked for', async () => {
    const azure = localAzure();
    const send = sender(azure);
    await send('PATCH', '/keys/disk', disable);
    azure.failOver('kv-one');
    expect(await send('GET', '/keys/disk')).toMatchObject({ json: { attributes: { enabled: false } } });
    azure.failBack('kv-one');
    await send('PATCH', '/keys/disk', { attributes: { enabled: true } });
    azure.failOver('kv-one');
    expect(await send('GET', '/keys/disk')).toMatchObject({ json: { attributes: { enabled: false } } });
  });

  it.each(['replicate', 'failOver', 'failBack'] as const)('%s refuses a vault that is not there', (act) => {
    expect(() => localAzure()[act]('kv-none')).toThrow('The local Azure has no vault kv-none.');
  });
});
