import { keyBackedUp } from '../../../../shared/incidents/kinds/key-backed-up.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(keyBackedUp, [
  [
    'names who holds a copy now',
    keyBackedUp.draft(KEY, MALLORY, AT),
    {
      subject: KEY,
      since: AT,
      who: MALLORY,
      summary: 'Key prod-disks/disk-a was backed up: a copy can be restored elsewhere and never be revoked.',
    },
  ],
]);
