import { resourceName } from '../../domain/resource-manager.ts';
import type { DiskTally } from '../../estate/estate.ts';
import type { DisksCheck, Said } from '../check.ts';

/** @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview */
const DISK_ENCRYPTION_ENDS = new Date('2028-09-15T00:00:00Z');

export const disksUnderCustomerKey: DisksCheck = {
  id: 'disks-under-customer-key',
  on: 'disks',
  demand:
    'Every disk is under a customer-managed key where the policy demands it, and none is under Azure Disk Encryption.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview',
  check: ({ disks, customerKeysDemanded }) => [
    ...(customerKeysDemanded ? outside(disks['platform-key'], 'Under a key of the platform alone') : []),
    ...(customerKeysDemanded ? outside(disks.unknown, 'Encrypted in a way that is not shown') : []),
    ...outside(
      disks['azure-disk-encryption'],
      'Under Azure Disk Encryption, which ends on 15 September 2028, so that they no longer unlock after a restart',
      DISK_ENCRYPTION_ENDS,
    ),
  ],
};

function outside({ disks, snapshots, examples }: DiskTally, how: string, date?: Date): readonly Said[] {
  if (disks + snapshots === 0) return [];
  const names = examples.map(resourceName).join(', ');
  const counts = [disks === 0 ? '' : amount(disks, 'disk'), snapshots === 0 ? '' : amount(snapshots, 'snapshot')];
  const which = names === '' ? '' : ` (${names}${disks > examples.length ? ' …' : ''})`;
  const says = `${how}: ${counts.filter((each) => each !== '').join(' and ')}${which}.`;
  return [{ kind: 'finding', says, ...(date === undefined ? {} : { date }) }];
}

const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
