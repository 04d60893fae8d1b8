import { app, type InvocationContext } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { endingWithInstance, fetchEndingWithInstance, type Interruption } from '../../../local/host/instance.ts';
import { apps } from './app.ts';

const { start, send, newQueueName, visibleIn, clients } = apps();

const MINUTE_MS = 60_000;

/** A port whose calls leave a trace when they take effect. */
function traced() {
  const done: string[] = [];
  const note = async (what: string): Promise<void> => void done.push(what);
  async function* pages() {
    yield* ['first page', 'second page'];
  }
  return { done, port: endingWithInstance({ note, pages }) };
}

/** A queue's function that makes three calls, one after the other. */
function threeCalls() {
  const { done, port } = traced();
  const taken: unknown[] = [];
  const handler = async (message: unknown, { triggerMetadata }: InvocationContext): Promise<void> => {
    taken.push(triggerMetadata?.dequeueCount);
    for (const call of ['read', 'write', 'record']) await port.note(`${call} ${message}`);
  };
  return { done, taken, handler };
}

describe('an execution that is killed', () => {
  it.each([
    [1, []],
    [2, ['read a']],
    [3, ['read a']],
    [4, ['read a', 'write a']],
    [5, ['read a', 'write a']],
    [6, ['read a', 'write a', 'record a']],
  ])('at step %i has done what came before, and nothing after it', async (atStep, done) => {
    const queueName = newQueueName();
    const { handler, ...traces } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'killed', atStep });
    await send(queueName, 'a');
    await host.idle();
    await host.advance(MINUTE_MS, 5_000);
    expect(traces.done).toEqual(done);
    expect(host.interrupted).toMatchObject([{ functionName: 'sweep', kind: 'killed' }]);
    expect(host.failures).toEqual([]);
  });

  it('leaves its message invisible for ten minutes, whatever host.json says; then it comes again, counted', async () => {
    const queueName = newQueueName();
    const { handler, done, taken } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'killed', atStep: 3 });
    await send(queueName, 'a');
    await host.idle();
    await host.advance(595_000, 5_000);
    expect(taken).toEqual([1]);
    await host.advance(10_000);
    expect(taken).toEqual([1, 2]);
    expect(done).toEqual(['read a', 'read a', 'write a', 'record a']);
    expect(host.poisoned).toEqual([]);
  });

  it('is not killed where it ends before that step', async () => {
    const queueName = newQueueName();
    const { handler, done } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'killed', atStep: 7 });
    await send(queueName, 'a');
    await send(queueName, 'b');
    await host.idle();
    expect(done).toHaveLength(6);
    expect(host.interrupted).toEqual([]);
  });

  it('can be the one whose message contains a text', async () => {
    const queueName = newQueueName();
    const { handler, done } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'killed', atStep: 1 }, 'second');
    for (const message of ['first', 'second', 'third']) {
      await send(queueName, message);
      await host.idle();
    }
    expect(done.filter((each) => each.startsWith('record'))).toEqual(['record first', 'record third']);
  });

  it('takes all that runs in its instance with it; what begins after that runs in the next one', async () => {
    const [first, second] = [newQueueName(), newQueueName()];
    const { done, port } = traced();
    const { promise: isWaiting, resolve: waits } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let ends = 0;
    const host = await start(
      () => {
        app.storageQueue('inspect', {
          ...on(first),
          handler: async () => {
            waits();
            await released;
            await port.note('of the instance that ended');
          },
        });
        app.storageQueue('sweep', { ...on(second), handler: () => port.note('of the next instance') });
      },
      {
        onInstanceEnd() {
          ends += 1;
        },
      },
    );
    await send(first, 'a');
    await isWaiting;
    host.interrupt('sweep', { kind: 'killed', atStep: 1 });
    await send(second, 'b');
    await host.idle();
    release();
    await send(second, 'c');
    await host.idle();
    expect(ends).toBe(1);
    expect(done).toEqual(['of the next instance']);
  });

  it('says nothing more, and what it throws is no failure', async () => {
    const queueName = newQueueName();
    const lines: string[] = [];
    const { port } = traced();
    const handler = async (_: unknown, context: InvocationContext): Promise<void> => {
      context.log('begins');
      await port.note('read').catch((error: unknown) => {
        context.error('could not read');
        throw error;
      });
    };
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }), {
      log: (line) => void lines.push(line),
    });
    host.interrupt('sweep', { kind: 'killed', atStep: 2 });
    await send(queueName, 'a');
    await host.idle();
    expect(lines).toEqual(['[information] sweep: begins']);
    expect(host.failures).toEqual([]);
  });

  it('ends between two pages of what it reads', async () => {
    const queueName = newQueueName();
    const read: string[] = [];
    const { port } = traced();
    const handler = async (): Promise<void> => {
      for await (const page of port.pages()) read.push(page);
    };
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'killed', atStep: 3 });
    await send(queueName, 'a');
    await host.idle();
    expect(read).toEqual(['first page']);
  });

  it('sends no request to an alert channel any more', async () => {
    const queueName = newQueueName();
    const handler = async (): Promise<void> => {
      await fetchEndingWithInstance('data:,sent');
      await fetchEndingWithInstance('http://127.0.0.1:1/never-asked');
    };
    const host = await start(() => app.storageQueue('alert', { ...on(queueName), handler }));
    host.interrupt('alert', { kind: 'killed', atStep: 3 });
    await send(queueName, 'a');
    await host.idle();
    expect(host.interrupted).toHaveLength(1);
    expect(host.failures).toEqual([]);
  });

  it('gives its message up when that was taken five times', async () => {
    const queueName = newQueueName();
    const { handler, taken } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    for (let time = 0; time < 5; time += 1) host.interrupt('sweep', { kind: 'killed', atStep: 1 });
    await send(queueName, 'a');
    await host.idle();
    for (let time = 0; time < 5; time += 1) await host.advance(605_000, 605_000);
    expect(taken).toEqual([1, 2, 3, 4, 5]);
    expect(host.poisoned).toEqual([{ queue: queueName, body: '"a"' }]);
    expect(await visibleIn(`${queueName}-poison`)).toEqual(['"a"']);
  });
});

