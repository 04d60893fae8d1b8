import { useByUnknownUser } from '../../../../shared/incidents/kinds/use-by-unknown-user.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(useByUnknownUser, [
  [
    'names the operation and who used the key',
    useByUnknownUser.draft(KEY, MALLORY, AT, 'KeyUnwrap'),
    {
      subject: KEY,
      since: AT,
      who: MALLORY,
      summary: 'KeyUnwrap of prod-disks/disk-a by somebody who is not a known user of it.',
    },
  ],
]);
