import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { keyRecord } from '../../../shared/domain/register.ts';
import { RowUnreadable } from '../../../shared/errors.ts';
import { type Rows, rowsOf, type Stored } from '../../../shared/register/rows.ts';
import type { Table } from '../../../shared/storage.ts';
import { fakeTable } from '../../fakes/storage.ts';
import { ACTED, known, recordOf, V1 } from '../guard/keys/situations.ts';

/** A key as this version knows it. */
const schema = z.object({
  name: z.string(),
  since: z.coerce.date().optional(),
  state: z.object({ kind: z.string(), by: z.object({ oid: z.string() }).optional() }).default({ kind: 'kept' }),
  versions: z.record(z.string(), z.object({ enabled: z.boolean() })).default({}),
  acts: z.array(z.object({ id: z.string() })).default([]),
});
type Value = z.infer<typeof schema>;

const value = (more: Partial<Value> = {}): Value => ({
  name: 'disk-a',
  state: { kind: 'kept' },
  versions: {},
  acts: [],
  ...more,
});

/** The typed rows of a table, and the table, with the names of the calls that were made of it. */
function rowsWith(...data: readonly (readonly [row: string, data: unknown])[]) {
  const calls: string[] = [];
  const table = fakeTable({ onCall: (name) => void calls.push(name) });
  const ready = Promise.all(data.map(([row, of]) => table.put('prod', row, of))).then(() => calls.splice(0));
  return { table, calls, rows: rowsOf('keys', table, schema), ready };
}
const dataOf = async (table: Table, row = 'a'): Promise<unknown> => (await table.get('prod', row))?.data;
async function stored<T>(rows: Rows<T>, row = 'a'): Promise<Stored<T>> {
  const found = await rows.get('prod', row);
  if (found === undefined) throw new Error(`There is no row ${row}.`);
  return found;
}

describe('typed rows', () => {
  test('come back as they went in, moments as moments, with the form in which they were written', async () => {
    const { table, rows } = rowsWith();
    const written = await rows.insert('prod', 'a', value({ since: ACTED }));
    expect(written?.value).toEqual(value({ since: ACTED }));
    expect((await stored(rows)).value).toEqual(value({ since: ACTED }));
    expect(await dataOf(table)).toMatchObject({ v: 1, name: 'disk-a', since: ACTED.toISOString() });
  });

  test('that are not there are none', async () => {
    expect(await rowsWith().rows.get('prod', 'a')).toBeUndefined();
  });

  test('are inserted where none is, and nowhere else', async () => {
    const { rows } = rowsWith();
    await rows.insert('prod', 'a', value());
    expect(await rows.insert('prod', 'a', value({ name: 'other' }))).toBeUndefined();
    expect((await stored(rows)).value.name).toBe('disk-a');
  });

  test('are put whatever stands there', async () => {
    const { rows, table, ready } = rowsWith(['a', 'nothing that can be read']);
    await ready;
    await rows.put('prod', 'a', value());
    expect(await dataOf(table)).toMatchObject({ v: 1, name: 'disk-a' });
  });

  test('are replaced and removed as they were read, and not where somebody else was faster', async () => {
    const { rows } = rowsWith();
    await rows.insert('prod', 'a', value());
    const read = await stored(rows);
    const replaced = await rows.replace(read, value({ name: 'mine' }));
    expect(replaced?.value.name).toBe('mine');
    expect(await rows.replace(read, value({ name: 'late' }))).toBeUndefined();
    expect(await rows.remove(read)).toBe(false);
    expect(await rows.remove(await stored(rows))).toBe(true);
    expect(await rows.list('prod')).toEqual({ stored: [], unreadable: [] });
  });

  test('can be replaced again with what replacing gave', async () => {
    const { rows, table, ready } = rowsWith(['a', { ...value(), later: 1 }]);
    await ready;
    const once = await rows.replace(await stored(rows), value({ name: 'once' }));
    if (once === undefined) throw new Error('Nobody was faster.');
    await rows.replace(once, value({ name: 'twice' }));
    expect(await dataOf(table)).toMatchObject({ name: 'twice', later: 1 });
  });

  test('are changed from what stands, as often as somebody else was faster', async () => {
    let others = 2;
    const table = fakeTable({
      async onCall(name) {
        if ((name !== 'replace' && name !== 'insert') || others === 0) return;
        others -= 1;
        await table.put('prod', 'a', value({ name: `other-${others}` }));
      },
    });
    const rows = rowsOf('keys', table, schema);
    const standing: (string | undefined)[] = [];
    const done = await rows.change('prod', 'a', (of) => {
      standing.push(of?.name);
      return value({ name: `after ${of?.name}` });
    });
    expect(standing).toEqual([undefined, 'other-1', 'other-0']);
    expect(done.name).toBe('after other-0');
    expect((await stored(rows)).value.name).toBe('after other-0');
  });
});

