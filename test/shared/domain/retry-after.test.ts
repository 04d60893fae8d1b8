import { expect, test } from 'vitest';
import { retryAfterSeconds } from '../../../shared/domain/retry-after.ts';

const now = new Date('2026-03-01T12:00:20Z');

test.each<[string, string | null | undefined, number | undefined]>([
  ['a number of seconds', '120', 120],
  ['a number with spaces', ' 5 ', 5],
  ['none to wait', '0', 0],
  ['a date', 'Sun, 01 Mar 2026 12:01:50 GMT', 90],
  ['a date that is over', 'Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['what is no time', 'soon', undefined],
  ['nothing', null, undefined],
  ['no header at all', undefined, undefined],
])('a Retry-After of %s says how long to wait, where it is one', (_, header, seconds) => {
  expect(retryAfterSeconds(header, now)).toBe(seconds);
});
