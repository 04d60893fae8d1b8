import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { StorageClients } from '../../shared/azure/storage-clients.ts';
import type { QueueSettings } from './host-json.ts';
import type { Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

/** A message that was given up. */
export interface Poisoned {
  /** The queue it came from; it lies in `<queue>-poison`. */
  readonly queue: string;
  /** Its text, decoded where it could be. */
  readonly body: string;
}

/** What is needed to see a message through. */
export interface MessageHost {
  readonly settings: QueueSettings;
  readonly invoker: Invoker;
  readonly log: (line: string) => void;
  readonly onPoison: (poisoned: Poisoned) => void;
}

const POISON = '-poison';

/**
 * Sees one received message through: runs the function, then takes the message away, hides it until its next turn, or
 * gives it up. What it gives never rejects.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
 * @see https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/Listeners/QueueListenerFactory.cs
 */
export function messageHandler(
  which: FunctionOf<'queue'>,
  clients: StorageClients,
  { settings, invoker, log, onPoison }: MessageHost,
): (message: DequeuedMessageItem) => Promise<void> {
  const { queueName } = which;
  const client = clients.queue(queueName);
  // A queue that is one of poison has none of its own: what fails there stays hidden for a while and comes again.
  const poison = queueName.endsWith(POISON) ? undefined : clients.queue(`${queueName}${POISON}`);

  async function process(message: DequeuedMessageItem): Promise<void> {
    const text = decoded(message.messageText, settings.messageEncoding);
    if (text === undefined) return giveUp(message, message.messageText, 'is not base64');
    if (message.dequeueCount > settings.maxDequeueCount) return giveUp(message, text, 'was taken too often');
    const ending = await invoker.once(which, { data: { string: text }, triggerMetadata: metadataOf(message, text) });
    // Nothing shortens what hides it while its function runs: `visibilityTimeout` of host.json is for errors.
    if (ending.kind === 'interrupted') return;
    if (ending.kind === 'succeeded') await client.deleteMessage(message.messageId, message.popReceipt);
    else if (message.dequeueCount >= settings.maxDequeueCount) await giveUp(message, text, 'failed too often');
    else if (poison !== undefined) await hide(message);
  }

  async function hide(message: DequeuedMessageItem): Promise<void> {
    const seconds = Math.floor(settings.visibilityTimeoutMs / 1000);
    await client.updateMessage(message.messageId, message.popReceipt, undefined, seconds);
  }

  async function giveUp(message: DequeuedMessageItem, body: string, why: string): Promise<void> {
    if (poison === undefined) {
      log(`[error] ${which.name}: a message ${why} and stays in ${queueName}: ${body}`);
      return;
    }
    await poison.createIfNotExists();
    await poison.sendMessage(message.messageText, { messageTimeToLive: -1 });
    onPoison({ queue: queueName, body });
    log(`[error] ${which.name}: a message ${why} and was put into ${queueName}${POISON}: ${body}`);
    await client.deleteMessage(message.messageId, message.popReceipt);
  }

  return async (message) => {
    try {
      await process(message);
    } catch (error) {
      // The message is still there and comes again when its time-out has passed: delivery is at least once.
      log(`[warning] ${which.name}: a message of ${queueName} could not be put away: ${String(error)}`);
    }
  };
}

function decoded(text: string, encoding: QueueSettings['messageEncoding']): string | undefined {
  if (encoding === 'none') return text;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text.trim() ? bytes.toString('utf8') : undefined;
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#message-metadata */
function metadataOf(message: DequeuedMessageItem, text: string) {
  const json = (value: unknown) => ({ json: JSON.stringify(value) });
  return {
    QueueTrigger: { string: text },
    DequeueCount: json(message.dequeueCount),
    ExpirationTime: json(message.expiresOn),
    Id: json(message.messageId),
    InsertionTime: json(message.insertedOn),
    NextVisibleTime: json(message.nextVisibleOn),
    PopReceipt: json(message.popReceipt),
  };
}
