import { expect, it } from 'vitest';
import { storageClients } from '../../../shared/azure/storage-clients.ts';

const credential = { getToken: async () => null };

it.each(['', '/'])('makes clients under the addresses of an account, ended by "%s"', (end) => {
  const clients = storageClients({
    kind: 'identity',
    tableUri: `https://a.table.core.windows.net${end}`,
    queueUri: `https://a.queue.core.windows.net${end}`,
    blobUri: `https://a.blob.core.windows.net${end}`,
    credential,
  });
  expect(clients.table('keys').tableName).toBe('keys');
  expect(clients.queue('inspections').url).toBe('https://a.queue.core.windows.net/inspections');
  expect(clients.queue('inspections').name).toBe('inspections');
  expect(clients.container('audit').url).toBe('https://a.blob.core.windows.net/audit');
});

it('sends table requests over plain HTTP only where the connection string says so', async () => {
  const plain = 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a';
  const secure = 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net';
  const refused = (value: string): Promise<unknown> =>
    storageClients({ kind: 'connection-string', value })
      .table('keys')
      .getEntity('vault', 'key')
      .catch((error: unknown) => error);
  expect(await refused(plain)).toMatchObject({ code: 'ECONNREFUSED' });
  expect(storageClients({ kind: 'connection-string', value: secure }).table('keys').url).toMatch(/^https:/);
});
