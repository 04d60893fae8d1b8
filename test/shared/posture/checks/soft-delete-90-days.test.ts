import { expect, test } from 'vitest';
import { softDelete90Days } from '../../../../shared/posture/checks/soft-delete-90-days.ts';
import { NOW, vaultFacts } from '../facts.ts';

test('a vault that keeps deleted keys for 90 days is accepted', () => {
  expect(softDelete90Days.check(vaultFacts({ retentionDays: 90 }), NOW)).toEqual([]);
});

test.each([7, 89])('a vault that keeps deleted keys for %i days is found', (retentionDays) => {
  expect(softDelete90Days.check(vaultFacts({ retentionDays }), NOW)).toMatchObject([
    { kind: 'finding', says: expect.stringContaining(`for ${retentionDays} days`) },
  ]);
});

test('a vault without soft delete is found as critical', () => {
  expect(softDelete90Days.check(vaultFacts({ softDelete: false }), NOW)).toMatchObject([{ severity: 'critical' }]);
});

test('a vault that does not say for how long is unknown', () => {
  expect(softDelete90Days.check(vaultFacts({ retentionDays: undefined }), NOW)).toMatchObject([{ kind: 'unknown' }]);
});
