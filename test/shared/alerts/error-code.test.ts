import { expect, test } from 'vitest';
import { errorCode } from '../../../shared/alerts/error-code.ts';

const hidden = 'connect ECONNREFUSED 203.0.113.7:443';

test.each<[string, unknown, string]>([
  ['its code', Object.assign(new Error(hidden), { code: 'EPIPE' }), 'EPIPE'],
  ['the code of its cause', new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } }), 'ENOTFOUND'],
  ['that it timed out', new DOMException(hidden, 'TimeoutError'), 'timed-out'],
  ['its name where there is no code', new TypeError(hidden), 'TypeError'],
  ['its name where its code is a text', Object.assign(new Error(hidden), { code: hidden }), 'Error'],
  ['nothing where it is no error', hidden, 'unknown'],
])('of an error is said %s', (_, error, said) => {
  expect(errorCode(error)).toBe(said);
});
