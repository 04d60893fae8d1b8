import { app, type EventHubFunctionOptions } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { apps, hostJson } from './app.ts';

const { start } = apps();

const hub = { connection: 'EventHub', eventHubName: 'audit' } as const;
const many = { ...hub, cardinality: 'many' } as const;
const withoutEnd = {
  strategy: 'exponentialBackoff',
  maxRetryCount: -1,
  minimumInterval: { seconds: 10 },
  maximumInterval: { seconds: 40 },
} as const;

// `dataType` is not in the library's types, and is passed on: see the Functions documentation of function.json.
// https://learn.microsoft.com/azure/azure-functions/functions-triggers-bindings#bindings-code-examples
function binary(options: EventHubFunctionOptions): EventHubFunctionOptions & { readonly dataType: string } {
  return { ...options, dataType: 'binary' };
}

describe('an Event Hub', () => {
  it('delivers a batch in order, JSON parsed and the rest as strings', async () => {
    const batches: unknown[] = [];
    const host = await start(() =>
      app.eventHub('audit-log', { ...many, handler: (batch) => void batches.push(batch) }),
    );
    await host.eventHub('audit').send(['{"records":[]}', 'not JSON', '5']);
    await host.idle();
    expect(batches).toEqual([[{ records: [] }, 'not JSON', 5]]);
  });

  it('delivers buffers where the data type is binary', async () => {
    const batches: unknown[] = [];
    const host = await start(() =>
      app.eventHub('audit-log', binary({ ...many, handler: (batch) => void batches.push(batch) })),
    );
    await host.eventHub('audit').send(['{"records":[]}', Buffer.from([0xff, 0x00])]);
    await host.idle();
    expect(batches).toEqual([[Buffer.from('{"records":[]}'), Buffer.from([0xff, 0x00])]]);
  });

  it('delivers one event at a time where the cardinality is one', async () => {
    const got: unknown[] = [];
    const host = await start(() => app.eventHub('audit-log', { ...hub, handler: (event) => void got.push(event) }));
    await host.eventHub('audit').send(['1', '2', '3']);
    await host.idle();
    expect(got).toEqual([1, 2, 3]);
  });

  it('gives no more events at once than host.json allows', async () => {
    const sizes: number[] = [];
    const small = { version: '2.0', extensions: { ...hostJson.extensions, eventHubs: { maxEventBatchSize: 10 } } };
    const host = await start(
      () =>
        app.eventHub('audit-log', {
          ...many,
          handler: (batch) => void sizes.push(Array.isArray(batch) ? batch.length : 0),
        }),
      { hostJson: small },
    );
    await host.eventHub('audit').send(Array.from({ length: 25 }, (_, i) => String(i)));
    await host.idle();
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('tells position and time of each event', async () => {
    const metadata: unknown[] = [];
    const host = await start(() =>
      app.eventHub('audit-log', { ...many, handler: (_, context) => void metadata.push(context.triggerMetadata) }),
    );
    await host.eventHub('audit').send(['a', 'b']);
    await host.idle();
    expect(metadata).toMatchObject([
      { sequenceNumberArray: [0, 1], offsetArray: ['0', '1'], partitionContext: { eventHubName: 'audit' } },
    ]);
  });

  it('moves the checkpoint when the function has succeeded', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const host = await start(() => app.eventHub('audit-log', { ...many, handler: () => promise }));
    await host.eventHub('audit').send(['a', 'b']);
    expect(host.eventHub('audit').unread('audit-log')).toBe(2);
    resolve();
    await host.idle();
    expect(host.eventHub('audit').unread('audit-log')).toBe(0);
  });

  it('moves the checkpoint past a batch that failed and has no retry', async () => {
    const got: unknown[] = [];
    const handler = (batch: unknown): void => {
      got.push(batch);
      throw new Error('crash');
    };
    const host = await start(() => app.eventHub('audit-log', { ...many, handler }));
    await host.eventHub('audit').send(['a']);
    await host.advance(60_000, 10_000);
    expect(got).toEqual([['a']]);
    expect(host.eventHub('audit').unread('audit-log')).toBe(0);
    expect(host.failures).toHaveLength(1);
  });

  it('repeats a failed batch with growing waits, without end, and holds back what comes after it', async () => {
    const calls: unknown[] = [];
    let away = true;
    const host = await start(() =>
      app.eventHub('audit-log', {
        ...many,
        retry: withoutEnd,
        handler: (batch, context) => {
          calls.push([batch, context.retryContext?.retryCount, context.retryContext?.maxRetryCount]);
          if (away) throw new Error('the queue is away');
        },
      }),
    );
    await host.eventHub('audit').send(['a']);
    await host.eventHub('audit').send(['other partition']);
    await host.eventHub('audit').send(['after a']);
    await host.idle();
    const ofA = (): number => calls.filter((call) => JSON.stringify(call).startsWith('[["a"]')).length;
    expect(ofA()).toBe(1);
    await host.advance(9_000);
    expect(ofA()).toBe(1);
    await host.advance(2_000);
    expect(ofA()).toBe(2);
    await host.advance(18_000);
    expect(ofA()).toBe(2);
    await host.advance(3_000);
    expect(ofA()).toBe(3);
    await host.advance(400_000, 10_000);
    expect(ofA()).toBeGreaterThanOrEqual(11);
    expect(calls.every((call) => !JSON.stringify(call).includes('after a'))).toBe(true);
    expect(host.eventHub('audit').unread('audit-log')).toBe(3);

    away = false;
    await host.advance(50_000, 10_000);
    expect(host.eventHub('audit').unread('audit-log')).toBe(0);
    expect(calls.at(-1)).toEqual([['after a'], undefined, undefined]);
    expect(calls.at(1)).toBeDefined();
    expect(calls).toContainEqual([['a'], 1, -1]);
  });

  it('gives a batch up after the last repetition', async () => {
    let calls = 0;
    const host = await start(() =>
      app.eventHub('audit-log', {
        ...many,
        retry: { strategy: 'fixedDelay', delayInterval: { seconds: 1 }, maxRetryCount: 3 },
        handler: () => {
          calls += 1;
          throw new Error('crash');
        },
      }),
    );
    await host.eventHub('audit').send(['a']);
    await host.advance(2_000);
    expect(host.eventHub('audit').unread('audit-log')).toBe(1);
    await host.advance(10_000);
    expect(calls).toBe(4);
    expect(host.eventHub('audit').unread('audit-log')).toBe(0);
  });

  it('leaves the checkpoint where it was when the host stops in the middle of repetitions', async () => {
    const handler = (): void => {
      throw new Error('crash');
    };
    const host = await start(() => app.eventHub('audit-log', { ...many, retry: withoutEnd, handler }));
    await host.eventHub('audit').send(['a']);
    await host.idle();
    await host.stop();
    expect(host.eventHub('audit').unread('audit-log')).toBe(1);
  });

  it('is delivered to each function that reads it', async () => {
    const got: unknown[] = [];
    const host = await start(() => {
      app.eventHub('audit-log', { ...many, handler: (batch) => void got.push(['audit-log', batch]) });
      app.eventHub('copy', { ...many, consumerGroup: 'copy', handler: (batch) => void got.push(['copy', batch]) });
    });
    await host.eventHub('audit').send(['a']);
    await host.idle();
    expect(got).toHaveLength(2);
    expect(got).toEqual(
      expect.arrayContaining([
        ['audit-log', ['a']],
        ['copy', ['a']],
      ]),
    );
  });

  it('is told apart by its connection where regions have hubs of one name', async () => {
    const got: unknown[] = [];
    const of = (region: string) => ({
      ...many,
      connection: region,
      handler: (batch: unknown) => void got.push([region, batch]),
    });
    const host = await start(() => {
      app.eventHub('audit-log-west', of('West'));
      app.eventHub('audit-log-north', of('North'));
    });
    expect(() => host.eventHub('audit')).toThrow('several connections');
    await host.eventHub('audit', 'North').send(['a']);
    await host.idle();
    expect(got).toEqual([['North', ['a']]]);
  });

  it('that no function reads is an error', async () => {
    const host = await start(() => app.eventHub('audit-log', { ...many, handler: () => {} }));
    expect(() => host.eventHub('other')).toThrow('No function reads an Event Hub other.');
  });
});
