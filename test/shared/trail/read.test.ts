import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/azure/random.ts';
import { type ChainHead, chainStart, link } from '../../../shared/trail/chain.ts';
import { asItHappened, readLines, readRecords } from '../../../shared/trail/read.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { entries, entry } from './entries.ts';

const now = (): Date => new Date('2026-03-01T12:00:00Z');
const newId = seededRandom(1).uuid;
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 12, minute));

function records(...some: readonly { readonly id: string; readonly minute: number; readonly late?: boolean }[]) {
  let head: ChainHead = chainStart('register/payments');
  return some.map(({ id, minute, late }) => {
    const record = link({ ...entry(id, { time: at(minute) }), appendedAt: late ? at(59) : undefined }, head);
    head = record;
    return record;
  });
}

describe('as it happened', () => {
  test.each([
    [
      'in time',
      [
        { id: 'a', minute: 1 },
        { id: 'b', minute: 2 },
      ],
      'ab',
    ],
    [
      'of one instance whose clock is behind',
      [
        { id: 'a', minute: 2 },
        { id: 'b', minute: 1 },
      ],
      'ab',
    ],
    [
      'twice',
      [
        { id: 'a', minute: 1 },
        { id: 'b', minute: 2 },
        { id: 'a', minute: 1, late: true },
      ],
      'ab',
    ],
    [
      'late',
      [
        { id: 'a', minute: 1 },
        { id: 'c', minute: 3 },
        { id: 'b', minute: 2, late: true },
      ],
      'abc',
    ],
    [
      'late, of the same time',
      [
        { id: 'a', minute: 1 },
        { id: 'b', minute: 1, late: true },
      ],
      'ab',
    ],
    [
      'late, two in order',
      [
        { id: 'c', minute: 3 },
        { id: 'a', minute: 1, late: true },
        { id: 'b', minute: 1, late: true },
      ],
      'abc',
    ],
  ])('records that came %s stand in order', (_, some, order) => {
    expect(
      asItHappened(records(...some))
        .map(({ id }) => id)
        .join(''),
    ).toBe(order);
  });
});

describe('reading a stream', () => {
  test('gives nothing where there is none', async () => {
    expect(await readLines(fakeStreams(), 'register/payments')).toEqual([]);
    expect(await readRecords(fakeStreams(), 'register/payments')).toEqual([]);
  });

  test('goes over more than ten blobs in their order', async () => {
    const streams = fakeStreams();
    const trail = createTrail({ streams, spool: fakeTable(), now, newId, rollAfterBlocks: 1 });
    for (const one of entries('e', 12)) await trail.appendRegister([one]);
    const read = await readRecords(streams, 'register/payments');
    expect(read.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await streams.list('register/payments.')).toHaveLength(12);
  });

  test('says where the chain breaks when a blob in the middle is gone', async () => {
    const streams = fakeStreams();
    const trail = createTrail({ streams, spool: fakeTable(), now, newId, rollAfterBlocks: 1 });
    for (const one of entries('e', 3)) await trail.appendRegister([one]);
    const without = {
      ...streams,
      list: async (prefix: string) => (await streams.list(prefix)).filter((name) => !name.includes('.1.')),
    };
    await expect(readRecords(without, 'register/payments')).rejects.toMatchObject({
      name: 'TrailBroken',
      message: 'The trail register/payments is broken at record 2: gap.',
    });
  });
});
