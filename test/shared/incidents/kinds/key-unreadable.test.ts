import { keyUnreadable } from '../../../../shared/incidents/kinds/key-unreadable.ts';
import { AT, describeKind, KEY } from './table.ts';

describeKind(keyUnreadable, [
  [
    'says why, and that this is not absence',
    keyUnreadable.draft(KEY, AT, 'forbidden-by-firewall'),
    {
      subject: KEY,
      since: AT,
      summary: 'Key prod-disks/disk-a cannot be read: forbidden-by-firewall. This does not mean that it is gone.',
    },
  ],
]);
