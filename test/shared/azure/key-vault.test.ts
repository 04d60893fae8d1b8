import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { resetClock } from '../../../local/clock.ts';
import { keyVaultReads } from '../../../shared/azure/key-vault.ts';
import { stopAt } from '../../simulation/clock.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

test('every request of a read ends within 8 s, each page of a list for itself', async () => {
  const azure = createLocalAzure({
    vaults: [{ name: 'prod-disks', keys: Array.from({ length: 60 }, (_, number) => ({ name: `disk-${number}` })) }],
    identities: [
      { name: 'reader', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }] },
    ],
  });
  const limitsMs: number[] = [];
  const reads = keyVaultReads({
    url: 'https://prod-disks.vault.azure.net',
    credential: azure.credential('reader'),
    httpClient: {
      sendRequest(request) {
        limitsMs.push(request.timeout);
        return azure.httpClient.sendRequest(request);
      },
    },
  });
  expect(await reads.listKeys()).toMatchObject({ kind: 'ok', value: { length: 60 } });
  expect(await reads.read('disk-7')).toMatchObject({ kind: 'ok' });
  expect(limitsMs.length).toBeGreaterThanOrEqual(5);
  expect(new Set(limitsMs)).toEqual(new Set([8_000]));
});
