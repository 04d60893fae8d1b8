import { describe, expect, test } from 'vitest';
import type { Streams } from '../../../shared/storage.ts';
import { type ChainHead, chainStart, link, toLine } from '../../../shared/trail/chain.ts';
import { findEnd, followEnd, type StreamEnd } from '../../../shared/trail/stream-end.ts';
import { fakeStreams } from '../../fakes/storage.ts';
import { entry } from './entries.ts';

const stream = 'audit/2026-03-01/payments';
const start = chainStart(stream);

/** Records one after another from `from`, with their lines. */
function chained(from: ChainHead, ...ids: readonly string[]) {
  let head = from;
  return ids.map((id) => {
    const record = link(entry(id), head);
    head = { sequence: record.sequence, hash: record.hash };
    return { head, line: `${toLine(record)}\n` };
  });
}

const [one, two] = chained(start, 'one', 'two');
const [other] = chained(start, 'other');
const [fifth] = chained({ ...start, sequence: 4 }, 'fifth');
if (!one || !two || !other || !fifth) throw new Error('Four records were made.');
const foreign = 'rubbish\n';

/** A stream with these blobs, each of these blocks. */
async function stored(...blobs: readonly (readonly string[])[]): Promise<Streams> {
  const streams = fakeStreams();
  for (const [number, blocks] of blobs.entries()) {
    const name = `${stream}.${number}.jsonl`;
    await streams.create(name);
    for (const block of blocks) await streams.append(name, block, (await streams.state(name))?.sizeBytes ?? 0);
  }
  return streams;
}

const nothing: StreamEnd = { blob: -1, sizeBytes: 0, blocks: 0, head: start, lineOpen: false, foreignLines: 0 };

describe('the end of a stream', () => {
  const MOST_RECORDS = 1e12;
  const twoUpTo = (sequence: number): string[] =>
    chained({ sequence: sequence - 2, hash: 'f'.repeat(64) }, 'before', 'last').map(({ line }) => line);

  const cases: readonly (readonly [string, readonly (readonly string[])[], Partial<StreamEnd>])[] = [
    ['without a blob is its name', [], {}],
    ['whose blob is empty is its name', [[]], { blob: 0 }],
    ['of one record is that record', [[one.line]], { blob: 0, blocks: 1, head: one.head }],
    ['of two is the second', [[one.line, two.line]], { blob: 0, blocks: 2, head: two.head }],
    ['of two in one block is the second', [[one.line + two.line]], { blob: 0, blocks: 1, head: two.head }],
    [
      'whose line has no end is that record all the same',
      [[one.line + two.line.trimEnd()]],
      { blob: 0, blocks: 1, head: two.head, lineOpen: true },
    ],
    ['whose newest blob is empty is the record before it', [[one.line], []], { blob: 1, head: one.head }],
    ['has no open line where the newest blob has none', [[one.line.trimEnd()], []], { blob: 1, head: one.head }],
    [
      'whose newest blob has one record is that record',
      [[one.line], [two.line]],
      { blob: 1, blocks: 1, head: two.head },
    ],
    ['comes before lines of others', [[one.line, foreign]], { blob: 0, blocks: 2, head: one.head, foreignLines: 1 }],
    [
      'comes before a line of others that has no end',
      [[one.line + foreign + foreign.trimEnd()]],
      { blob: 0, blocks: 1, head: one.head, lineOpen: true, foreignLines: 2 },
    ],
    ['is its name where all lines are of others', [[foreign + foreign]], { blob: 0, blocks: 1, foreignLines: 2 }],
    [
      'is no record that follows from the name at another place',
      [[fifth.line]],
      { blob: 0, blocks: 1, foreignLines: 1 },
    ],
    [
      'comes before lines of others in its blob and in the next one',
      [[one.line + foreign], [foreign]],
      { blob: 1, blocks: 1, head: one.head, foreignLines: 2 },
    ],
    [
      'is found past an empty line, which is of others',
      [[one.line, '\n']],
      { blob: 0, blocks: 2, head: one.head, foreignLines: 1 },
    ],
    [
      'is a record with the last place that there is',
      [twoUpTo(MOST_RECORDS)],
      { blob: 0, blocks: 2, head: { sequence: MOST_RECORDS, hash: expect.any(String) } },
    ],
    ['is no record with a place after that', [twoUpTo(MOST_RECORDS + 1)], { blob: 0, blocks: 2, foreignLines: 2 }],
  ];
  test.each(cases)('%s', async (_, blobs, expected) => {
    const sizeBytes = Buffer.byteLength(blobs.at(-1)?.join('') ?? '');
    expect(await findEnd(await stored(...blobs), stream)).toEqual({ ...nothing, sizeBytes, ...expected });
  });
});

describe('the end after somebody else appended', () => {
  const known: StreamEnd = {
    ...nothing,
    blob: 0,
    blocks: 1,
    sizeBytes: Buffer.byteLength(one.line),
    head: one.head,
  };

  const cases: readonly (readonly [string, string, Partial<StreamEnd>])[] = [
    ['is the record that follows', two.line, { head: two.head }],
    ['is the record that follows, though its line has no end', two.line.trimEnd(), { head: two.head, lineOpen: true }],
    ['stays before a line of others', foreign, { foreignLines: 1 }],
    ['stays before a record that follows from another', other.line, { foreignLines: 1 }],
    ['is the record that follows, before a line of others', two.line + foreign, { head: two.head, foreignLines: 1 }],
    ['is the record that follows, after a line of others', foreign + two.line, { head: two.head }],
  ];
  test.each(cases)('%s', async (_, added, expected) => {
    const streams = await stored([one.line, added]);
    const sizeBytes = known.sizeBytes + Buffer.byteLength(added);
    expect(await followEnd(streams, stream, known)).toEqual({
      end: { ...known, blocks: 2, sizeBytes, ...expected },
      added,
    });
  });

  test('has one line of others more than was known', async () => {
    const streams = await stored([one.line, foreign, foreign]);
    const sizeBytes = known.sizeBytes + Buffer.byteLength(foreign);
    const followed = await followEnd(streams, stream, { ...known, sizeBytes, blocks: 2, foreignLines: 1 });
    expect(followed?.end).toMatchObject({ head: one.head, blocks: 3, foreignLines: 2 });
  });

  test('is where it was when nobody did, and nothing is read', async () => {
    const streams = { ...(await stored([one.line])), read: () => Promise.reject(new Error('Nothing was added.')) };
    expect(await followEnd(streams, stream, known)).toEqual({ end: known, added: '' });
  });

  test('is not told where the blob is gone', async () => {
    expect(await followEnd(await stored(), stream, known)).toBeUndefined();
  });

  test('is not told where the blob is shorter than it was', async () => {
    expect(await followEnd(await stored([one.line.slice(0, -1)]), stream, known)).toBeUndefined();
  });

  test('is not told where the blob goes while it is read', async () => {
    const streams = { ...(await stored([one.line, two.line])), read: async () => undefined };
    expect(await followEnd(streams, stream, known)).toBeUndefined();
  });
});
