/** What every storage must do. Run by the fakes and by the adapters on a local storage account. */
import { afterEach, describe, expect, it } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { StorageUnreachable } from '../../../shared/errors.ts';
import { inTurns } from '../../../shared/in-turns.ts';
import type { Documents, Queue, Row, Streams, Table } from '../../../shared/storage.ts';

/** Puts 1,100 rows, more than one page holds, with the numbers from 0 as data. @param digits of their keys */
const putMany = (table: Table, digits: number): Promise<void> =>
  inTurns(
    32,
    Array.from({ length: 1_100 }, (_, i) => i),
    async (i) => void (await table.put('vault', String(i).padStart(digits, '0'), i)),
  );

/** @param make a new and empty table each time */
export function testTable(name: string, make: () => Table): void {
  describe(`${name} is a table`, () => {
    it('has nothing before anything was put', async () => {
      const table = make();
      expect(await table.get('vault', 'key')).toBeUndefined();
      expect(await table.list()).toEqual([]);
      expect(await table.list('vault')).toEqual([]);
    });

    it('gives back the JSON that was inserted, with its keys and an ETag', async () => {
      const table = make();
      const data = { text: 'ø ✓ 🔑', number: 1.5, none: null, list: [1, { deep: true }], at: new Date(0) };
      const inserted = await table.insert('vault', 'key', data);
      const read = await table.get('vault', 'key');
      expect(read).toEqual(inserted);
      expect(read).toMatchObject({ partition: 'vault', row: 'key', data: { ...data, at: '1970-01-01T00:00:00.000Z' } });
      expect(read?.etag).not.toBe('');
    });

    it('leaves out a property that is `undefined` and keeps `undefined` itself as null', async () => {
      const table = make();
      await table.put('vault', 'key', { there: 1, gone: undefined });
      await table.put('vault', 'nothing', undefined);
      expect((await table.get('vault', 'key'))?.data).toStrictEqual({ there: 1 });
      expect((await table.get('vault', 'nothing'))?.data).toBeNull();
    });

    it.each([
      ['exactly one column', 30_000 - 2],
      ['one character more than a column', 30_000 - 1],
      ['several columns', 100_000],
    ])('keeps text that fills %s', async (_, length) => {
      const table = make();
      const data = 'x'.repeat(length);
      await table.put('vault', 'key', data);
      expect((await table.get('vault', 'key'))?.data).toBe(data);
    });

    it.each([29_997, 29_998, 29_999, 30_000])(
      'keeps a character of two halves at position %i whole',
      async (before) => {
        const table = make();
        const data = `${'x'.repeat(before)}🔑${'y'.repeat(40_000)}`;
        await table.put('vault', 'key', data);
        expect((await table.get('vault', 'key'))?.data).toBe(data);
      },
    );

    it('forgets the longer text when a shorter one replaces it', async () => {
      const table = make();
      await table.put('vault', 'key', 'x'.repeat(70_000));
      await table.put('vault', 'key', 'short');
      expect((await table.get('vault', 'key'))?.data).toBe('short');
    });

    it('forgets the shorter text when a longer one replaces it', async () => {
      const table = make();
      const long = 'x'.repeat(70_000);
      const read = await table.put('vault', 'a', 'short');
      await table.replace(read, long);
      await table.put('vault', 'b', 'short');
      await table.put('vault', 'b', long);
      expect((await table.list('vault')).map(({ data }) => data)).toEqual([long, long]);
    });

    it('does not insert over a row that is there', async () => {
      const table = make();
      await table.insert('vault', 'key', 1);
      expect(await table.insert('vault', 'key', 2)).toBeUndefined();
      expect((await table.get('vault', 'key'))?.data).toBe(1);
    });

    it('tells keys apart by case', async () => {
      const table = make();
      await table.insert('vault', 'key', 1);
      expect(await table.insert('vault', 'KEY', 2)).toBeDefined();
      expect(await table.insert('Vault', 'key', 3)).toBeDefined();
      expect((await table.get('vault', 'key'))?.data).toBe(1);
    });

    it('lists a partition by its exact name, quotes included', async () => {
      const table = make();
      await table.put("it's", 'key', 1);
      await table.put('its', 'key', 2);
      expect((await table.list("it's")).map(({ data }) => data)).toEqual([1]);
    });

    it('lists rows in order of their keys, of one partition or of all', async () => {
      const table = make();
      const keys = [
        ['b', '2'],
        ['a', '9'],
        ['b', '10'],
        ['a', 'Z'],
        ['a', 'a'],
      ] as const;
      for (const [partition, row] of keys) await table.put(partition, row, `${partition}${row}`);
      expect((await table.list('a')).map(({ row }) => row)).toEqual(['9', 'Z', 'a']);
      expect((await table.list()).map(({ data }) => data)).toEqual(['a9', 'aZ', 'aa', 'b10', 'b2']);
    });

    it('replaces a row that is as it was read, once', async () => {
      const table = make();
      const read = present(await table.insert('vault', 'key', 1));
      const replaced = present(await table.replace(read, 2));
      expect(replaced.data).toBe(2);
      expect(replaced.etag).not.toBe(read.etag);
      expect(await table.replace(read, 3)).toBeUndefined();
      expect(await table.replace(replaced, 4)).toMatchObject({ data: 4 });
    });

    it('changes the ETag also where the same data is put again', async () => {
      const table = make();
      const read = await table.put('vault', 'key', 1);
      await table.put('vault', 'key', 1);
      expect(await table.replace(read, 2)).toBeUndefined();
    });

    it('does not replace or remove a row that is gone', async () => {
      const table = make();
      const read = present(await table.insert('vault', 'key', 1));
      expect(await table.remove(read)).toBe(true);
      expect(await table.replace(read, 2)).toBeUndefined();
      expect(await table.remove(read)).toBe(false);
      expect(await table.get('vault', 'key')).toBeUndefined();
    });

    it('does not replace or remove a row that was removed and inserted again', async () => {
      const table = make();
      const read = present(await table.insert('vault', 'key', 1));
      await table.remove(read);
      await table.insert('vault', 'key', 1);
      expect(await table.replace(read, 2)).toBeUndefined();
      expect(await table.remove(read)).toBe(false);
    });

    it('does not remove a row that changed', async () => {
      const table = make();
      const read = present(await table.insert('vault', 'key', 1));
      await table.put('vault', 'key', 2);
      expect(await table.remove(read)).toBe(false);
      expect((await table.get('vault', 'key'))?.data).toBe(2);
    });

    it('answers a replacement or removal in a table nobody wrote to yet', async () => {
      const elsewhere = present(await make().insert('vault', 'key', 1));
      expect(await make().replace(elsewhere, 2)).toBeUndefined();
      expect(await make().remove(elsewhere)).toBe(false);
    });

    it('lets exactly one of many insert the same row', async () => {
      const table = make();
      const inserted = await Promise.all(Array.from({ length: 10 }, (_, i) => table.insert('vault', 'key', i)));
      expect(inserted.filter((row) => row !== undefined)).toHaveLength(1);
    });

    it('lets exactly one of many replace the same row', async () => {
      const table = make();
      const read = present(await table.insert('vault', 'key', 0));
      const replaced = await Promise.all(Array.from({ length: 10 }, (_, i) => table.replace(read, i)));
      expect(replaced.filter((row) => row !== undefined)).toHaveLength(1);
    });

    it('lists in pages that are read as they are asked for, while rows come and go', async () => {
      const table = make();
      await putMany(table, 5);
      const seen: unknown[] = [];
      const pages: number[] = [];
      for await (const page of table.pages('vault')) {
        pages.push(page.length);
        seen.push(...page.map(({ data }) => data));
        for (const row of page.slice(0, 3)) await table.remove(row);
      }
      expect(pages).toEqual([1_000, 100]);
      expect(seen).toEqual(Array.from({ length: 1_100 }, (_, i) => i));
    });

    it('lists more rows than one page holds', async () => {
      const table = make();
      await putMany(table, 4);
      expect((await table.list('vault')).map(({ data }) => data)).toEqual(Array.from({ length: 1_100 }, (_, i) => i));
    });

    it('keeps a copy of its own of what went in and gives a new one out', async () => {
      const table = make();
      const data = { list: [1] };
      const inserted = await table.insert('vault', 'key', data);
      data.list.push(2);
      expect(inserted?.data).toEqual({ list: [1] });
      expect((await table.get('vault', 'key'))?.data).toEqual({ list: [1] });
      expect((await table.get('vault', 'key'))?.data).not.toBe((await table.get('vault', 'key'))?.data);
    });
  });
}

