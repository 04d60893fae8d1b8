import { describe, expect, it } from 'vitest';
import { StorageUnreachable } from '../../shared/errors.ts';
import { testDocuments, testQueue, testStreams, testTable } from '../shared/azure/storage.contract.ts';
import { fakeDocuments, fakeQueue, fakeStreams, fakeTable } from './storage.ts';

testTable('the fake table', fakeTable);
testQueue('the fake queue', () => {
  const queue = fakeQueue();
  return { queue, take: () => queue.take() };
});
testStreams('the fake streams', fakeStreams);
testDocuments('the fake documents', fakeDocuments);

describe('a fake', () => {
  it('fails a call as storage does when the hook throws, and takes nothing', async () => {
    const cause = new Error('planned');
    const calls: string[] = [];
    const table = fakeTable({
      onCall: (name) => {
        calls.push(name);
        if (name === 'insert') throw cause;
      },
    });
    const failure = await table.insert('vault', 'key', 1).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageUnreachable);
    expect(failure).toMatchObject({ cause });
    expect(await table.list()).toEqual([]);
    expect(calls).toEqual(['insert', 'list']);
  });

  it('waits for the hook before it takes anything', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = fakeQueue({ onCall: () => promise });
    const sent = queue.send('message');
    expect(queue.messages).toEqual([]);
    resolve();
    await sent;
    expect(queue.messages).toHaveLength(1);
  });

  it('shows its messages with the time from which they are visible', async () => {
    const queue = fakeQueue();
    await queue.send('later', 30);
    const [later] = queue.messages;
    expect(queue.take(new Date((later?.visibleAt.getTime() ?? 0) - 1))).toEqual([]);
    expect(queue.take(later?.visibleAt)).toEqual(['later']);
  });

  it('takes no more blocks than it was made for', async () => {
    const streams = fakeStreams({ maxBlocks: 1 });
    await streams.create('a');
    await streams.append('a', 'x', 0);
    expect(await streams.append('a', 'y', 1)).toBe('full');
    expect(await streams.append('a', 'y', 0)).toBe('moved');
  });
});
