import { expect, it } from 'vitest';
import { columnsOf, dataOf } from '../../../shared/azure/table-columns.ts';

it('puts up to 30,000 characters of JSON into one column', () => {
  expect(Object.keys(columnsOf('x'.repeat(29_998)))).toEqual(['json']);
});

it('splits longer JSON into columns of at most 30,000 characters', () => {
  expect(Object.keys(columnsOf('x'.repeat(29_999)))).toEqual(['json1', 'json2']);
  const columns = columnsOf('x'.repeat(70_000));
  expect(Object.keys(columns)).toEqual(['json1', 'json2', 'json3']);
  expect(Object.values(columns).map((text) => text.length)).toEqual([30_000, 30_000, 10_002]);
});

it.each([29_997, 29_998, 29_999])('never splits a character of two halves, here after %i others', (before) => {
  const data = `${'x'.repeat(before)}🔑${'y'.repeat(40_000)}`;
  const columns = columnsOf(data);
  expect(Object.values(columns).every((text) => text.isWellFormed() && text.length <= 30_000)).toBe(true);
  expect(dataOf(columns)).toBe(data);
});

it.each([
  ['{broken', {}, '{broken'],
  ['a number of somebody', { json: 5 }, ''],
  ['nothing', {}, ''],
])('gives the text itself where the columns hold no JSON: %s', (_, columns, expected) => {
  const held = expected === '' ? columns : { json: expected };
  expect(dataOf(held)).toBe(expected);
});
