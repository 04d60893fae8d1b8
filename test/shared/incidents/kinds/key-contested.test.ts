import { keyContested } from '../../../../shared/incidents/kinds/key-contested.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(keyContested, [
  [
    'gives the command that stops it',
    keyContested.draft(KEY, AT, MALLORY),
    {
      subject: KEY,
      who: MALLORY,
      summary:
        'Key prod-disks/disk-a is made unusable again and again: it is restored at most once a minute until a person sets a hold.',
      command: 'key-guardian hold set prod-disks/disk-a --why "…"',
    },
  ],
]);
