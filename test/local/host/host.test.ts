import { app } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { HostNotStarted } from '../../../local/host/errors.ts';
import { apps, hostJson } from './app.ts';

const { start, newQueueName, send } = apps();

const queueOf = (queueName: string) => ({ queueName, connection: 'AzureWebJobsStorage', handler: () => {} });

describe('the host', () => {
  it('names the functions it serves and what starts them', async () => {
    const host = await start(() => {
      app.timer('sentry', { schedule: '0 * * * * *', handler: () => {} });
      app.storageQueue('inspect', queueOf(newQueueName()));
      app.eventGrid('key-vault-event', { handler: () => {} });
      app.eventHub('audit-log', { connection: 'EventHub', eventHubName: 'audit', handler: () => {} });
    });
    expect(host.functions).toEqual([
      { name: 'sentry', trigger: 'timerTrigger' },
      { name: 'inspect', trigger: 'queueTrigger' },
      { name: 'key-vault-event', trigger: 'eventGridTrigger' },
      { name: 'audit-log', trigger: 'eventHubTrigger' },
    ]);
  });

  it('runs the same functions again where the entry point is loaded already', async () => {
    const queueName = newQueueName();
    const got: unknown[] = [];
    const options = { ...queueOf(queueName), handler: (message: unknown) => void got.push(message) };
    const first = await start(() => app.storageQueue('inspect', options));
    await first.stop();
    const second = await start(() => {});
    await send(queueName, 1);
    await second.idle();
    expect(second.functions).toEqual([{ name: 'inspect', trigger: 'queueTrigger' }]);
    expect(got).toEqual([1]);
  });

  it('writes what a function logs, with its level and name', async () => {
    const lines: string[] = [];
    const handler: Parameters<typeof app.timer>[1]['handler'] = (_, context) => {
      context.log('swept %d keys', 3);
      context.warn('one is late');
    };
    const host = await start(() => app.timer('sentry', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler }), {
      log: (line) => void lines.push(line),
    });
    await host.idle();
    expect(lines).toEqual(['[information] sentry: swept 3 keys', '[warning] sentry: one is late']);
  });

  it('writes of a failure what the worker passes on: message and stack, neither its cause nor what it is made of', async () => {
    const lines: string[] = [];
    const handler = (): void => {
      throw new AggregateError([new Error('one of them')], 'some failed', { cause: new Error('the cause') });
    };
    const host = await start(() => app.timer('sentry', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler }), {
      log: (line) => void lines.push(line),
    });
    await host.idle();
    const [line = ''] = lines;
    expect(line).toMatch(
      /^\[error\] sentry failed: Exception: some failed\nStack: AggregateError: some failed\n {4}at /,
    );
    expect(line).not.toMatch(/one of them|the cause/);
  });

  it('calls the hooks of the app around each invocation', async () => {
    const calls: string[] = [];
    const host = await start(() => {
      app.hook.appStart(() => void calls.push('appStart'));
      app.hook.appTerminate(() => void calls.push('appTerminate'));
      app.hook.preInvocation(({ invocationContext }) => void calls.push(`pre ${invocationContext.functionName}`));
      app.hook.postInvocation(
        ({ error }) => void calls.push(`post ${error instanceof Error ? error.message : 'well'}`),
      );
      app.timer('sentry', {
        schedule: '0 0 0 1 1 *',
        runOnStartup: true,
        handler: () => {
          calls.push('sentry');
          throw new Error('crash');
        },
      });
    });
    await host.idle();
    await host.stop();
    expect(calls).toEqual(['appStart', 'pre sentry', 'sentry', 'post crash', 'appTerminate']);
    expect(host.failures).toHaveLength(1);
  });

  it('refuses an app with everything that is wrong with it', async () => {
    const refused = start(() => {
      app.timer('sentry', { schedule: '%Schedule%', handler: () => {} });
      app.storageQueue('twice', queueOf(newQueueName()));
      app.storageQueue('twice', queueOf(newQueueName()));
      app.cosmosDB('status', { databaseName: 'd', containerName: 'c', connection: 'C', handler: () => {} });
    });
    await expect(refused).rejects.toThrow(HostNotStarted);
    await expect(refused).rejects.toMatchObject({
      faults: [
        'sentry: %Schedule% does not resolve to a value of the settings.',
        'status has a cosmosDBTrigger, which the local host does not serve.',
        'Two functions are called twice.',
      ],
    });
  });

  it('refuses a queue whose connection has no setting', async () => {
    const refused = start(() => app.storageQueue('alert', { ...queueOf(newQueueName()), connection: 'Trail' }));
    await expect(refused).rejects.toMatchObject({ faults: ['alert needs the setting Trail, a connection string.'] });
  });

  it('refuses a binding that it would not serve', async () => {
    const refused = start(() =>
      app.timer('sentry', {
        schedule: '0 * * * * *',
        return: { type: 'queue', name: 'out' },
        handler: () => {},
      }),
    );
    await expect(refused).rejects.toMatchObject({
      faults: ['sentry has a binding queue, which the local host does not serve.'],
    });
  });

  it.each([
    ['another version', { version: '1.0' }],
    ['a time span that is none', { ...hostJson, extensions: { queues: { visibilityTimeout: '5' } } }],
    ['too large a batch', { ...hostJson, extensions: { queues: { batchSize: 33 } } }],
    ['waiting for a batch of events', { ...hostJson, extensions: { eventHubs: { minEventBatchSize: 5 } } }],
  ])('refuses a host.json with %s', async (_, wrong) => {
    const register = (): void => app.storageQueue('inspect', queueOf(newQueueName()));
    await expect(start(register, { hostJson: wrong })).rejects.toThrow();
  });

  it('throws what the entry point throws', async () => {
    const broken = start(() => {
      throw new Error('broken at load');
    });
    await expect(broken).rejects.toThrow('broken at load');
  });
});