describe('an execution that is aborted', () => {
  const stuck = async (after: number) => {
    const queueName = newQueueName();
    const taken: unknown[] = [];
    const { done, port } = traced();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const handler = async (_: unknown, { triggerMetadata }: InvocationContext): Promise<void> => {
      taken.push(triggerMetadata?.dequeueCount);
      if (taken.length === 1) await released;
      await port.note('write');
    };
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'aborted', afterMs: after });
    await send(queueName, 'a');
    return { host, taken, done, release };
  };

  it('ends 1 to 3 s after it began, and its message comes again after ten minutes', async () => {
    const { host, taken, done, release } = await stuck(3_000);
    // The clock is turned while the function waits: it is not idle before it is aborted.
    while (taken.length === 0) await clients().queue('none').exists();
    await host.advance(3_000, 3_000);
    expect(host.interrupted).toMatchObject([{ functionName: 'sweep', kind: 'aborted' }]);
    release();
    await host.advance(590_000, 59_000);
    expect(done).toEqual([]);
    await host.advance(11_000);
    expect(taken).toEqual([1, 2]);
    expect(done).toEqual(['write']);
  });

  it('is not aborted where it ends before', async () => {
    const { host, done, release } = await stuck(3_000);
    release();
    await host.idle();
    await host.advance(10_000);
    expect(done).toEqual(['write']);
    expect(host.interrupted).toEqual([]);
  });
});

