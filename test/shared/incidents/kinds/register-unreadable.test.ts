import { registerUnreadable } from '../../../../shared/incidents/kinds/register-unreadable.ts';
import { AT, describeKind, KEY } from './table.ts';

describeKind(registerUnreadable, [
  [
    'says that the key is not guarded',
    registerUnreadable.draft(KEY, AT),
    {
      subject: KEY,
      summary: 'What the register holds of key prod-disks/disk-a cannot be read: the key is not guarded until it can.',
    },
  ],
]);
