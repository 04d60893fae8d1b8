import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Streams } from '../../../shared/storage.ts';
import { chainStart, checkChain } from '../../../shared/trail/chain.ts';
import { readLines } from '../../../shared/trail/read.ts';
import { createStreamWriter, type WriteToStream } from '../../../shared/trail/stream-writer.ts';
import { fakeStreams } from '../../fakes/storage.ts';
import { entries, entry, entryOf } from './entries.ts';

const stream = 'audit/2026-03-01/payments';
const firstBlob = `${stream}.0.jsonl`;

const writerTo = (streams: Streams, rollAfterBlocks = 40_000): WriteToStream =>
  createStreamWriter({
    streams,
    stream,
    now: () => new Date('2026-03-01T12:00:00Z'),
    timeoutMs: 30_000,
    rollAfterBlocks,
  });

const write = (writer: WriteToStream, ...ids: readonly string[]): Promise<void> => writer(ids.map((id) => entry(id)));

const check = async (streams: Streams) => checkChain(await readLines(streams, stream), chainStart(stream));
const idsIn = async (streams: Streams): Promise<string[]> =>
  (await readLines(streams, stream)).map((line) => entryOf(line).id);

/** Streams that count their calls by name. */
function counted(options: { readonly maxBlocks?: number } = {}) {
  const calls: string[] = [];
  const streams = fakeStreams({
    ...options,
    onCall: (name) => {
      calls.push(name);
    },
  });
  return { streams, calls };
}

describe('a writer', () => {
  test('finds an empty place, makes the first blob and appends', async () => {
    const { streams, calls } = counted();
    await write(writerTo(streams), 'a');
    expect(calls).toEqual(['list', 'create', 'append']);
  });

  test('that knows the end appends with one call to storage', async () => {
    const { streams, calls } = counted();
    const writer = writerTo(streams);
    await write(writer, 'a');
    calls.length = 0;
    await write(writer, 'b', 'é');
    await write(writer, 'c');
    expect(calls).toEqual(['append', 'append']);
    expect(await streams.state(firstBlob)).toMatchObject({ blocks: 3 });
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
  });

  test('puts what waits into one block, in the order in which it was asked for', async () => {
    const streams = fakeStreams();
    const writer = writerTo(streams);
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => write(writer, id)));
    expect(await streams.state(firstBlob)).toMatchObject({ blocks: 2 });
    expect(await idsIn(streams)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('never splits what was asked for together', async () => {
    const streams = fakeStreams();
    await writerTo(streams)(entries('e', 1_200));
    expect(await streams.state(firstBlob)).toMatchObject({ blocks: 1 });
  });

  test('that is new finds the record before the only one of a new blob in the blob before', async () => {
    const { streams, calls } = counted();
    for (const id of ['a', 'b', 'c']) await write(writerTo(streams, 2), id);
    calls.length = 0;
    await write(writerTo(streams, 2), 'd');
    expect(calls).toEqual(['list', 'state', 'read', 'state', 'read', 'append']);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
  });

  test('that is new goes on where the last one ended', async () => {
    const { streams, calls } = counted();
    await write(writerTo(streams), 'a');
    calls.length = 0;
    await write(writerTo(streams), 'b');
    expect(calls).toEqual(['list', 'state', 'read', 'append']);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 2 } });
  });

  test.each([
    ['shorter than the first look at the tail', 1_000],
    ['just as long as the first look at the tail', 64 * 1024],
    ['longer than the first look at the tail', 700_000],
  ])('that is new finds a last record %s', async (_, characters) => {
    const streams = fakeStreams();
    const long = entry('long', { detail: { text: 'é'.repeat(characters / 2) } });
    await write(writerTo(streams), 'a', 'b');
    await writerTo(streams)([long]);
    await write(writerTo(streams), 'c');
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
  });

  test('goes on when the record that it remembers is no longer the last', async () => {
    const { streams, calls } = counted();
    const writer = writerTo(streams);
    await write(writer, 'a');
    await write(writerTo(streams), 'b', 'c');
    calls.length = 0;
    await write(writer, 'd');
    expect(calls).toEqual(['append', 'read', 'list', 'state', 'read', 'append']);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
  });

  test('does not write twice where storage took the block and the answer was lost', async () => {
    const streams = fakeStreams();
    let lost = false;
    const lossy: Streams = {
      ...streams,
      append: async (name, text, at) => {
        const answer = await streams.append(name, text, at);
        if (lost) return answer;
        lost = true; // the client sends the block again and finds the blob moved on
        return streams.append(name, text, at);
      },
    };
    const writer = writerTo(lossy);
    await write(writer, 'a');
    await write(writer, 'b');
    expect(await idsIn(streams)).toEqual(['a', 'b']);
    expect(await check(streams)).toMatchObject({ kind: 'holds' });
  });

  test('goes on after a failure', async () => {
    let down = false;
    const streams = fakeStreams({
      onCall: () => {
        if (down) throw new Error('down');
      },
    });
    const writer = writerTo(streams);
    await write(writer, 'a');
    down = true;
    await expect(write(writer, 'b')).rejects.toMatchObject({ name: 'StorageUnreachable' });
    down = false;
    await write(writer, 'c');
    expect(await idsIn(streams)).toEqual(['a', 'c']);
  });
});

