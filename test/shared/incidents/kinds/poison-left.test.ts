import { poisonLeft } from '../../../../shared/incidents/kinds/poison-left.ts';
import { AT, describeKind } from './table.ts';

describeKind(poisonLeft, [
  [
    'names the queues',
    poisonLeft.draft(['sweeps-poison', 'alerts-poison'], AT),
    {
      subject: { vault: '-' },
      summary:
        'Messages lie in sweeps-poison, alerts-poison, and no function can take them: look at them in the storage account of the register, and remove them.',
    },
  ],
]);
