import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { StorageClients } from '../../shared/azure/storage-clients.ts';
import { answerOf } from '../../shared/azure/storage-errors.ts';
import type { QueueSettings } from './host-json.ts';
import type { Invoker } from './invoke.ts';
import type { FunctionOf, Trigger } from './registration.ts';
import type { Work } from './work.ts';

type QueueFunction = FunctionOf<Extract<Trigger, { kind: 'queue' }>>;

/** A message that was given up. */
export interface Poisoned {
  /** The queue it came from; it lies in `<queue>-poison`. */
  readonly queue: string;
  /** Its text, decoded where it could be. */
  readonly body: string;
}

/** What polls one queue for one function. */
export interface QueueListener {
  /** Polls in the background until `stop`, slower the longer the queue stays empty. */
  start(): void;
  /** Asks the queue once more, now, and starts its function for what is visible; how many messages came. */
  poll(): Promise<number>;
  stop(): Promise<void>;
}

/** What a listener needs of its host. */
export interface QueueHost {
  readonly settings: QueueSettings;
  readonly work: Work;
  readonly invoker: Invoker;
  readonly log: (line: string) => void;
  readonly onPoison: (poisoned: Poisoned) => void;
}

const POISON = '-poison';
const MIN_POLLING_INTERVAL_MS = 100;
// As long as the real host hides a message while its function runs.
const HIDDEN_WHILE_RUNNING_SECONDS = 600;

/**
 * Runs a function for each message of a queue, several at a time: a new batch is fetched when no more than
 * `newBatchThreshold` are running.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#concurrency
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
 * @see https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/Listeners/QueueListenerFactory.cs
 */
export function queueListener(which: QueueFunction, clients: StorageClients, host: QueueHost): QueueListener {
  const { settings, work, log } = host;
  const { queueName } = which.trigger;
  const client = clients.queue(queueName);
  // A queue that is one of poison has none of its own: what fails there stays hidden for a while and comes again.
  const poison = queueName.endsWith(POISON) ? undefined : clients.queue(`${queueName}${POISON}`);
  const stopping = new AbortController();
  let inFlight = 0;
  let polling: Promise<number> = Promise.resolve(0);
  let roomAgain = Promise.withResolvers<void>();
  let looping: Promise<void> | undefined;
  let unreachable = false;

  async function receive(): Promise<number> {
    if (stopping.signal.aborted || inFlight > settings.newBatchThreshold) return 0;
    const messages = await visible();
    for (const message of messages) {
      inFlight += 1;
      void work.run(() => handle(message)).finally(ended);
    }
    return messages.length;
  }

  function ended(): void {
    inFlight -= 1;
    if (inFlight > settings.newBatchThreshold) return;
    roomAgain.resolve();
    roomAgain = Promise.withResolvers<void>();
  }

  async function visible(): Promise<readonly DequeuedMessageItem[]> {
    try {
      const { receivedMessageItems } = await client.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: HIDDEN_WHILE_RUNNING_SECONDS,
      });
      unreachable = false;
      return receivedMessageItems;
    } catch (error) {
      if (answerOf(error).code === 'QueueNotFound') return [];
      // Said once an outage, not at each poll.
      if (!unreachable) log(`[warning] ${which.name}: queue ${queueName} cannot be read: ${String(error)}`);
      unreachable = true;
      return [];
    }
  }

  async function handle(message: DequeuedMessageItem): Promise<void> {
    try {
      await process(message);
    } catch (error) {
      // The message is still there and comes again when its time-out has passed: delivery is at least once.
      log(`[warning] ${which.name}: a message of ${queueName} could not be put away: ${String(error)}`);
    }
  }

  async function process(message: DequeuedMessageItem): Promise<void> {
    const text = decoded(message.messageText, settings.messageEncoding);
    if (text === undefined) return giveUp(message, message.messageText, 'is not base64');
    if (message.dequeueCount > settings.maxDequeueCount) return giveUp(message, text, 'was taken too often');
    const ending = await host.invoker.once(which, {
      data: { string: text },
      triggerMetadata: metadataOf(message, text),
    });
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
    host.onPoison({ queue: queueName, body });
    log(`[error] ${which.name}: a message ${why} and was put into ${queueName}${POISON}: ${body}`);
    await client.deleteMessage(message.messageId, message.popReceipt);
  }

  function poll(): Promise<number> {
    // One after the other: a poll that is under way may have looked before the clock was turned or a message was sent.
    polling = polling.then(receive);
    return polling;
  }

  async function loop(): Promise<void> {
    let waitMs = MIN_POLLING_INTERVAL_MS;
    while (!stopping.signal.aborted) {
      const found = await poll();
      if (inFlight > settings.newBatchThreshold) await roomAgain.promise;
      waitMs = found > 0 ? MIN_POLLING_INTERVAL_MS : Math.min(waitMs * 2, settings.maxPollingIntervalMs);
      if (found === 0) await pause(waitMs, stopping.signal);
    }
  }

  return {
    start() {
      looping ??= loop();
    },
    poll,
    async stop() {
      stopping.abort();
      await looping;
      await polling;
    },
  };
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
    if (stop.aborted) end();
  });
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
