import { expect, test } from 'vitest';
import { disksUnderCustomerKey } from '../../../../shared/posture/checks/disks-under-customer-key.ts';
import { disksFacts, NOW } from '../facts.ts';

const some = { disks: 2, snapshots: 1, examples: ['/x/disks/one', '/x/disks/two'] };
const check = (...of: Parameters<typeof disksFacts>) => disksUnderCustomerKey.check(disksFacts(...of), NOW);

test.each([
  ['customer-managed keys', { 'customer-key': some, 'platform-and-customer-keys': some, confidential: some }, true],
  ['a key of the platform where the policy demands nothing', { 'platform-key': some, unknown: some }, false],
  ['no disks at all', {}, true],
])('disks under %s are accepted', (_, disks, demanded) => {
  expect(check(disks, demanded)).toEqual([]);
});

test('disks under a key of the platform alone are found where the policy demands another, with their names', () => {
  expect(check({ 'platform-key': some })).toEqual([
    { kind: 'finding', says: 'Under a key of the platform alone: 2 disks and 1 snapshot (one, two).' },
  ]);
});

test('disks that do not show how they are encrypted are never taken for well encrypted', () => {
  expect(check({ unknown: { ...some, disks: 3 } })).toMatchObject([
    { says: expect.stringMatching(/not shown: 3 disks and 1 snapshot \(one, two …\)\.$/) },
  ]);
});

test.each([false, true])(
  'disks under Azure Disk Encryption are found with its end, the demand being %s',
  (demanded) => {
    expect(check({ 'azure-disk-encryption': some }, demanded)).toMatchObject([
      { date: new Date('2028-09-15T00:00:00Z'), says: expect.stringContaining('ends on 15 September 2028') },
    ]);
  },
);
