import { describe, expect, it } from 'vitest';
import { parseSeed, seedLine } from '../../local/seed.ts';

describe('a seed', () => {
  it.each([['0'], ['42'], ['4294967295']])('is taken as it was printed: %s', (text) => {
    expect(parseSeed(text)).toBe(Number(text));
    expect(seedLine(parseSeed(text))).toContain(`seed ${text};`);
  });

  it.each([['4294967296'], ['-1'], ['1.5'], ['1e3'], ['0x10'], ['abc'], ['']])('is not "%s"', (text) => {
    expect(() => parseSeed(text)).toThrow('Give the seed as a whole number from 0 to 4294967295.');
  });
});
