import { purgeAttempted } from '../../../../shared/incidents/kinds/purge-attempted.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(purgeAttempted, [
  [
    'names who tried, and the status of the answer',
    purgeAttempted.draft(KEY, MALLORY, AT, 403),
    {
      subject: KEY,
      since: AT,
      who: MALLORY,
      summary: 'Somebody tried to purge prod-disks/disk-a and was refused with 403.',
    },
  ],
]);
