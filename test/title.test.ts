import { describe, expect, test } from 'vitest';
import { faultOf } from './title.ts';

describe('a title', () => {
  test.each([
    'is undone within one sweep',
    'leaves out a property that is `undefined`',
    'asks for /keys/a%5Fb',
    'takes 5 % of the budget, at most 100%',
    'costs $5',
    'is not ""',
    'is not `` or ` `',
  ])('may be: %j', (title) => {
    expect(faultOf(title)).toBeUndefined();
  });

  // Made of parts: the titles of these rows are held to the same.
  test.each([
    ['a column that is missing', `is refused with ${'%'}s`, 'prints the placeholder %s'],
    ['a column by its number', `of a ${'%'}4$s`, 'prints the placeholder %4$s'],
    ['a name of a column', `is ${'$'}kind`, 'prints the placeholder $k'],
    ['an object', `of ${{}}`, 'prints the placeholder [object'],
    ['nothing', `is ${undefined}`, 'prints the placeholder undefined'],
    ['no number', `is ${Number.NaN}`, 'prints the placeholder NaN'],
    ['an object that is cut off', `of { kind: 'told', ${'…'}(2) }`, 'prints the placeholder …'],
    ['an empty word', 'is with  the key', 'has a gap where a word is missing'],
    ['an empty last word', 'is told by ', 'has a gap where a word is missing'],
    ['a text without end', 'x'.repeat(251), 'has more than 250 characters'],
  ])('may not print %s', (_what, title, fault) => {
    expect(faultOf(title)).toBe(fault);
  });
});