describe('a stream goes on in a new blob', () => {
  const blocksOf = async (streams: Streams): Promise<(number | undefined)[]> => {
    const names = await streams.list(`${stream}.`);
    return Promise.all(names.map(async (name) => (await streams.state(name))?.blocks));
  };

  test.each([
    [1, [3]],
    [2, [3, 1]],
    [4, [3, 3]],
    [5, [3, 3, 1]],
  ])('after three blocks, at %i writes more than two', async (more, blocks) => {
    const streams = fakeStreams();
    const writer = writerTo(streams, 3);
    await write(writer, 'a');
    await write(writer, 'b');
    for (const { id } of entries('e', more)) await write(writer, id);
    expect(await blocksOf(streams)).toEqual(blocks);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: more + 2 } });
  });

  test('when storage says that the blob is full', async () => {
    const streams = fakeStreams({ maxBlocks: 2 });
    const writer = writerTo(streams);
    for (const { id } of entries('e', 5)) await write(writer, id);
    expect(await blocksOf(streams)).toEqual([2, 2, 1]);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 5 } });
  });

  test('when storage says so to a writer that did not see others fill it', async () => {
    const streams = fakeStreams({ maxBlocks: 3 });
    // Real storage may look at the number of blocks before it looks at the position.
    const fullFirst: Streams = {
      ...streams,
      append: async (name, text, at) =>
        (await streams.state(name))?.blocks === 3 ? 'full' : streams.append(name, text, at),
    };
    const writer = writerTo(fullFirst);
    await write(writer, 'a');
    const other = writerTo(streams);
    await write(other, 'b');
    await write(other, 'c');
    await write(writer, 'd');
    expect(await idsIn(streams)).toEqual(['a', 'b', 'c', 'd']);
    expect(await check(streams)).toMatchObject({ kind: 'holds' });
  });

  test('and a writer that slept over several reads only the newest, and the one before where that has one record', async () => {
    const { streams, calls } = counted();
    const writer = writerTo(streams, 2);
    await write(writer, 'a');
    const other = writerTo(streams, 2);
    for (const { id } of entries('e', 8)) await write(other, id);
    calls.length = 0;
    await write(writer, 'b');
    expect(calls).toEqual(['append', 'read', 'list', 'state', 'read', 'state', 'read', 'append']);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 10 } });
  });

  test('when somebody made the next one and was gone before the first append', async () => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a');
    await streams.create(`${stream}.1.jsonl`);
    await write(writerTo(streams), 'b');
    expect(await blocksOf(streams)).toEqual([1, 1]);
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 2 } });
  });
});

describe('two writers at once', () => {
  test('keep one chain with every record once, however their calls fall together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), async (scheduler, rollAfterBlocks) => {
        const streams = fakeStreams({
          maxBlocks: 3,
          onCall: async () => {
            await scheduler.schedule(Promise.resolve());
          },
        });
        const writers = [writerTo(streams, rollAfterBlocks), writerTo(streams, rollAfterBlocks)];
        const writes = writers.map(async (writer, place) => {
          for (const { id } of entries(`w${place}-`, 4)) await write(writer, id);
        });
        await scheduler.waitFor(Promise.all(writes));

        const read = scheduler.waitFor(idsIn(streams));
        const ids = await read;
        expect(ids.toSorted()).toEqual([...entries('w0-', 4), ...entries('w1-', 4)].map(({ id }) => id));
        expect(await scheduler.waitFor(check(streams))).toMatchObject({ kind: 'holds' });
      }),
      { seed: 20260301, numRuns: 200 },
    );
  });
});

/** Lines that are records by themselves, each linked to the one before; the first to a record that nobody wrote. */
function forged(...sequences: readonly number[]): string {
  let previousHash = 'f'.repeat(64);
  const lines = sequences.map((sequence) => {
    const { time, ...others } = entry('forged');
    const unsealed = { ...others, time: time.toISOString(), sequence, previousHash };
    previousHash = createHash('sha256')
      .update(canonicalize(unsealed) ?? '')
      .digest('hex');
    return `${canonicalize({ ...unsealed, hash: previousHash })}\n`;
  });
  return lines.join('');
}

