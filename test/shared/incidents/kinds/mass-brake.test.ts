import { massBrake } from '../../../../shared/incidents/kinds/mass-brake.ts';
import { AT, describeKind } from './table.ts';

describeKind(massBrake, [
  [
    'says how many wait for a person, and where to look',
    massBrake.draft('prod-disks', AT, 25),
    {
      summary:
        '25 versions in prod-disks were bad before the last look and would be undone only because the register says so.',
      judgement: 'held for a person',
      command: 'key-guardian baseline show prod-disks',
    },
  ],
]);
