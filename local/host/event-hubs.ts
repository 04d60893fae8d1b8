import type { RpcData } from './functions-core.ts';
import type { HostJson } from './host-json.ts';
import type { Input, Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

type EventHubFunction = FunctionOf<'event-hub'>;

/** An Event Hub in memory. */
export interface EventHub {
  /** Puts events into one partition, in order; the next call takes the next partition. */
  send(bodies: readonly (string | Buffer)[]): Promise<void>;
  /** How many events lie behind that function's checkpoints: not yet delivered, or given up after the last retry. */
  unread(functionName: string): number;
}

/** A hub's name alone does not tell: hubs of one name may exist in several regions, a connection each. */
export interface EventHubs {
  /** @throws Error where no function, or functions of several connections, read a hub of that name */
  get(name: string, connection?: string): EventHub;
  stop(): void;
}

interface HubEvent {
  readonly body: Buffer;
  readonly enqueuedAt: Date;
}

interface Consumer {
  readonly which: EventHubFunction;
  /** Position of the next event, a partition each. */
  readonly checkpoints: number[];
  readonly pumping: boolean[];
}

const PARTITION_COUNT = 2;

/**
 * Delivers events in order within a partition. The checkpoint moves when the function succeeded, or after its last
 * retry: what failed then is not delivered again. After an interruption the same batch comes again.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-reliable-event-processing
 */
export function eventHubs(
  functions: readonly EventHubFunction[],
  settings: HostJson['eventHubs'],
  invoker: Invoker,
): EventHubs {
  let stopped = false;
  const hubs = new Map<string, { readonly name: string; readonly connection: string; readonly hub: EventHub }>();
  for (const { eventHubName: name, connection } of functions) {
    const readers = functions.filter((other) => other.eventHubName === name && other.connection === connection);
    const hub = eventHub(readers, settings, invoker, () => stopped);
    const key = JSON.stringify([connection, name]);
    if (!hubs.has(key)) hubs.set(key, { name, connection, hub });
  }
  return {
    get(name, connection) {
      const found = [...hubs.values()].filter(
        (each) => each.name === name && (connection === undefined || each.connection === connection),
      );
      const [only, ...others] = found;
      if (only === undefined) throw new Error(`No function reads an Event Hub ${name}.`);
      if (others.length > 0) throw new Error(`Event Hubs ${name} exist at several connections: name one.`);
      return only.hub;
    },
    stop() {
      stopped = true;
    },
  };
}

function eventHub(
  readers: readonly EventHubFunction[],
  settings: HostJson['eventHubs'],
  invoker: Invoker,
  stopped: () => boolean,
): EventHub {
  const partitions: HubEvent[][] = Array.from({ length: PARTITION_COUNT }, () => []);
  const consumers = readers.map((which): Consumer => {
    const none = partitions.map(() => 0);
    return { which, checkpoints: none, pumping: partitions.map(() => false) };
  });
  let next = 0;

  async function pump(consumer: Consumer, partition: number): Promise<void> {
    if (consumer.pumping[partition] === true) return;
    consumer.pumping[partition] = true;
    const events = partitions[partition] ?? [];
    for (let from = consumer.checkpoints[partition] ?? 0; from < events.length && !stopped(); ) {
      const count = consumer.which.many ? settings.maxEventBatchSize : 1;
      const batch = events.slice(from, from + count);
      const ending = await invoker.withRetries(consumer.which, inputOf(consumer.which, batch, from, partition));
      // Stopped in the middle of its retries: the next host would begin again at the checkpoint.
      if (stopped()) break;
      if (ending.kind === 'interrupted') continue;
      from += batch.length;
      consumer.checkpoints[partition] = from;
    }
    consumer.pumping[partition] = false;
  }

  return {
    async send(bodies) {
      const partition = next;
      next = (next + 1) % PARTITION_COUNT;
      const enqueuedAt = new Date();
      partitions[partition]?.push(...bodies.map((body) => ({ body: Buffer.from(body), enqueuedAt })));
      for (const consumer of consumers) void pump(consumer, partition);
    },
    unread(functionName) {
      const consumer = consumers.find(({ which }) => which.name === functionName);
      if (consumer === undefined) throw new Error(`${functionName} does not read this Event Hub.`);
      return partitions.reduce((sum, events, i) => sum + events.length - (consumer.checkpoints[i] ?? 0), 0);
    },
  };
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-event-hubs-trigger#event-metadata */
function inputOf(which: EventHubFunction, batch: readonly HubEvent[], from: number, partition: number): Input {
  const { many, binary, eventHubName, consumerGroup } = which;
  const json = (value: unknown): RpcData => ({ json: JSON.stringify(value) });
  const positions = batch.map((event, i) => ({
    offset: String(from + i),
    sequenceNumber: from + i,
    enqueuedTimeUtc: event.enqueuedAt,
  }));
  const partitionContext = json({
    PartitionId: String(partition),
    EventHubName: eventHubName,
    ConsumerGroup: consumerGroup,
  });
  if (many) {
    return {
      data: binary
        ? { collectionBytes: { bytes: batch.map(({ body }) => body) } }
        : { collectionString: { string: batch.map(({ body }) => body.toString('utf8')) } },
      triggerMetadata: {
        PartitionContext: partitionContext,
        OffsetArray: json(positions.map(({ offset }) => offset)),
        SequenceNumberArray: json(positions.map(({ sequenceNumber }) => sequenceNumber)),
        EnqueuedTimeUtcArray: json(positions.map(({ enqueuedTimeUtc }) => enqueuedTimeUtc)),
      },
    };
  }
  const body = batch[0]?.body ?? Buffer.alloc(0);
  return {
    data: binary ? { bytes: body } : { string: body.toString('utf8') },
    triggerMetadata: {
      PartitionContext: partitionContext,
      Offset: json(positions[0]?.offset),
      SequenceNumber: json(positions[0]?.sequenceNumber),
      EnqueuedTimeUtc: json(positions[0]?.enqueuedTimeUtc),
    },
  };
}
