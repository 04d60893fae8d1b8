import { accessRefused } from '../../../../shared/incidents/kinds/access-refused.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(accessRefused, [
  [
    'names the identity that lost its access',
    accessRefused.draft(KEY, MALLORY, AT, 'KeyUnwrap', 403),
    {
      subject: KEY,
      since: AT,
      who: MALLORY,
      summary:
        'KeyUnwrap of prod-disks/disk-a was refused with 403 although the key is usable: an identity has lost its access.',
    },
  ],
]);
