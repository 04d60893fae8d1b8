import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { StorageClients } from '../../shared/azure/storage-clients.ts';
import { answerOf } from '../../shared/azure/storage-errors.ts';
import { type MessageHost, messageHandler } from './queue-message.ts';
import type { FunctionOf } from './registration.ts';
import type { Work } from './work.ts';

/** What polls one queue for one function. */
export interface QueueListener {
  /** Polls in the background until `stop`, slower the longer the queue stays empty. */
  start(): void;
  /** Asks the queue once more, now, and starts its function for what is visible; how many messages came. */
  poll(): Promise<number>;
  stop(): Promise<void>;
}

/** What a listener needs of its host. */
export interface QueueHost extends MessageHost {
  readonly work: Work;
}

const MIN_POLLING_INTERVAL_MS = 100;
// As long as the real host hides a message while its function runs.
const HIDDEN_WHILE_RUNNING_SECONDS = 600;

/**
 * Runs a function for each message of a queue, several at a time: a new batch is fetched when no more than
 * `newBatchThreshold` are running.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#concurrency
 */
export function queueListener(which: FunctionOf<'queue'>, clients: StorageClients, host: QueueHost): QueueListener {
  const { settings, work } = host;
  const visible = receiver(which, clients, host);
  const handle = messageHandler(which, clients, host);
  const stopping = new AbortController();
  let inFlight = 0;
  let polling: Promise<number> = Promise.resolve(0);
  let roomAgain = Promise.withResolvers<void>();
  let looping: Promise<void> | undefined;

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

/** Takes a batch of what is visible; nothing where the queue is not there or cannot be read. */
function receiver(
  which: FunctionOf<'queue'>,
  clients: StorageClients,
  { settings, log }: QueueHost,
): () => Promise<readonly DequeuedMessageItem[]> {
  const { queueName } = which;
  const client = clients.queue(queueName);
  let unreachable = false;

  return async () => {
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
