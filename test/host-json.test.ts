import { expect, test } from 'vitest';
import hostJson from '../host.json' with { type: 'json' };

/** The numbers that are shipped: each stands for a promise, and the tests of the host bring their own. */

test('host.json keeps the hop over a queue short: asked each second, tried again after five, given up after five times', () => {
  expect(hostJson.extensions.queues).toMatchObject({
    maxPollingInterval: '00:00:01',
    visibilityTimeout: '00:00:05',
    maxDequeueCount: 5,
  });
});

test('host.json keeps every alert of the console: at each of its levels, and never sampled away', () => {
  const { logLevel, applicationInsights } = hostJson.logging;
  // What a function logs through its context is a trace of this category.
  expect(logLevel['Function.alert.User']).toBe('Information');
  expect(applicationInsights.samplingSettings.excludedTypes.split(';')).toContain('Trace');
});

test('host.json keeps every heartbeat', () => {
  expect(hostJson.logging.logLevel['Function.heartbeat.User']).toBe('Information');
});

test('host.json logs what each function came to, and of all else what is at least a warning', () => {
  expect(hostJson.logging.logLevel).toMatchObject({ default: 'Warning', 'Host.Results': 'Information' });
});

test('host.json takes messages in base64, as the app sends them', () => {
  expect(hostJson.extensions.queues.messageEncoding).toBe('base64');
});

test('host.json takes up to 100 audit messages at once, which fit into memory at their largest, and waits for no more than there are', () => {
  expect(hostJson.extensions.eventHubs).toMatchObject({ maxEventBatchSize: 100, minEventBatchSize: 1 });
});
