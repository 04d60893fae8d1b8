import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import type { SeedVersion } from '../../../local/azure/types.ts';
import { resetClock } from '../../../local/clock.ts';
import { keyVaultSigner, noSigner } from '../../../shared/azure/signer.ts';
import { isSignedBy } from '../../../shared/domain/signer.ts';
import { stopAt } from '../../simulation/clock.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const VAULT = 'key-guardian';
const ACTIONS = ['read', 'sign/action'].map((action) => `Microsoft.KeyVault/vaults/keys/${action}`);

/** A vault with a signing key of that type, and signers of it. */
function own(type: 'EC' | 'RSA') {
  const version: SeedVersion = {
    kty: type,
    ...(type === 'EC' ? { crv: 'P-256' } : {}),
    keyOps: ['sign', 'verify'],
  };
  const azure = createLocalAzure({
    vaults: [
      {
        name: VAULT,
        keys: [
          { name: 'signing', versions: [version] },
          { name: 'other', versions: [version] },
        ],
      },
    ],
    identities: [
      { name: 'watcher', kind: 'managed-identity', grants: [{ vault: VAULT, dataActions: ACTIONS }] },
      { name: 'reader', kind: 'managed-identity', grants: [{ vault: VAULT, dataActions: ACTIONS.slice(0, 1) }] },
    ],
    seed: 1,
  });
  const signer = (key = 'signing', identity = 'watcher') =>
    keyVaultSigner(key, {
      url: `https://${VAULT}.vault.azure.net`,
      credential: azure.credential(identity),
      httpClient: azure.httpClient,
    });
  return { azure, signer };
}

describe.each(['EC', 'RSA'] as const)('a key of type %s', (type) => {
  test('signs what is then its own, and nothing else', async () => {
    const { signer } = own(type);
    const signature = await signer().sign('what was said');
    expect(signature).toMatch(/^[0-9a-f]{32}\.[\w-]+$/);
    expect(await signer().verify('what was said', signature)).toBe('valid');
    expect(await signer().verify('what was not said', signature)).toBe('forged');
    expect(await signer('other').verify('what was said', signature)).toBe('forged');
  });
});

test.each([
  ['EC', 'ES256'],
  ['RSA', 'PS256'],
] as const)(
  'the current version of a key of type %s signs with %s so that its public part verifies it',
  async (type, alg) => {
    const key = await own(type).signer().current();
    const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' });
    const signature = await key.sign('what was said');
    expect(key.publicJwk).toMatchObject({ kty: type, alg });
    expect(isSignedBy(publicKey, 'what was said', signature)).toBe(true);
    expect(isSignedBy(publicKey, 'what was not said', signature)).toBe(false);
  },
);

test('no current version is there for who may not read the key', async () => {
  const { azure, signer } = own('RSA');
  azure.setGrants('watcher', []);
  await expect(signer().current()).rejects.toThrow("The guardian's own key cannot be used");
});

test.each([
  ['none', ''],
  ['no signature', 'signed'],
  ['of a version that there is not', `${'0'.repeat(32)}.c2lnbmVk`],
])('a signature that is %s is forged', async (_, signature) => {
  expect(await own('EC').signer().verify('what was said', signature)).toBe('forged');
});

test('a signature is verified without the vault once the key was read', async () => {
  const { azure, signer } = own('EC');
  const [known, fresh] = [signer(), signer()];
  const signature = await known.sign('what was said');
  expect(await known.verify('what was said', signature)).toBe('valid');
  azure.setGrants('watcher', []);
  expect(await known.verify('what was said', signature)).toBe('valid');
  expect(await known.verify('what was not said', signature)).toBe('forged');
  expect(await fresh.verify('what was said', signature)).toBe('unverifiable');
});

test('who may read the key only verifies, and cannot sign', async () => {
  const { signer } = own('EC');
  const signature = await signer().sign('what was said');
  expect(await signer('signing', 'reader').verify('what was said', signature)).toBe('valid');
  await expect(signer('signing', 'reader').sign('what was said')).rejects.toThrow(
    "The guardian's own key cannot be used: signing failed.",
  );
});

test('without a key nothing is signed, and nothing can be verified', async () => {
  await expect(noSigner.sign('what was said')).rejects.toThrow('set KEY_GUARDIAN_SIGNING_KEY');
  expect(await noSigner.verify('what was said', 'x')).toBe('unverifiable');
});
