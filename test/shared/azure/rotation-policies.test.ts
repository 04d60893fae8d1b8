import { describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import type { RotationPolicy } from '../../../local/azure/types.ts';
import { keyVaultReads, keyVaultWrites } from '../../../shared/azure/key-vault.ts';

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
  return keyVaultReads({
    url: 'https://kv-one.vault.azure.net',
    credential: azure.credential('reader'),
    httpClient: azure.httpClient,
  }).rotationPolicy;
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
    expect(await policies()('disk')).toEqual({ kind: 'ok', value: {} });
  });

  test('of a key that is not there is missing', async () => {
    expect(await policies()('other')).toEqual({ kind: 'missing' });
  });

  test('that may not be read is refused, and not taken for none', async () => {
    expect(await policies(undefined, ['keys/read'])('disk')).toMatchObject({ kind: 'forbidden-by-permission' });
  });
});

describe('a write', () => {
  const vault = () => {
    const azure = createLocalAzure({
      seed: 7,
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ keyOps: ['wrapKey', 'unwrapKey'] }] }] }],
      identities: [
        { name: 'keeper', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/*'] }] },
      ],
    });
    const connection = {
      url: 'https://kv-one.vault.azure.net',
      credential: azure.credential('keeper'),
      httpClient: azure.httpClient,
    };
    return { azure, reads: keyVaultReads(connection), writes: keyVaultWrites(connection) };
  };
  const versions = (azure: ReturnType<typeof createLocalAzure>): readonly string[] => {
    const state = azure.state('kv-one', 'disk');
    return state.kind === 'none' ? [] : state.versions.map(({ version }) => version);
  };

  test.each([
    [{ rotate: { when: 'after-creation', period: 'P90D' }, notifyBefore: 'P30D', expiresIn: 'P120D' }],
    [{ rotate: { when: 'after-creation', period: 'P1Y' }, notifyBefore: 'P7D' }],
  ] as const)('of the rotation policy %j is read back', async (wanted) => {
    const { reads, writes } = vault();
    const { notifyBefore: _, ...value } = wanted;
    expect(await writes.setRotationPolicy('disk', wanted, 'request-1')).toEqual({ kind: 'ok', value });
    expect(await reads.rotationPolicy('disk')).toEqual({ kind: 'ok', value });
  });

  test('that rotates makes one version under the id of its intent', async () => {
    const { azure, writes } = vault();
    const [first = ''] = versions(azure);
    expect(await writes.rotate('disk', first, 'request-1')).toMatchObject({ kind: 'ok' });
    expect(versions(azure)).toHaveLength(2);
  });

  test('that rotates is not sent where the newest version is another one', async () => {
    const { azure, writes } = vault();
    expect(await writes.rotate('disk', 'another', 'request-1')).toMatchObject({
      kind: 'conflict',
      error: { name: 'AlreadyRotated', message: expect.stringContaining('kv-one/disk') },
    });
    expect(versions(azure)).toHaveLength(1);
  });

  test('of a key that is not there is answered as missing', async () => {
    expect(await vault().writes.rotate('other', '1', 'request-1')).toEqual({ kind: 'missing' });
  });
});
