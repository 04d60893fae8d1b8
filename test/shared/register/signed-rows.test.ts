import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { RowForged } from '../../../shared/errors.ts';
import { rowsOf } from '../../../shared/register/rows.ts';
import { signedRows } from '../../../shared/register/signed-rows.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeTable } from '../../fakes/storage.ts';

const schema = z.object({ who: z.string(), seen: z.boolean().optional() });

function signed(unverifiable: 'counts' | 'counts-for-nothing' = 'counts-for-nothing', key = 'a key') {
  const table = fakeTable();
  const signer = fakeSigner(key);
  const of = (by = signer, name = 'words') =>
    signedRows(name, rowsOf(name, table, schema), by, { unverifiable, unsigned: ['seen'] });
  return { table, signer, of, rows: of() };
}

describe('a signed row', () => {
  test('comes back as it was put, without its signature', async () => {
    const { rows } = signed();
    await rows.put('p', 'r', { who: 'anna' });
    expect((await rows.get('p', 'r'))?.value).toEqual({ who: 'anna' });
    expect(await rows.list('p')).toMatchObject({ stored: [{ value: { who: 'anna' } }], forged: [], unverified: 0 });
  });

  test.each<[what: string, forge: (table: ReturnType<typeof fakeTable>, data: object) => Promise<unknown>]>([
    ['that was changed', (table, data) => table.put('p', 'r', { ...data, who: 'carl' })],
    ['that lost its signature', (table) => table.put('p', 'r', { who: 'anna' })],
    ['that lies elsewhere', (table, data) => table.put('q', 'r', data)],
    ['that has another name', (table, data) => table.put('p', 's', data)],
  ])('%s is forged, and hides no other', async (_, forge) => {
    const { rows, table } = signed();
    await rows.put('p', 'sound', { who: 'berta' });
    const { row } = await rows.put('p', 'r', { who: 'anna' });
    await table.remove(row);
    await forge(table, JSON.parse(JSON.stringify(row.data)));
    const { stored, forged } = await rows.list();
    expect(stored.map(({ value }) => value.who)).toEqual(['berta']);
    expect(forged).toEqual([expect.any(RowForged)]);
    const { partition, row: name } = forged[0]?.stored ?? row;
    await expect(rows.get(partition, name)).rejects.toThrow('is not signed by the guardian');
  });

  test('of another table, or signed by another key, is forged', async () => {
    const { rows, of } = signed();
    await rows.put('p', 'r', { who: 'anna' });
    for (const other of [of(fakeSigner('another key')), of(undefined, 'other words')])
      expect((await other.list('p')).forged).toHaveLength(1);
  });

  test('counts where another version signed it with members that this one does not know, and is changed with them', async () => {
    const { rows, table, signer } = signed();
    const another = signedRows('words', rowsOf('words', table, schema.loose()), signer, {
      unverifiable: 'counts-for-nothing',
      unsigned: ['seen'],
    });
    await another.put('p', 'r', { who: 'anna', onlyFrom: { network: 'office' } });
    const stored = await rows.get('p', 'r');
    expect(stored?.value).toEqual({ who: 'anna' });
    if (stored === undefined) throw new Error('It is there.');
    await rows.replace(stored, { who: 'carl' });
    expect((await rows.get('p', 'r'))?.value).toEqual({ who: 'carl' });
    expect((await another.get('p', 'r'))?.value).toMatchObject({ who: 'carl', onlyFrom: { network: 'office' } });
    await table.put(
      'p',
      'r',
      Object.assign(JSON.parse(JSON.stringify(stored.row.data)), { onlyFrom: { network: 'anywhere' } }),
    );
    await expect(rows.get('p', 'r')).rejects.toThrow('is not signed by the guardian');
  });

  test('is signed anew when it changes, and not for what is not signed', async () => {
    const { rows, signer } = signed('counts');
    const put = await rows.put('p', 'r', { who: 'anna' });
    const next = await rows.replace(put, { who: 'carl' });
    expect((await rows.get('p', 'r'))?.value).toEqual({ who: 'carl' });
    if (next === undefined) throw new Error('Nobody else changed it.');
    signer.isThere = false;
    const stored = await rows.get('p', 'r');
    if (stored === undefined) throw new Error('It is there.');
    await rows.replace(stored, { who: 'carl', seen: true });
    await expect(rows.replace(stored, { who: 'anna' })).rejects.toThrow('The key is away.');
    signer.isThere = true;
    expect((await rows.get('p', 'r'))?.value).toEqual({ who: 'carl', seen: true });
  });

  test.each([
    ['counts', 1],
    ['counts-for-nothing', 0],
  ] as const)('of which nobody can say who signed it %s, as its table says', async (unverifiable, counted) => {
    const { rows, signer } = signed(unverifiable);
    await rows.put('p', 'r', { who: 'anna' });
    signer.isThere = false;
    expect(await rows.list('p')).toMatchObject({ stored: { length: counted }, forged: [], unverified: 1 });
  });
});
