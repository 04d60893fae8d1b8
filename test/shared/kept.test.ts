import { expect, test } from 'vitest';
import { kept } from '../../shared/kept.ts';

test('what a name stands for is made once, when it is first asked for', () => {
  const made: string[] = [];
  const of = kept((name) => {
    made.push(name);
    return { name };
  });
  expect(made).toEqual([]);
  expect(of('one')).toBe(of('one'));
  expect(of('two')).toEqual({ name: 'two' });
  expect(made).toEqual(['one', 'two']);
});
