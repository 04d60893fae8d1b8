import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../../shared/domain/shell-word.ts';

test.each([
  ['a name', 'prod-disks', 'prod-disks'],
  ['a resource id', '/subscriptions/s/resourceGroups/a.b_c-1', '/subscriptions/s/resourceGroups/a.b_c-1'],
  ['a group with parentheses', 'apps(one)', "'apps(one)'"],
  ['an empty text', '', "''"],
  ['a name that is a command', '"$(touch /tmp/x)`id`;&|<> *', `'"$(touch /tmp/x)\`id\`;&|<> *'`],
  ['a quote', "it's", "'it'\\''s'"],
  ['more than one line', 'a\nb', "'a\nb'"],
])('%s is one word of a shell', (_, text, word) => {
  expect(shellWord(text)).toBe(word);
  expect(execFileSync('bash', ['-c', `printf %s ${word}`]).toString()).toBe(text);
});
