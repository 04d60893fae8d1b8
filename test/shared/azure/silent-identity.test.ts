import { createServer, type Server } from 'node:http';
import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { keyVaultReads, keyVaultWrites } from '../../../shared/azure/key-vault.ts';
import { queue } from '../../../shared/azure/queues.ts';
import { storageClients } from '../../../shared/azure/storage-clients.ts';
import { streams } from '../../../shared/azure/streams.ts';
import { table } from '../../../shared/azure/tables.ts';

/** The identity endpoint of an app in Azure, which takes requests and never answers. */
let endpoint: Server;
let requests = 0;
const before = { ...process.env };

beforeAll(async () => {
  endpoint = createServer(() => (requests += 1));
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const address = endpoint.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  Object.assign(process.env, { IDENTITY_ENDPOINT: `http://127.0.0.1:${address.port}/`, IDENTITY_HEADER: 'h' });
});
afterAll(() => {
  process.env = before;
  endpoint.closeAllConnections();
  endpoint.close();
});

test('a silent identity endpoint costs each call 4 s, and is not told as a silent service', async () => {
  const azure = createLocalAzure({ vaults: [{ name: 'prod-disks', keys: [{ name: 'disk-a' }] }], identities: [] });
  const credential = new ManagedIdentityCredential({ clientId: '11111111-1111-4111-8111-111111111111' });
  const connection = { url: 'https://prod-disks.vault.azure.net', credential, httpClient: azure.httpClient };
  const reads = keyVaultReads(connection);
  const writes = keyVaultWrites({ ...connection, identity: 'the identity of a test' });
  const uri = 'https://account.example.invalid';
  const storage = storageClients({ kind: 'identity', tableUri: uri, queueUri: uri, blobUri: uri, credential });
  const failed = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
  const all = Promise.all([
    reads.read('disk-a'),
    reads.readDeleted('disk-a'),
    reads.listKeys(),
    reads.listDeletedKeys(),
    reads.listVersions('disk-a'),
    writes.update('disk-a', '1', { enabled: true }, 'an-id'),
    writes.recover('disk-a', 'an-id'),
    failed(table(storage.table('keys')).get('vault', 'key')),
    failed(queue(storage.queue('inspections')).send(1)),
    failed(streams(storage.container('audit')).append('a', 'x', 0)),
  ]);
  // Begun together: on a busy machine all timers are late, in their order.
  const limit = new Promise((resolve) =>
    AbortSignal.timeout(4_500).addEventListener('abort', () => resolve('too late')),
  );
  expect(await Promise.race([all, limit])).not.toBe('too late');

  const answers = await all;
  const noToken = (identity: string) => `No token for ${identity}: no answer within 4 s.`;
  const byWatcher = { kind: 'no-token', error: { message: noToken("the guardian's identity watcher") } };
  const byTester = { kind: 'no-token', error: { message: noToken('the identity of a test') } };
  const byStorage = {
    name: 'StorageUnreachable',
    kind: 'no-token',
    message: expect.stringContaining(noToken("the guardian's identity for storage")),
  };
  expect(answers).toMatchObject([
    ...Array.from({ length: 5 }, () => byWatcher),
    ...Array.from({ length: 2 }, () => byTester),
    ...Array.from({ length: 3 }, () => byStorage),
  ]);
  // One for vaults and one for storage: calls that wait for the same token share its request.
  expect(requests).toBe(2);
}, 20_000);
