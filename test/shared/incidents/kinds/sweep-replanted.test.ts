import { sweepReplanted } from '../../../../shared/incidents/kinds/sweep-replanted.ts';
import { AT, describeKind } from './table.ts';

describeKind(sweepReplanted, [
  [
    'says who planted the pass',
    sweepReplanted.draft('prod-disks', AT, 'inspect'),
    { summary: 'No pass over prod-disks for two minutes: inspect planted the next one before the sentry did.' },
  ],
]);
