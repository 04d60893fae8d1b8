import { baselineWaits } from '../../../../shared/incidents/kinds/baseline-waits.ts';
import { AT, describeKind } from './table.ts';

describeKind(baselineWaits, [
  [
    'says since when, what does not happen until then, and where to begin',
    baselineWaits.draft('prod-disks', AT),
    {
      subject: { vault: 'prod-disks' },
      summary:
        'Vault prod-disks is not guarded: its baseline waits for a person since 2026-03-01 12:00:00 UTC. Until it is accepted, deletions and disablements there are neither told nor undone.',
      command: 'key-guardian baseline show prod-disks',
    },
  ],
]);
