import { approvedActByOther } from '../../../../shared/incidents/kinds/approved-act-by-other.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(approvedActByOther, [
  [
    'names the approval, who did it, and how to take it back',
    approvedActByOther.draft({ ...KEY, version: 'v1' }, 'KeyUpdate', 'a1', MALLORY, AT),
    {
      subject: { ...KEY, version: 'v1' },
      who: MALLORY,
      summary: 'KeyUpdate of prod-disks/disk-a/v1 was approved (a1), but not for who did it.',
      command: 'key-guardian restore prod-disks/disk-a/v1 --also-approved',
    },
  ],
  [
    'is about the key where it was deleted',
    approvedActByOther.draft(KEY, 'KeyDelete', 'a1', MALLORY, AT),
    { subject: KEY, command: 'key-guardian restore prod-disks/disk-a --also-approved' },
  ],
]);
