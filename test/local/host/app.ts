/** Runs small apps, registered with the real `@azure/functions`, on the local host. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { type Host, type HostOptions, startHost } from '../../../local/host/host.ts';
import { type LocalStorage, startStorage } from '../../../local/storage.ts';
import { queue } from '../../../shared/azure/queues.ts';
import { type StorageClients, storageClients } from '../../../shared/azure/storage-clients.ts';

export const hostJson = {
  version: '2.0',
  extensions: {
    queues: {
      maxPollingInterval: '00:00:01',
      visibilityTimeout: '00:00:05',
      maxDequeueCount: 5,
      batchSize: 16,
      messageEncoding: 'base64',
    },
    eventHubs: { maxEventBatchSize: 1000, minEventBatchSize: 1 },
  },
};

export interface Apps {
  /** Starts an app that `register` registers; it is stopped when the test ends. */
  start(register: () => void, options?: Partial<HostOptions>): Promise<Host>;
  /** Of the test file's storage account. */
  clients(): StorageClients;
  /** The name of a queue that nobody used before. */
  newQueueName(): string;
  send(queueName: string, message: unknown, delaySeconds?: number): Promise<void>;
  /** What lies in a queue and is visible, as its text in the queue, decoded. */
  visibleIn(queueName: string): Promise<readonly string[]>;
}

/** One storage account for a test file, hosts stopped and the clock reset after each test. */
export function apps(): Apps {
  let storage: LocalStorage | undefined;
  let hosts: Host[] = [];
  let queues = 0;
  const connectionString = (): string => {
    if (storage === undefined) throw new Error('Storage is started before the first test.');
    return storage.connectionString;
  };
  const clients = (): StorageClients => storageClients({ kind: 'connection-string', value: connectionString() });

  beforeAll(async () => {
    storage = await startStorage();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    hosts = [];
    resetClock();
  });
  afterAll(() => storage?.stop());

  return {
    async start(register, options = {}) {
      const settings = { AzureWebJobsStorage: connectionString(), ...options.settings };
      const host = await startHost({ entry: async () => register(), hostJson, ...options, settings });
      hosts.push(host);
      return host;
    },
    clients,
    newQueueName: () => {
      queues += 1;
      return `queue${queues}`;
    },
    send: (queueName, message, delaySeconds) => queue(clients().queue(queueName)).send(message, delaySeconds),
    async visibleIn(queueName) {
      const client = clients().queue(queueName);
      const { peekedMessageItems } = await client.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
    },
  };
}