/** @param make a new and empty queue, and who takes away what is visible in it now */
export function testQueue(
  name: string,
  make: () => { readonly queue: Queue; take(): Promise<readonly unknown[]> | readonly unknown[] },
): void {
  describe(`${name} is a queue`, () => {
    afterEach(resetClock);

    it('delivers what was sent, as JSON', async () => {
      const { queue, take } = make();
      await queue.send({ key: 'ø ✓ 🔑', at: new Date(0), gone: undefined });
      await queue.send('text');
      const taken = await take();
      expect(taken).toHaveLength(2);
      expect(taken).toContainEqual({ key: 'ø ✓ 🔑', at: '1970-01-01T00:00:00.000Z' });
      expect(taken).toContainEqual('text');
      expect(await take()).toEqual([]);
    });

    it('hides a delayed message until its time has come', async () => {
      const { queue, take } = make();
      await queue.send('later', 60);
      await queue.send('now');
      expect(await take()).toEqual(['now']);
      turnClock(58_000);
      expect(await take()).toEqual([]);
      turnClock(3_000);
      expect(await take()).toEqual(['later']);
    });

    it('takes the longest delay', async () => {
      const { queue, take } = make();
      await queue.send('much later', 604_800);
      expect(await take()).toEqual([]);
      turnClock(604_801_000);
      expect(await take()).toEqual(['much later']);
    });

    it('takes a message of 48 KiB, and refuses a larger one', async () => {
      const { queue, take } = make();
      const text = 'x'.repeat(48 * 1024 - 2);
      await queue.send(text);
      await expect(queue.send(`${text}x`)).rejects.toThrow(StorageUnreachable);
      expect(await take()).toEqual([text]);
    });

    it('keeps a message that nobody takes for a month', async () => {
      const { queue, take } = make();
      await queue.send('old');
      turnClock(31 * 24 * 3_600_000);
      expect(await take()).toEqual(['old']);
    });
  });
}

