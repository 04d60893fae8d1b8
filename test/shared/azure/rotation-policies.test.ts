import { describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import type { RotationPolicy } from '../../../local/azure/types.ts';
import { keyVaultRotationPolicies } from '../../../shared/azure/rotation-policies.ts';

const action = (type: 'Rotate' | 'Notify', trigger: { timeAfterCreate?: string; timeBeforeExpiry?: string }) => ({
  trigger,
  action: { type },
});

/** The policies of a vault with one key, read by somebody with these rights. */
function policies(
  policy?: Pick<RotationPolicy, 'lifetimeActions' | 'expiryTime'>,
  rights = ['keys/read', 'keyrotationpolicies/read'],
) {
  const azure = createLocalAzure({
    seed: 7,
    vaults: [
      {
        name: 'kv-one',
        keys: [{ name: 'disk' }],
        ...(policy === undefined ? {} : { rotationPolicies: { disk: { ...policy, created: 1, updated: 1 } } }),
      },
    ],
    identities: [
      {
        name: 'reader',
        kind: 'user',
        grants: [{ vault: '*', dataActions: rights.map((right) => `Microsoft.KeyVault/vaults/${right}`) }],
      },
    ],
  });
  return keyVaultRotationPolicies({
    url: 'https://kv-one.vault.azure.net',
    credential: azure.credential('reader'),
    httpClient: azure.httpClient,
  });
}

describe('the rotation policy of a key', () => {
  test.each([
    [
      'that rotates after creation',
      { lifetimeActions: [action('Rotate', { timeAfterCreate: 'P90D' })] },
      { rotate: { when: 'after-creation', period: 'P90D' }, expiresIn: undefined },
    ],
    [
      'that rotates before expiry and notifies',
      {
        lifetimeActions: [
          action('Notify', { timeBeforeExpiry: 'P30D' }),
          action('Rotate', { timeBeforeExpiry: 'P60D' }),
        ],
        expiryTime: 'P2Y',
      },
      { rotate: { when: 'before-expiry', period: 'P60D' }, expiresIn: 'P2Y' },
    ],
    [
      'that only notifies',
      { lifetimeActions: [action('Notify', { timeBeforeExpiry: 'P30D' })], expiryTime: 'P1Y' },
      { rotate: undefined, expiresIn: 'P1Y' },
    ],
  ])('%s is read', async (_, policy, value) => {
    expect(await policies(policy)('disk')).toEqual({ kind: 'ok', value });
  });

  test('that was never set rotates nothing', async () => {
    expect(await policies()('disk')).toEqual({ kind: 'ok', value: { rotate: undefined, expiresIn: undefined } });
  });

  test('of a key that is not there is missing', async () => {
    expect(await policies()('other')).toEqual({ kind: 'missing' });
  });

  test('that may not be read is refused, and not taken for none', async () => {
    expect(await policies(undefined, ['keys/read'])('disk')).toMatchObject({ kind: 'forbidden-by-permission' });
  });
});
