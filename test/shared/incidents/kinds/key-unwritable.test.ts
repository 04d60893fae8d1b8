import { keyUnwritable } from '../../../../shared/incidents/kinds/key-unwritable.ts';
import { AT, describeKind, KEY } from './table.ts';

describeKind(keyUnwritable, [
  [
    'says why, and how a person does it',
    keyUnwritable.draft(KEY, AT, 'forbidden-by-permission: no'),
    {
      subject: KEY,
      since: AT,
      summary: 'Key prod-disks/disk-a cannot be put right: forbidden-by-permission: no',
      command: 'key-guardian restore prod-disks/disk-a',
    },
  ],
]);