/** @param make a new container without streams */
export function testStreams(name: string, make: () => Streams): void {
  describe(`${name} are streams`, () => {
    afterEach(resetClock);

    it('have nothing before anything was made', async () => {
      const streams = make();
      expect(await streams.state('day/a')).toBeUndefined();
      expect(await streams.read('day/a')).toBeUndefined();
      expect(await streams.list('')).toEqual([]);
      expect(await streams.append('day/a', 'x', 0)).toBe('moved');
    });

    it('are made once', async () => {
      const streams = make();
      expect(await streams.create('day/a')).toBe(true);
      expect(await streams.create('day/a')).toBe(false);
      expect(await streams.state('day/a')).toEqual({ sizeBytes: 0, blocks: 0 });
      expect(await streams.read('day/a')).toBe('');
    });

    it('are not emptied by being made again', async () => {
      const streams = make();
      await streams.create('day/a');
      await streams.append('day/a', 'one\n', 0);
      await streams.create('day/a');
      expect(await streams.read('day/a')).toBe('one\n');
    });

    it('grow by one block a time, measured in bytes', async () => {
      const streams = make();
      await streams.create('day/a');
      expect(await streams.append('day/a', 'ø🔑\n', 0)).toBe('appended');
      expect(await streams.state('day/a')).toEqual({ sizeBytes: 7, blocks: 1 });
      expect(await streams.append('day/a', 'two\n', 7)).toBe('appended');
      expect(await streams.state('day/a')).toEqual({ sizeBytes: 11, blocks: 2 });
      expect(await streams.read('day/a')).toBe('ø🔑\ntwo\n');
    });

    it('are read from a byte position on, up to their end', async () => {
      const streams = make();
      await streams.create('day/a');
      await streams.append('day/a', 'ø\ntwo\n', 0);
      expect(await streams.read('day/a', 3)).toBe('two\n');
      expect(await streams.read('day/a', 6)).toBe('\n');
      expect(await streams.read('day/a', 7)).toBe('');
    });

    it('are read up to a byte position', async () => {
      const streams = make();
      await streams.create('day/a');
      await streams.append('day/a', 'ø\ntwo\n', 0);
      expect(await streams.read('day/a', 0, 3)).toBe('ø\n');
      expect(await streams.read('day/a', 3, 6)).toBe('two');
      expect(await streams.read('day/a', 3, 3)).toBe('');
      expect(await streams.read('day/a', 3, 70)).toBe('two\n');
    });

    it('give their bytes as they are, where a position is within a character', async () => {
      const streams = make();
      await streams.create('day/a');
      await streams.append('day/a', 'ø\ntwo\n', 0);
      const bytes = async (from: number, until: number) => {
        const read = await streams.bytes('day/a', from, until);
        return read && [...read];
      };
      expect(await bytes(1, 4)).toEqual([0xb8, 0x0a, 0x74]);
      expect(await bytes(5, 70)).toEqual([0x6f, 0x0a]);
      expect(await bytes(7, 70)).toEqual([]);
      expect(await streams.bytes('day/b', 0, 1)).toBeUndefined();
    });

    it('do not take a block at another position', async () => {
      const streams = make();
      await streams.create('day/a');
      await streams.append('day/a', 'one\n', 0);
      expect(await streams.append('day/a', 'fork\n', 0)).toBe('moved');
      expect(await streams.append('day/a', 'ahead\n', 5)).toBe('moved');
      expect(await streams.read('day/a')).toBe('one\n');
    });

    it('let exactly one of many writers append at a position', async () => {
      const streams = make();
      await streams.create('day/a');
      const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => streams.append('day/a', `${i}`, 0)));
      expect(outcomes.filter((outcome) => outcome === 'appended')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'moved')).toHaveLength(9);
      expect(await streams.state('day/a')).toEqual({ sizeBytes: 1, blocks: 1 });
    });

    it('are listed with the time of their last append, in whole seconds', async () => {
      const streams = make();
      for (const each of ['a/1', 'a/2', 'b/1']) await streams.create(each);
      turnClock(90_000);
      await streams.append('a/2', 'one\n', 0);
      const times = new Map((await streams.changes('a/')).map(({ name, changedAt }) => [name, changedAt.getTime()]));
      expect([...times.keys()]).toEqual(['a/1', 'a/2']);
      expect((times.get('a/2') ?? 0) - (times.get('a/1') ?? 0)).toBeGreaterThan(88_000);
      expect([...times.values()].map((ms) => ms % 1_000)).toEqual([0, 0]);
      expect(await streams.changes('c/')).toEqual([]);
    });

    it('are listed by prefix, in order', async () => {
      const streams = make();
      for (const each of ['b/1', 'a/2', 'a/10', 'ab/1', 'a/1.jsonl']) await streams.create(each);
      expect(await streams.list('a/')).toEqual(['a/1.jsonl', 'a/10', 'a/2']);
      expect(await streams.list('')).toEqual(['a/1.jsonl', 'a/10', 'a/2', 'ab/1', 'b/1']);
    });
  });
}

/** @param make a new container without documents */
export function testDocuments(name: string, make: () => Documents): void {
  describe(`${name} are documents`, () => {
    it('have nothing before anything was written', async () => {
      expect(await make().read('sense/one.json')).toBeUndefined();
    });

    it('give back what was written, whole', async () => {
      const documents = make();
      const content = `{"broken": "ø ✓ 🔑\u0000${'x'.repeat(200_000)}`;
      expect(await documents.create('sense/one.json', content)).toBe(true);
      expect(await documents.read('sense/one.json')).toBe(content);
    });

    it('keep an empty one', async () => {
      const documents = make();
      expect(await documents.create('empty', '')).toBe(true);
      expect(await documents.read('empty')).toBe('');
    });

    it('are written once', async () => {
      const documents = make();
      await documents.create('one', 'first');
      expect(await documents.create('one', 'second')).toBe(false);
      expect(await documents.read('one')).toBe('first');
    });
  });
}

function present(row: Row | undefined): Row {
  if (row === undefined) throw new Error('The row should be there.');
  return row;
}
