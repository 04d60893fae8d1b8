import type { QueueClient } from '@azure/storage-queue';
import type { Queue } from '../storage.ts';
import { placeIn } from './storage-errors.ts';

/** Messages never expire: one that was not taken for a week is still needed. */
const NEVER_EXPIRES = -1;

/**
 * A queue of Azure Storage. A message is JSON in base64, as `messageEncoding` in host.json says.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/put-message
 */
export function queue(client: QueueClient): Queue {
  const place = placeIn((abortSignal) => client.createIfNotExists({ abortSignal }));
  return {
    async send(message, delaySeconds = 0) {
      const text = Buffer.from(JSON.stringify(message) ?? 'null').toString('base64');
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: NEVER_EXPIRES };
      await place.write(
        `sending a message to queue ${client.name}`,
        (abortSignal) => client.sendMessage(text, { ...options, abortSignal }),
        {},
      );
    },
  };
}

/**
 * The approximate number of messages in a queue, hidden ones included; 0 where there is no such queue. Throws
 * `StorageUnreachable`.
 */
export function messagesIn(client: QueueClient): () => Promise<number> {
  const place = placeIn((abortSignal) => client.createIfNotExists({ abortSignal }));
  return () =>
    place.read(
      `counting the messages of queue ${client.name}`,
      async (abortSignal) => (await client.getProperties({ abortSignal })).approximateMessagesCount ?? 0,
      { QueueNotFound: 0 },
    );
}
