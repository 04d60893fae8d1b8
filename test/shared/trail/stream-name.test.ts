import { expect, test } from 'vitest';
import { auditStream, blobName, blobNumbers, registerStream } from '../../../shared/trail/stream-name.ts';

test.each([
  ['2026-03-01T00:00:00.000Z', 'audit/2026-03-01/payments'],
  ['2026-03-01T23:59:59.999Z', 'audit/2026-03-01/payments'],
  ['2026-03-02T00:00:00.000Z', 'audit/2026-03-02/payments'],
])('what happened at %s goes to %s', (at, stream) => {
  expect(auditStream('payments', new Date(at))).toBe(stream);
});

test('a vault has one stream, however its name is written', () => {
  expect(auditStream('PayMents', new Date('2026-03-01T00:00:00Z'))).toBe('audit/2026-03-01/payments');
  expect(registerStream('PayMents')).toBe('register/payments');
});

test('the tenth blob comes after the ninth, and what is no blob of the stream is left out', () => {
  const names = ['10', '9', '0', 'x', '00', '01', '-1', '+1', '1e3', '9999999999'].map(
    (number) => `register/a.${number}.jsonl`,
  );
  names.push('register/a.1.json', 'register/a.1.jsonl.bak');
  expect(blobNumbers('register/a', [...names, blobName('register/ab', 11), 'other/a.12.jsonl'])).toEqual([0, 9, 10]);
});
