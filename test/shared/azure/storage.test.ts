import type { QueueClient } from '@azure/storage-queue';
import { afterAll, beforeAll } from 'vitest';
import { type LocalStorage, startStorage } from '../../../local/storage.ts';
import { documents } from '../../../shared/azure/documents.ts';
import { queue } from '../../../shared/azure/queues.ts';
import { type StorageClients, storageClients } from '../../../shared/azure/storage-clients.ts';
import { streams } from '../../../shared/azure/streams.ts';
import { table } from '../../../shared/azure/tables.ts';
import { testDocuments, testQueue, testStreams, testTable } from './storage.contract.ts';

let storage: LocalStorage;
let clients: StorageClients;

beforeAll(async () => {
  storage = await startStorage();
  clients = storageClients({ kind: 'connection-string', value: storage.connectionString });
});

afterAll(() => storage.stop());

let names = 0;

/** A name that a table, a queue and a container take, and that nobody used before. */
const newName = (): string => {
  names += 1;
  return `name${names}`;
};

testTable('Azure Table Storage', () => table(clients.table(newName())));
testQueue('Azure Queue Storage', () => {
  const client = clients.queue(newName());
  return { queue: queue(client), take: () => taken(client) };
});
testStreams('Azure append blobs', () => streams(clients.container(newName())));
testDocuments('Azure block blobs', () => documents(clients.container(newName())));

async function taken(client: QueueClient): Promise<unknown[]> {
  const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
  for (const { messageId, popReceipt } of receivedMessageItems) await client.deleteMessage(messageId, popReceipt);
  return receivedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
}
