import { ownActUnexplained } from '../../../../shared/incidents/kinds/own-act-unexplained.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(ownActUnexplained, [
  [
    'says that somebody else has the identity',
    ownActUnexplained.draft(KEY, 'KeyUpdate', MALLORY, AT),
    {
      subject: KEY,
      who: MALLORY,
      summary:
        "KeyUpdate of prod-disks/disk-a under the guardian's own identity is not in its trail: somebody else uses that identity.",
    },
  ],
]);
