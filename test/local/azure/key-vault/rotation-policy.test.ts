import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import { afterPeriod } from '../../../../local/azure/key-vault/rotation-policy.ts';
import { later, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const policy = {
  lifetimeActions: [
    { trigger: { timeAfterCreate: 'P18M' }, action: { type: 'rotate' } },
    { trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'notify' } },
  ],
  attributes: { expiryTime: 'P48M' },
};
const path = '/keys/disk/rotationpolicy';
const DAY = 86_400;

describe('a period is counted by the calendar', () => {
  it.each([
    ['P1D', '2026-03-02'],
    ['P1M', '2026-04-01'],
    ['P48M', '2030-03-01'],
    ['P1Y6M10D', '2027-09-11'],
  ])('%s after 2026-03-01 is %s', (period, day) => {
    expect(new Date(afterPeriod(startSeconds, period) * 1000).toISOString()).toBe(`${day}T12:00:00.000Z`);
  });
});

describe('the rotation policy of a key', () => {
  it('is the default while nobody has set one, with no id and no attributes', async () => {
    expect((await sender(localAzure())('GET', path)).json).toEqual({
      lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
      attributes: null,
    });
  });

  it('is read as it was set, its types capitalised', async () => {
    const send = sender(localAzure());
    const set = await send('PUT', path, policy);
    expect(set.json).toEqual({
      id: 'https://kv-one.vault.azure.net/keys/disk/rotationpolicy',
      lifetimeActions: [
        { trigger: { timeAfterCreate: 'P18M' }, action: { type: 'Rotate' } },
        { trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } },
      ],
      attributes: { expiryTime: 'P48M', created: startSeconds, updated: startSeconds },
    });
    expect((await send('GET', path)).body).toBe(set.body);
  });

  it('without actions gains the default, and without expiry has none', async () => {
    expect((await sender(localAzure())('PUT', path, {})).json).toEqual({
      id: 'https://kv-one.vault.azure.net/keys/disk/rotationpolicy',
      lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
      attributes: { created: startSeconds, updated: startSeconds },
    });
  });

  it('takes null for a trigger that is not meant, and does not give it back', async () => {
    const trigger = { timeAfterCreate: 'P1Y', timeBeforeExpiry: null };
    const set = await sender(localAzure())('PUT', path, {
      lifetimeActions: [{ trigger, action: { type: 'Rotate' } }],
      attributes: { expiryTime: null },
    });
    expect(set.json).toMatchObject({ lifetimeActions: [{ trigger: { timeAfterCreate: 'P1Y' } }] });
    expect(set.body).not.toContain('null');
  });

  it('moves updated where it changes, and only there', async () => {
    const send = sender(localAzure());
    await send('PUT', path, policy);
    later(60_000);
    expect(await send('PUT', path, policy)).toMatchObject({ json: { attributes: { updated: startSeconds } } });
    expect(await send('PUT', path, { ...policy, attributes: { expiryTime: 'P2Y' } })).toMatchObject({
      json: { attributes: { expiryTime: 'P2Y', created: startSeconds, updated: startSeconds + 60 } },
    });
  });

  it.each([
    ['two actions of one type', { lifetimeActions: [policy.lifetimeActions[0], policy.lifetimeActions[0]] }],
    ['an unknown action', { lifetimeActions: [{ ...policy.lifetimeActions[0], action: { type: 'purge' } }] }],
    ['no trigger', { lifetimeActions: [{ trigger: {}, action: { type: 'Rotate' } }] }],
    ['a period that is none', { attributes: { expiryTime: '48M' } }],
    ['an expiry of less than 28 days', { attributes: { expiryTime: 'P27D' } }],
    [
      'a rotation less than 7 days after creation',
      { lifetimeActions: [{ trigger: { timeAfterCreate: 'P6D' }, action: { type: 'Rotate' } }] },
    ],
    [
      'a rotation less than 7 days before expiry',
      {
        lifetimeActions: [{ trigger: { timeAfterCreate: 'P24D' }, action: { type: 'Rotate' } }],
        attributes: { expiryTime: 'P30D' },
      },
    ],
  ])('is refused with %s', async (_what, body) => {
    expect(await sender(localAzure())('PUT', path, body)).toMatchObject({
      status: 400,
      json: { error: { code: 'BadParameter' } },
    });
  });

  it('belongs to a key that is there', async () => {
    const send = sender(localAzure());
    expect((await send('GET', '/keys/none/rotationpolicy')).status).toBe(404);
    expect((await send('PUT', '/keys/none/rotationpolicy', policy)).status).toBe(404);
  });

  it('came with 7.3', async () => {
    const send = sender(localAzure());
    expect((await send('GET', `${path}?api-version=7.2`)).status).toBe(400);
    expect((await send('GET', `${path}?api-version=7.3`)).status).toBe(200);
  });

  it('is set and read by the real client', async () => {
    const azure = localAzure();
    const client = new KeyClient('https://kv-one.vault.azure.net', azure.credential('attacker'), azure);
    const set = await client.updateKeyRotationPolicy('disk', {
      expiresIn: 'P90D',
      lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }],
    });
    expect(await client.getKeyRotationPolicy('disk')).toEqual(set);
    expect(set).toMatchObject({ expiresIn: 'P90D', lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }] });
  });
});

describe('under a policy with an expiry time', () => {
  it.each([
    ['a rotation', '/keys/disk/rotate', undefined, startSeconds + 60 + 1461 * DAY],
    ['a creation', '/keys/disk/create', { kty: 'EC' }, startSeconds + 60 + 1461 * DAY],
    [
      'a creation with an expiry of its own',
      '/keys/disk/create',
      { kty: 'EC', attributes: { exp: startSeconds + DAY } },
      startSeconds + DAY,
    ],
  ])('%s makes a version that expires', async (_what, made, body, exp) => {
    const send = sender(localAzure());
    await send('PUT', path, policy);
    later(60_000);
    expect(await send('POST', made, body)).toMatchObject({
      status: 200,
      json: { attributes: { created: startSeconds + 60, exp } },
    });
  });

  it('a rotation of a key whose policy sets none makes a version that does not', async () => {
    const send = sender(localAzure());
    await send('PUT', path, {});
    expect((await send('POST', '/keys/disk/rotate')).json).not.toHaveProperty('attributes.exp');
  });

  it('a key that is made under the name of an earlier one has its policy', async () => {
    const vault = { name: 'kv-one', purgeProtection: false, keys: [{ name: 'disk' }] };
    const send = sender(localAzure({ vaults: [vault], behaviours: { settleMs: 0 } }));
    await send('PUT', path, policy);
    await send('DELETE', '/keys/disk');
    await send('DELETE', '/deletedkeys/disk');
    later(60_000);
    expect(await send('POST', '/keys/Disk/create', { kty: 'EC' })).toMatchObject({
      json: { attributes: { exp: startSeconds + 60 + 1461 * DAY } },
    });
    expect(await send('GET', path)).toMatchObject({ json: { attributes: { created: startSeconds } } });
  });
});