describe('an execution whose message is not deleted', () => {
  it('has done all of its work, and does it again after ten minutes', async () => {
    const queueName = newQueueName();
    const { handler, done, taken } = threeCalls();
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'not-deleted' });
    await send(queueName, 'a');
    await host.idle();
    expect(done).toEqual(['read a', 'write a', 'record a']);
    await host.advance(595_000, 5_000);
    expect(taken).toEqual([1]);
    await host.advance(10_000);
    expect(taken).toEqual([1, 2]);
    expect(host.interrupted).toMatchObject([{ functionName: 'sweep', kind: 'not-deleted' }]);
    await host.advance(700_000, 70_000);
    expect(taken).toEqual([1, 2]);
  });

  it('comes again as soon as `visibilityTimeout` says where its function failed', async () => {
    const queueName = newQueueName();
    const taken: unknown[] = [];
    const handler = (_: unknown, { triggerMetadata }: InvocationContext): void => {
      taken.push(triggerMetadata?.dequeueCount);
      if (taken.length === 1) throw new Error('crash');
    };
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interrupt('sweep', { kind: 'not-deleted' });
    await send(queueName, 'a');
    await host.advance(6_000);
    expect(taken).toEqual([1, 2]);
    expect(host.interrupted).toEqual([]);
  });
});

describe('what else starts functions', () => {
  const killed: Interruption = { kind: 'killed', atStep: 1 };

  it('an Event Hub delivers the batch of an interrupted execution again', async () => {
    const { done, port } = traced();
    const options = { connection: 'Hub', eventHubName: 'audit', cardinality: 'many' } as const;
    const handler = (events: unknown): Promise<void> => port.note(JSON.stringify(events));
    const host = await start(() => app.eventHub('audit-log', { ...options, handler }));
    host.interrupt('audit-log', killed);
    await host.eventHub('audit').send(['"a"', '"b"']);
    await host.idle();
    expect(done).toEqual(['["a","b"]']);
    expect(host.eventHub('audit').unread('audit-log')).toBe(0);
    expect(host.interrupted).toHaveLength(1);
  });

  it('Event Grid is answered 500, so that it delivers again', async () => {
    const { done, port } = traced();
    const host = await start(() => app.eventGrid('key-vault-event', { handler: () => port.note('event') }));
    host.interrupt('key-vault-event', killed);
    const headers = { 'aeg-event-type': 'Notification' };
    const deliver = () => fetch(host.eventGridUrl('key-vault-event'), { method: 'POST', headers, body: '[{}]' });
    expect((await deliver()).status).toBe(500);
    expect((await deliver()).status).toBe(202);
    expect(done).toEqual(['event']);
  });

  it('a timer fires at its next occurrence', async () => {
    const { done, port } = traced();
    const handler = (): Promise<void> => port.note('fired');
    const host = await start(() => app.timer('sentry', { schedule: '0 * * * * *', handler }));
    host.interrupt('sentry', killed);
    await host.advance(2 * MINUTE_MS);
    expect(host.interrupted).toHaveLength(1);
    expect(done).toEqual(['fired']);
  });
});

describe('interruptions by chance', () => {
  const play = async (seed: number) => {
    const queueName = newQueueName();
    const { done, port } = traced();
    const handler = async (message: unknown): Promise<void> => {
      for (let call = 0; call < 60; call += 1) await port.note(`${call} of ${message}`);
    };
    const host = await start(() => app.storageQueue('sweep', { ...on(queueName), handler }));
    host.interruptAtRandom(seed, { killed: 0.4, 'not-deleted': 0.2 });
    for (let message = 0; message < 12; message += 1) {
      await send(queueName, message);
      await host.idle();
    }
    return { kinds: host.interrupted.map(({ kind }) => kind), done };
  };

  it('are the same for the same seed, and others for another', async () => {
    const first = await play(7);
    expect(new Set(first.kinds)).toEqual(new Set(['killed', 'not-deleted']));
    expect(await play(7)).toEqual(first);
    expect(await play(8)).not.toEqual(first);
  });
});

const on = (queueName: string) => ({ queueName, connection: 'AzureWebJobsStorage' });
