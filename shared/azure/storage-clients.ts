import type { TokenCredential } from '@azure/core-auth';
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { noRetryAfter } from './deadline.ts';
import { tokensInTime } from './tokens.ts';

/** The address of a storage account and how to authenticate to it. */
export type StorageSettings =
  | { readonly kind: 'connection-string'; readonly value: string }
  | {
      readonly kind: 'identity';
      /** `https://<account>.table.core.windows.net`, and the like for queues and blobs. */
      readonly tableUri: string;
      readonly queueUri: string;
      readonly blobUri: string;
      readonly credential: TokenCredential;
    };

/** Makes the clients of one storage account. Making one sends no request. */
export interface StorageClients {
  table(name: string): TableClient;
  queue(name: string): QueueClient;
  container(name: string): ContainerClient;
}

// One quick retry: a restore waits for these calls, and the platform delivers the message again where both fail.
const tables = {
  retryOptions: { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
  additionalPolicies: [{ policy: noRetryAfter, position: 'perRetry' as const }],
};
const queuesAndBlobs = { retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 } };

/** Clients that try twice at most, so that a call fails within 5 seconds while storage is down. */
export function storageClients(settings: StorageSettings): StorageClients {
  switch (settings.kind) {
    case 'connection-string': {
      const { value } = settings;
      const options = { ...tables, ...(isPlainHttp(value) ? { allowInsecureConnection: true } : {}) };
      return {
        table: (name) => TableClient.fromConnectionString(value, name, options),
        queue: (name) => new QueueClient(value, name, queuesAndBlobs),
        container: (name) => new ContainerClient(value, name, queuesAndBlobs),
      };
    }
    case 'identity': {
      const credential = tokensInTime(settings.credential, "the guardian's identity for storage");
      const within = (uri: string, name: string): string => `${uri.replace(/\/+$/, '')}/${name}`;
      return {
        table: (name) => new TableClient(settings.tableUri, name, credential, tables),
        queue: (name) => new QueueClient(within(settings.queueUri, name), credential, queuesAndBlobs),
        container: (name) => new ContainerClient(within(settings.blobUri, name), credential, queuesAndBlobs),
      };
    }
    default:
      return settings satisfies never;
  }
}

function isPlainHttp(connectionString: string): boolean {
  return connectionString
    .split(';')
    .some((part) =>
      /^\s*(DefaultEndpointsProtocol=http|TableEndpoint=http:.*|UseDevelopmentStorage=true)\s*$/i.test(part),
    );
}
