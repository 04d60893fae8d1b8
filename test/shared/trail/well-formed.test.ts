import { expect, test } from 'vitest';
import { wellFormed } from '../../../shared/trail/well-formed.ts';

const moment = new Date('2026-03-01T12:00:00Z');

test.each([
  ['text', 'name', 'name'],
  ['a character of two halves', '🔑', '🔑'],
  ['a first half alone', 'x\ud83d', 'x\ufffd'],
  ['a second half alone', '\udd11x', '\ufffdx'],
  ['two halves in the wrong order', '\udd11\ud83d', '\ufffd\ufffd'],
  ['a list', ['\ud83d', ['\ud83d']], ['\ufffd', ['\ufffd']]],
  ['a member', { a: { b: '\ud83d' } }, { a: { b: '\ufffd' } }],
  ['the name of a member', { '\ud83d': 1 }, { '\ufffd': 1 }],
  ['two names that become one: the later stands', { '\ud83d': 1, '\udd11': 2 }, { '\ufffd': 2 }],
  ['a moment, as it is', { at: moment }, { at: moment }],
  ['what has no text, as it is', [null, undefined, true, 0], [null, undefined, true, 0]],
])('what UTF-8 cannot carry is replaced: %s', (_, value, expected) => {
  expect(wellFormed(value)).toStrictEqual(expected);
});