describe('what somebody else put into the stream', () => {
  test.each([
    ['a line that is no record', 'rubbish\n', 1],
    ['a line that has no end', '{"id":', 1],
    ['several lines', 'one\ntwo\n\nthree', 4],
    ['more than the first look at the tail', `${'x'.repeat(70_000)}\n`, 1],
  ])('does not stop the trail and is found: %s', async (_, text, foreignLines) => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a');
    const { sizeBytes } = (await streams.state(firstBlob)) ?? { sizeBytes: 0 };
    await streams.append(firstBlob, text, sizeBytes);

    await write(writerTo(streams), 'b');

    const [failure, b] = (await readLines(streams, stream)).slice(-2).map(entryOf);
    expect(failure).toMatchObject({
      what: 'failure',
      subject: { kind: 'guardian' },
      detail: { error: 'TrailBroken', blob: firstBlob, foreignLines },
    });
    expect(b?.id).toBe('b');
    expect(await check(streams)).toMatchObject({ kind: 'broken', atSequence: 2 });
  });

  const LAST = Number.MAX_SAFE_INTEGER;
  describe.each([
    ['a sound record that follows from none', [5], 1],
    ['a sound record after which none can come', [LAST], 1],
    ['two of them that follow from each other', [LAST - 1, LAST], 2],
    ['many of them that follow from each other', [LAST - 3, LAST - 2, LAST - 1, LAST], 4],
  ])('does not stop the trail: %s', (_, sequences, foreignLines) => {
    test.each(['a new writer', 'the writer at work'])('and %s', async (who) => {
      const streams = fakeStreams();
      const atWork = writerTo(streams);
      await write(atWork, 'a');
      const { sizeBytes } = (await streams.state(firstBlob)) ?? { sizeBytes: 0 };
      await streams.append(firstBlob, forged(...sequences), sizeBytes);

      await write(who === 'a new writer' ? writerTo(streams) : atWork, 'b');
      await write(writerTo(streams), 'c');

      const ours = (await readLines(streams, stream)).filter((line) => entryOf(line).id !== 'forged');
      expect(checkChain(ours, chainStart(stream))).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
      expect(ours.map(entryOf)[1]).toMatchObject({ what: 'failure', detail: { error: 'TrailBroken', foreignLines } });
      expect(await check(streams)).toMatchObject({ kind: 'broken', atSequence: 2 });
    });
  });

  test('as a fork of the chain leaves the chain where it was', async () => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a', 'b');
    const [, b = ''] = await readLines(streams, stream);
    const { sizeBytes } = (await streams.state(firstBlob)) ?? { sizeBytes: 0 };
    await streams.append(firstBlob, `${b}\n`, sizeBytes);
    await write(writerTo(streams), 'c');
    expect(await idsIn(streams)).toEqual(['a', 'b', 'b', expect.any(String), 'c']);
    expect(await check(streams)).toMatchObject({ kind: 'broken', atSequence: 3, because: 'out-of-order' });
  });

  test('as a blob of its own, with a sound record, is passed over for the blob before', async () => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a', 'b');
    await streams.create(`${stream}.1.jsonl`);
    await streams.append(`${stream}.1.jsonl`, forged(7), 0);
    await write(writerTo(streams), 'c');
    const ours = (await readLines(streams, stream)).filter((line) => entryOf(line).id !== 'forged');
    expect(checkChain(ours, chainStart(stream))).toMatchObject({ kind: 'holds', head: { sequence: 4 } });
  });

  test.each(['00', '0000000001', '99999999999999999999999'])('as a blob %s is none of the stream', async (number) => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a');
    await streams.create(`${stream}.${number}.jsonl`);
    await write(writerTo(streams), 'b');
    expect(await check(streams)).toMatchObject({ kind: 'holds', head: { sequence: 2 } });
  });

  test('is found by a writer that was at work already, once', async () => {
    const streams = fakeStreams();
    const writer = writerTo(streams);
    await write(writer, 'a');
    const { sizeBytes } = (await streams.state(firstBlob)) ?? { sizeBytes: 0 };
    await streams.append(firstBlob, 'rubbish', sizeBytes);
    await write(writer, 'b');
    await write(writer, 'c');
    const written = (await readLines(streams, stream)).filter((line) => line !== 'rubbish').map(entryOf);
    expect(written.map(({ what }) => what)).toEqual(['decision', 'failure', 'decision', 'decision']);
  });

  test('in a blob with nothing else is passed over for the blob before', async () => {
    const streams = fakeStreams();
    await write(writerTo(streams), 'a');
    await streams.create(`${stream}.1.jsonl`);
    await streams.append(`${stream}.1.jsonl`, 'rubbish\n', 0);
    await write(writerTo(streams), 'b');
    expect(await check(streams)).toEqual({ kind: 'broken', atSequence: 2, because: 'not-json' });
    const records = (await readLines(streams, stream)).filter((line) => line !== 'rubbish');
    expect(checkChain(records, chainStart(stream))).toMatchObject({ kind: 'holds', head: { sequence: 3 } });
  });
});
