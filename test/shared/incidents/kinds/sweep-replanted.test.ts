import { sweepReplanted } from '../../../../shared/incidents/kinds/sweep-replanted.ts';
import { AT, describeKind } from './table.ts';

describeKind(sweepReplanted, [
  [
    'says who planted the pass',
    sweepReplanted.draft('prod-disks', AT, 'inspect'),
    { summary: 'A pass over prod-disks was overdue: inspect planted the next one before the sentry did.' },
  ],
]);