describe('a row that cannot be read', () => {
  const broken = { name: 7 };

  test('is thrown where it alone is asked for, with what it holds and where it stands', async () => {
    const { rows, ready } = rowsWith(['a', broken]);
    await ready;
    const failure = await rows.get('prod', 'a').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RowUnreadable);
    expect(failure).toMatchObject({
      message: 'The row prod/a of keys cannot be read: name: Invalid input: expected string, received number.',
      table: 'keys',
      row: 'a',
      content: '{"name":7}',
    });
  });

  test('is listed apart where many are asked for, and costs no other', async () => {
    const { rows, ready } = rowsWith(['a', value()], ['b', broken], ['c', value({ name: 'disk-c' })], ['d', null]);
    await ready;
    const { stored: readable, unreadable } = await rows.list('prod');
    expect(readable.map((one) => one.value.name)).toEqual(['disk-a', 'disk-c']);
    expect(unreadable.map(({ row }) => row)).toEqual(['b', 'd']);
  });

  test('is not changed', async () => {
    const { rows, table, ready } = rowsWith(['a', broken]);
    await ready;
    await expect(rows.change('prod', 'a', () => value())).rejects.toThrow(RowUnreadable);
    expect(await dataOf(table)).toEqual(broken);
  });

  test('is no row where storage fails: that is thrown', async () => {
    const table = fakeTable({
      onCall() {
        throw new Error('planned');
      },
    });
    await expect(rowsOf('keys', table, schema).list('prod')).rejects.toMatchObject({ name: 'StorageUnreachable' });
  });
});

