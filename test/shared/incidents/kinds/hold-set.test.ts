import { holdSet } from '../../../../shared/incidents/kinds/hold-set.ts';
import { AT, describeKind, KEY, MALLORY } from './table.ts';

describeKind(holdSet, [
  [
    'on a key',
    holdSet.draft({ id: 'h1', ...KEY, by: MALLORY, why: 'we look into it', from: AT, until: AT }),
    {
      subject: KEY,
      since: AT,
      who: MALLORY,
      summary: 'A hold stops every write to prod-disks/disk-a until 2026-03-01 12:00:00 UTC: we look into it',
    },
  ],
  [
    'on a vault',
    holdSet.draft({ id: 'h1', vault: 'prod-disks', by: MALLORY, why: 'we look into it', from: AT, until: AT }),
    {
      subject: { vault: 'prod-disks' },
      since: AT,
      who: MALLORY,
      summary: 'A hold stops every write to prod-disks until 2026-03-01 12:00:00 UTC: we look into it',
    },
  ],
  [
    'on everything',
    holdSet.draft({ id: 'h1', by: MALLORY, why: 'we look into it', from: AT, until: AT }),
    {
      subject: { vault: '-' },
      since: AT,
      who: MALLORY,
      summary: 'A hold stops every write to everything until 2026-03-01 12:00:00 UTC: we look into it',
    },
  ],
]);
