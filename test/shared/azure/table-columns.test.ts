import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { columnsOf, dataOf } from '../../../shared/azure/table-columns.ts';

/** Text that gzip makes little of, from numbers in order. */
const noise = (characters: number): string =>
  Array.from({ length: Math.ceil(characters / 64) }, (_, nth) => createHash('sha256').update(String(nth)).digest('hex'))
    .join('')
    .slice(0, characters);
const bytesOf = (columns: Readonly<Record<string, string | Uint8Array>>): number =>
  Object.values(columns).reduce((sum, column) => sum + column.length, 0);

it('puts up to 30,000 characters of JSON into one column, as they are', () => {
  const text = 'x'.repeat(29_998);
  expect(columnsOf(text)).toEqual({ json: `"${text}"` });
});

it('packs longer JSON into binary columns of at most 60,000 bytes, and gives it back', () => {
  expect(Object.keys(columnsOf(noise(29_999)))).toEqual(['gzip1']);
  const text = `${noise(300_000)}🔑`;
  const columns = columnsOf(text);
  expect(Object.keys(columns).length).toBeGreaterThan(2);
  expect(Object.values(columns).every((column) => column.length <= 60_000)).toBe(true);
  expect(dataOf(columns)).toBe(text);
});

it('keeps the row of a key of five thousand versions within the 1 MiB that a row takes', () => {
  const versions = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, nth) => {
      const fingerprint = createHash('sha256').update(String(nth)).digest('hex');
      const at = new Date(1_900_000_000_000 + nth * 61_000).toISOString();
      const attributes = { enabled: true, operations: ['wrapKey', 'unwrapKey'] };
      const seen = { at, updated: at, ...attributes, inFullAt: at, verdict: 'good' };
      const known = {
        created: at,
        approved: attributes,
        keyType: 'RSA',
        keySizeBits: 2048,
        fingerprint,
        seen,
        spent: [],
      };
      return [fingerprint.slice(0, 32), known];
    }),
  );
  expect(bytesOf(columnsOf({ versions }))).toBeLessThan(1024 * 1024);
});

it.each([
  ['text that is no JSON', { json: '{broken' }, '{broken'],
  ['a number of somebody', { json: 5 }, ''],
  ['nothing', {}, ''],
  ['bytes that are not packed', { gzip1: Buffer.from('{}') }, ''],
])('gives the text itself, or none, where the columns hold no JSON: %s', (_, columns, expected) => {
  expect(dataOf(columns)).toBe(expected);
});