describe('members of a row that its reader does not know', () => {
  const raw = {
    v: 1,
    ...value({ versions: { one: { enabled: true }, two: { enabled: true } }, acts: [{ id: '1' }, { id: '2' }] }),
    later: { of: ['a later version'] },
    state: { kind: 'kept', later: 1, by: { oid: 'anna', later: 2 } },
  };
  const rawVersions = { one: { enabled: true, later: 3 }, two: { enabled: true, later: 4 } };
  const rawActs = [
    { id: '1', later: 5 },
    { id: '2', later: 6 },
  ];

  /** What stands in the row after a change of what was read of it. */
  async function replaced(data: unknown, change: (read: Value) => Value): Promise<unknown> {
    const { rows, table, ready } = rowsWith(['a', data]);
    await ready;
    const read = await stored(rows);
    await rows.replace(read, change(read.value));
    return dataOf(table);
  }
  const renamed = (read: Value): Value => ({ ...read, name: 'renamed' });

  test.each<readonly [says: string, data: unknown, change: (read: Value) => Value, expected: unknown]>([
    ['at its top', raw, renamed, { ...raw, name: 'renamed' }],
    [
      'within its members, however deep',
      raw,
      (read) => ({ ...read, state: { ...read.state, kind: 'abandoned' } }),
      { ...raw, state: { ...raw.state, kind: 'abandoned' } },
    ],
    [
      'within its entries by name, beside those that change and those that come',
      { ...raw, versions: rawVersions },
      (read) => ({ ...read, versions: { ...read.versions, two: { enabled: false }, three: { enabled: true } } }),
      {
        ...raw,
        versions: { one: rawVersions.one, two: { enabled: false, later: 4 }, three: { enabled: true } },
      },
    ],
    [
      'within the items of its lists, wherever they come to stand',
      { ...raw, acts: rawActs },
      (read) => ({ ...read, acts: [...read.acts.slice(1), { id: '3' }] }),
      { ...raw, acts: [rawActs[1], { id: '3' }] },
    ],
    [
      'within two items that look alike to the reader, each its own',
      {
        ...raw,
        acts: [
          { id: '1', later: 5 },
          { id: '1', later: 6 },
        ],
      },
      renamed,
      {
        ...raw,
        name: 'renamed',
        acts: [
          { id: '1', later: 5 },
          { id: '1', later: 6 },
        ],
      },
    ],
  ])('survive its writing %s', async (_says, data, change, expected) => {
    expect(await replaced(data, change)).toEqual(expected);
  });

  test.each<readonly [says: string, data: unknown, change: (read: Value) => Value, expected: unknown]>([
    [
      'an entry that its writer took away',
      { ...raw, versions: rawVersions },
      (read) => ({ ...read, versions: { one: { enabled: true } } }),
      { ...raw, versions: { one: rawVersions.one } },
    ],
    [
      'a member that its writer took away',
      raw,
      ({ state: { kind }, ...read }) => ({ ...read, state: { kind } }),
      { ...raw, state: { kind: 'kept', later: 1 } },
    ],
    [
      'an item that its writer took away',
      { ...raw, acts: rawActs },
      (read) => ({ ...read, acts: [] }),
      { ...raw, acts: [] },
    ],
  ])('do not bring back %s', async (_says, data, change, expected) => {
    expect(await replaced(data, change)).toEqual(expected);
  });

  test('give way to what its writer says under their name', async () => {
    const { rows, table, ready } = rowsWith(['a', { ...raw, since: ACTED.toISOString() }]);
    await ready;
    const older = rowsOf('keys', table, z.object({ name: z.string() }));
    const read = await stored(older);
    const widened: Rows<{ name: string }> = older;
    await widened.replace(read, { name: 'x', ...{ later: 'mine' } });
    expect(await dataOf(table)).toMatchObject({ name: 'x', later: 'mine', since: ACTED.toISOString() });
    expect((await stored(rows)).value.since).toEqual(ACTED);
  });

  test('survive in a key’s row', async () => {
    const table = fakeTable();
    const keys = rowsOf('keys', table, keyRecord);
    const use = { approval: 'approval-1', act: 'disable', at: ACTED } as const;
    const record = recordOf({ [V1]: known({ consumed: [use] }) });
    const plain = JSON.parse(JSON.stringify(record));
    plain.approved.versions[V1].consumed[0].ticket = 'CHG-7';
    plain.approved.standing.note = 'a later version';
    plain.usedBy = ['set-1'];
    await table.put('prod', 'a', { v: 2, ...plain });
    const read = await stored(keys);
    await keys.replace(read, { ...read.value, observed: { ...read.value.observed, foundSomething: true } });
    expect(await dataOf(table)).toEqual({
      v: 2,
      ...plain,
      observed: { ...plain.observed, foundSomething: true },
    });
  });
});

describe('the form of a row', () => {
  test.each([
    ['none, as before forms were written', undefined, 1],
    ['an older one', 0, 1],
    ['this one', 1, 1],
    ['a later one, which stays marked so: its members are there still', 2, 2],
    ['something that is no number', 'one', 1],
  ])('may be %s: its row is read and replaced', async (_says, v, becomes) => {
    const { rows, table, ready } = rowsWith(['a', { ...value(), v }]);
    await ready;
    const read = await stored(rows);
    expect(read.value).toEqual(value());
    await rows.replace(read, value({ name: 'renamed' }));
    expect(await dataOf(table)).toMatchObject({ v: becomes, name: 'renamed' });
  });
});

describe('replacing', () => {
  test('writes nothing where nothing changes', async () => {
    const { rows, calls, ready } = rowsWith(['a', { name: 'disk-a', later: 1, since: ACTED.toISOString() }]);
    await ready;
    const read = await stored(rows);
    const same = await rows.replace(read, { ...read.value, since: new Date(ACTED) });
    expect(same?.row).toEqual(read.row);
    expect(calls).toEqual(['get']);
  });

  test('writes nothing where only what is not there is said not to be', async () => {
    const { rows, calls, ready } = rowsWith(['a', value()]);
    await ready;
    const read = await stored(rows);
    await rows.replace(read, { ...read.value, since: undefined });
    expect(calls).toEqual(['get']);
  });
});
