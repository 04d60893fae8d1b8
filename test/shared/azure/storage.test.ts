import type { QueueClient } from '@azure/storage-queue';
import { afterAll, beforeAll } from 'vitest';
import { type LocalStorage, startStorage } from '../../../local/storage.ts';
import { documents } from '../../../shared/azure/documents.ts';
import { queue } from '../../../shared/azure/queues.ts';
import { type StorageClients, storageClients } from '../../../shared/azure/storage-clients.ts';
import { streams } from '../../../shared/azure/streams.ts';
import { table } from '../../../shared/azure/tables.ts';
import { describeDocuments, describeQueue, describeStreams, describeTable } from './storage.contract.ts';

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

describeTable('Azure Table Storage', () => table(clients.table(newName())));
describeQueue('Azure Queue Storage', () => {
  const client = clients.queue(newName());
  return { queue: queue(client), take: () => taken(client) };
});
describeStreams('Azure append blobs', () => streams(clients.container(newName())));
describeDocuments('Azure block blobs', () => documents(clients.container(newName())));

async function taken(client: QueueClient): Promise<unknown[]> {
  const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
  for (const { messageId, popReceipt } of receivedMessageItems) await client.deleteMessage(messageId, popReceipt);
  return receivedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
}
