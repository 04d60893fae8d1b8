import { registerLost } from '../../../../shared/incidents/kinds/register-lost.ts';
import { AT, describeKind } from './table.ts';

describeKind(registerLost, [
  [
    'says what was rebuilt',
    registerLost.draft('prod-disks', AT, 3),
    {
      summary:
        'The register of prod-disks was empty although its baseline was accepted; 3 keys were rebuilt from the trail.',
      judgement: 'rebuilt from the trail',
    },
  ],
]);
