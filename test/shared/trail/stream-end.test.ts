import { describe, expect, test } from 'vitest';
import type { Streams } from '../../../shared/storage.ts';
import { type ChainHead, chainStart, link, toLine } from '../../../shared/trail/chain.ts';
import { findEnd, type StreamEnd } from '../../../shared/trail/stream-end.ts';
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
    [
      'comes before another first record',
      [[one.line, other.line]],
      { blob: 0, blocks: 2, head: one.head, foreignLines: 1 },
    ],
    [
      'comes before another first record, also where it is the second',
      [[one.line + two.line, other.line]],
      { blob: 0, blocks: 2, head: two.head, foreignLines: 1 },
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
