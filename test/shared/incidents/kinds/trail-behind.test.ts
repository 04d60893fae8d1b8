import { trailBehind } from '../../../../shared/incidents/kinds/trail-behind.ts';
import { AT, describeKind } from './table.ts';

describeKind(trailBehind, [
  [
    'says where the records wait',
    trailBehind.draft('prod-disks', AT),
    {
      subject: { vault: 'prod-disks' },
      summary:
        "The trail of prod-disks cannot be appended: its records wait in the register's storage and follow later.",
    },
  ],
]);
