import { app, type InvocationContext } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { turnClock } from '../../../local/clock.ts';
import { apps, hostJson } from './app.ts';

const { start, send, newQueueName, visibleIn, clients } = apps();

describe('a storage queue', () => {
  it('hands JSON to its function parsed and anything else as a string, and takes it away', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    await clients().queue(queueName).create();
    for (const text of ['{"key":"a"}', '123', 'not JSON']) {
      await clients().queue(queueName).sendMessage(Buffer.from(text).toString('base64'));
    }
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, (message) => void got.push(message)),
      ),
    );
    await host.idle();
    expect(got).toHaveLength(3);
    expect(got).toEqual(expect.arrayContaining([{ key: 'a' }, 123, 'not JSON']));
    await host.advance(700_000, 100_000);
    expect(got).toHaveLength(3);
  });

  it('need not be there when the app starts, and nobody is told', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const lines: string[] = [];
    const host = await start(
      () =>
        app.storageQueue(
          'inspect',
          on(queueName, (message) => void got.push(message)),
        ),
      {
        log: (line) => void lines.push(line),
      },
    );
    await host.idle();
    await send(queueName, 'first');
    await host.idle();
    expect(got).toEqual(['first']);
    expect(lines).toEqual([]);
  });

  it('delivers a message that a function of the app sends', async () => {
    const [first, second] = [newQueueName(), newQueueName()];
    const got: unknown[] = [];
    const host = await start(() => {
      app.storageQueue(
        'sweep',
        on(first, (message) => send(second, message)),
      );
      app.storageQueue(
        'inspect',
        on(second, (message) => void got.push(message)),
      );
    });
    await send(first, { key: 'a' });
    await host.idle();
    expect(got).toEqual([{ key: 'a' }]);
  });

  it('delivers in the background too, when nobody waits for idle', async () => {
    const queueName = newQueueName();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await start(() => app.storageQueue('inspect', on(queueName, resolve)));
    await send(queueName, 'by itself');
    expect(await promise).toBe('by itself');
  });

  it('keeps a delayed message until the turned clock says so', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, (message) => void got.push(message)),
      ),
    );
    await send(queueName, 'later', 60);
    await host.advance(58_000);
    expect(got).toEqual([]);
    await host.advance(3_000);
    expect(got).toEqual(['later']);
  });

  it('tells the function how often the message was taken, and its id', async () => {
    const queueName = newQueueName();
    const seen: unknown[] = [];
    const host = await start(() =>
      app.storageQueue('inspect', {
        ...on(queueName, () => {}),
        handler: (_, { triggerMetadata, functionName }) => {
          seen.push([functionName, triggerMetadata?.dequeueCount, typeof triggerMetadata?.id]);
          if (seen.length === 1) throw new Error('once');
        },
      }),
    );
    await send(queueName, 'message');
    await host.advance(6_000);
    expect(seen).toEqual([
      ['inspect', 1, 'string'],
      ['inspect', 2, 'string'],
    ]);
  });

  it('delivers a failed message again after the visibility time-out, not before', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const lines: string[] = [];
    const host = await start(
      () =>
        app.storageQueue(
          'inspect',
          on(queueName, (message) => {
            got.push(message);
            if (got.length === 1) throw new Error('the vault is away');
          }),
        ),
      { log: (line) => void lines.push(line) },
    );
    await send(queueName, 'message');
    await host.idle();
    await host.advance(3_000);
    expect(got).toHaveLength(1);
    await host.advance(3_000);
    expect(got).toEqual(['message', 'message']);
    expect(host.failures).toMatchObject([{ functionName: 'inspect', error: { message: 'the vault is away' } }]);
    expect(lines.join('\n')).toContain(
      '[error] inspect failed: Exception: the vault is away\nStack: Error: the vault is away\n    at ',
    );
    expect(host.poisoned).toEqual([]);
  });

  it('puts a message into the poison queue when its function fails for the fifth time', async () => {
    const queueName = newQueueName();
    let calls = 0;
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, () => {
          calls += 1;
          throw new Error('crash');
        }),
      ),
    );
    await send(queueName, { key: 'a' });
    await host.advance(18_000);
    expect(calls).toBe(4);
    expect(host.poisoned).toEqual([]);
    await host.advance(5_000);
    expect(calls).toBe(5);
    expect(host.poisoned).toEqual([{ queue: queueName, body: '{"key":"a"}' }]);
    expect(await visibleIn(`${queueName}-poison`)).toEqual(['{"key":"a"}']);
    expect(await visibleIn(queueName)).toEqual([]);
  });

  it('puts a message into the poison queue that was taken five times and never put away', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    await send(queueName, 'crashes the process');
    for (let i = 0; i < 5; i += 1) {
      await clients().queue(queueName).receiveMessages({ visibilityTimeout: 1 });
      turnClock(1_000);
    }
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, (message) => void got.push(message)),
      ),
    );
    await host.idle();
    expect(got).toEqual([]);
    expect(host.poisoned).toEqual([{ queue: queueName, body: '"crashes the process"' }]);
  });

  it('puts a message that is not base64 into the poison queue, as it is', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    await clients().queue(queueName).create();
    await clients().queue(queueName).sendMessage('plain text!');
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, (message) => void got.push(message)),
      ),
    );
    await host.idle();
    expect(got).toEqual([]);
    expect(host.poisoned).toEqual([{ queue: queueName, body: 'plain text!' }]);
  });

  it('leaves a message of a poison queue where it is, hidden for ten minutes, when its function fails or it is not base64', async () => {
    const queueName = `${newQueueName()}-poison`;
    const got: unknown[] = [];
    await send(queueName, 'crashes');
    await clients().queue(queueName).sendMessage('plain text!');
    const host = await start(() =>
      app.storageQueue(
        'poisoned',
        on(queueName, (message) => {
          got.push(message);
          throw new Error('crash');
        }),
      ),
    );
    await host.idle();
    await host.advance(590_000, 59_000);
    expect(got).toEqual(['crashes']);
    for (let minutes = 0; minutes < 60; minutes += 10) await host.advance(610_000, 610_000);
    expect(got).toHaveLength(5);
    expect(host.poisoned).toEqual([]);
    expect(await clients().queue(`${queueName}-poison`).exists()).toBe(false);
    expect((await clients().queue(queueName).getProperties()).approximateMessagesCount).toBe(2);
  });

  it('takes messages as they are where host.json says so', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    await clients().queue(queueName).create();
    await clients().queue(queueName).sendMessage('plain text!');
    const plain = {
      version: '2.0',
      extensions: { queues: { ...hostJson.extensions.queues, messageEncoding: 'none' } },
    };
    const host = await start(
      () =>
        app.storageQueue(
          'inspect',
          on(queueName, (message) => void got.push(message)),
        ),
      {
        hostJson: plain,
      },
    );
    await host.idle();
    expect(got).toEqual(['plain text!']);
  });

  it('runs several messages at a time: a batch, and a new one when half of it is done', async () => {
    const queueName = newQueueName();
    const small = { version: '2.0', extensions: { queues: { ...hostJson.extensions.queues, batchSize: 4 } } };
    let running = 0;
    let most = 0;
    let done = 0;
    for (let i = 0; i < 30; i += 1) await send(queueName, i);
    const handler = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await clients().queue(queueName).getProperties();
      running -= 1;
      done += 1;
    };
    const host = await start(() => app.storageQueue('inspect', on(queueName, handler)), { hostJson: small });
    await host.idle();
    expect(done).toBe(30);
    expect(most).toBeGreaterThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(6);
  });

  it('is idle only when the last of a chain of messages is done', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, async (message) => {
          got.push(message);
          if (Number(message) < 20) await send(queueName, Number(message) + 1);
        }),
      ),
    );
    await send(queueName, 1);
    await host.idle();
    expect(got).toHaveLength(20);
  });

  it('is read from the account that its connection names', async () => {
    const queueName = newQueueName();
    const lines: string[] = [];
    const host = await start(
      () => {
        app.storageQueue('away', { ...on(queueName, () => {}), connection: 'Trail' });
      },
      { settings: { Trail: nobodyListens }, log: (line) => void lines.push(line) },
    );
    await host.idle();
    await host.idle();
    expect(lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1);
  });

  it('resolves names between percent signs from the settings', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const host = await start(
      () =>
        app.storageQueue(
          'inspect',
          on('%QueueName%', (message) => void got.push(message)),
        ),
      {
        settings: { QueueName: queueName },
      },
    );
    await send(queueName, 'message');
    await host.idle();
    expect(got).toEqual(['message']);
  });

  it('gets nothing more once the host is stopped, and what runs is waited for', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const host = await start(() =>
      app.storageQueue(
        'inspect',
        on(queueName, async (message) => {
          resolve();
          await clients().queue(queueName).getProperties();
          got.push(message);
        }),
      ),
    );
    await send(queueName, 'first');
    await promise;
    await host.stop();
    expect(got).toEqual(['first']);
    expect(await visibleIn(queueName)).toEqual([]);
    await send(queueName, 'second');
    await host.idle();
    expect(got).toEqual(['first']);
  });
});

const nobodyListens =
  'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:1/a';

function on(queueName: string, handler: (message: unknown, context: InvocationContext) => unknown) {
  return {
    queueName,
    connection: 'AzureWebJobsStorage',
    handler: async (message: unknown, context: InvocationContext) => void (await handler(message, context)),
  };
}
