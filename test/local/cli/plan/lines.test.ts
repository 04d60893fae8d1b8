import { describe, expect, test } from 'vitest';
import {
  commandLines,
  counted,
  countedAll,
  number,
  some,
  table,
  WIDTH,
  wrapped,
} from '../../../../local/cli/plan/lines.ts';

test.each([
  [0, '0 disks'],
  [1, '1 disk'],
  [200_000, '200,000 disks'],
])('%i disks are written as a count', (count, text) => {
  expect(counted(count, 'disk')).toBe(text);
});

test('counts of nothing are left out', () => {
  expect(countedAll([2, 'snapshot'], [0, 'disk'], [1, 'image'])).toBe('2 snapshots, 1 image');
  expect(countedAll([0, 'disk'])).toBe('');
  expect(number(1_234)).toBe('1,234');
});

test.each([
  [['a', 'b'], 'a, b'],
  [['a', 'b', 'c'], 'a, b and 1 more'],
  [[], ''],
])('of a list the first two are named: %j', (items, text) => {
  expect(some(items, 2)).toBe(text);
});

describe('a text', () => {
  test(`of ${WIDTH} columns is one line, with one more it is two`, () => {
    expect(wrapped('x'.repeat(50).concat(' ', 'y'.repeat(49)))).toHaveLength(1);
    expect(wrapped('x'.repeat(50).concat(' ', 'y'.repeat(50)))).toEqual(['x'.repeat(50), 'y'.repeat(50)]);
  });

  test('has its indent on each line, which counts as well', () => {
    expect(wrapped('x'.repeat(50).concat(' ', 'y'.repeat(48)), '  ')).toEqual([
      `  ${'x'.repeat(50)}`,
      `  ${'y'.repeat(48)}`,
    ]);
  });
});

describe('a command', () => {
  test('that fits is one line after a prompt', () => {
    expect(commandLines('az keyvault key list --vault-name a', '  ')).toEqual([
      '  $ az keyvault key list --vault-name a',
    ]);
  });

  test('that is too long is broken before an option, as a shell takes it', () => {
    const long = `--value ${'x'.repeat(70)}`;
    const lines = commandLines(`az keyvault update --name a ${long} --enable b`, '  ');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.every((line) => line.length <= WIDTH)).toBe(true);
    // What a shell makes of it is the command again.
    expect(
      lines
        .join('\n')
        .replace(/ \\\n\s*/g, ' ')
        .trim(),
    ).toBe(`$ az keyvault update --name a ${long} --enable b`);
  });
});

test('a table has columns as wide as their widest cell, numbers to the right', () => {
  expect(
    table(
      ['Key', 'Disks'],
      [
        ['a', '1'],
        ['long', '1,000'],
      ],
      [1],
    ),
  ).toEqual(['Key   Disks', 'a         1', 'long  1,000']);
});
