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
        "Key prod-disks/disk-a is made unusable again and again. A hold stops its restoring, on the local Azure only yet; elsewhere, take the keeper's role on the vault away.",
      judgement: 'restored at most once a minute, until a person stops it',
      command: 'key-guardian hold set prod-disks/disk-a --why "…"',
    },
  ],
]);
