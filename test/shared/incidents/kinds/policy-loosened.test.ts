import { policyLoosened } from '../../../../shared/incidents/kinds/policy-loosened.ts';
import { AT, describeKind } from './table.ts';

describeKind(policyLoosened, [
  [
    'names everything that is guarded less',
    policyLoosened.draft(['prod-disks comes from block to alert', 'nothing is told by webhook any more'], AT),
    {
      subject: { vault: '-' },
      summary:
        'The policy guards less than before: prod-disks comes from block to alert; nothing is told by webhook any more.',
    },
  ],
]);
