import { inspectionsStalled } from '../../../../shared/incidents/kinds/inspections-stalled.ts';
import { AT, describeKind } from './table.ts';

describeKind(inspectionsStalled, [
  [
    'names the key, since when, and what to look at',
    inspectionsStalled.draft('prod-disks', 'disk-a', AT),
    {
      subject: { vault: 'prod-disks' },
      since: AT,
      summary:
        'Nobody has looked at prod-disks/disk-a since 2026-03-01 12:00:00 UTC, though it is not as approved: nothing is undone in prod-disks. See whether the function inspect runs.',
    },
  ],
]);
