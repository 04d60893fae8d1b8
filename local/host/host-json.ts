import { z } from 'zod';

const timeSpan = z
  .string()
  .regex(/^(\d+\.)?\d{1,2}:\d{2}:\d{2}$/, 'is not of the form [d.]hh:mm:ss')
  .transform((text) => {
    const [, days = '0', hours = '0', minutes = '0', seconds = '0'] =
      /^(?:(\d+)\.)?(\d+):(\d+):(\d+)$/.exec(text) ?? [];
    return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  });

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json */
const queues = z
  .object({
    maxPollingInterval: timeSpan.default(60_000),
    visibilityTimeout: timeSpan.default(0),
    batchSize: z.int().min(1).max(32).default(16),
    maxDequeueCount: z.int().min(1).default(5),
    newBatchThreshold: z.int().min(0).optional(),
    messageEncoding: z.enum(['base64', 'none']).default('base64'),
  })
  .transform(({ maxPollingInterval, visibilityTimeout, newBatchThreshold, ...rest }) => ({
    ...rest,
    maxPollingIntervalMs: maxPollingInterval,
    visibilityTimeoutMs: visibilityTimeout,
    newBatchThreshold: newBatchThreshold ?? Math.floor(rest.batchSize / 2),
  }));

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-event-hubs#hostjson-settings */
const eventHubs = z.object({
  maxEventBatchSize: z.int().min(1).default(100),
  minEventBatchSize: z.literal(1, 'the local host delivers as soon as there is one event').default(1),
});

const hostJson = z.object({
  version: z.literal('2.0'),
  extensions: z.object({ queues: queues.prefault({}), eventHubs: eventHubs.prefault({}) }).prefault({}),
});

/** What the local host reads of host.json, defaults filled in; lengths of time in milliseconds. */
export type HostJson = z.infer<typeof hostJson>['extensions'];

/** How storage queues are polled. */
export type QueueSettings = HostJson['queues'];

/** @throws z.ZodError naming every setting that is wrong */
export function parseHostJson(value: unknown): HostJson {
  return hostJson.parse(value).extensions;
}
