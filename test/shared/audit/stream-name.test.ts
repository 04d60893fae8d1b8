import { expect, test } from 'vitest';
import { auditStream, blobName, blobNumbers, registerStream } from '../../../shared/audit/stream-name.ts';

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
  const names = ['10.jsonl', '9.jsonl', '0.jsonl', 'x.jsonl', '1.json', '1.jsonl.bak'].map(
    (end) => `register/a.${end}`,
  );
  expect(blobNumbers('register/a', [...names, blobName('register/ab', 11), 'other/a.12.jsonl'])).toEqual([0, 9, 10]);
});
