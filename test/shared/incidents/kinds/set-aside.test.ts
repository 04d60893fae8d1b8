import { setAside } from '../../../../shared/incidents/kinds/set-aside.ts';
import { AT, describeKind } from './table.ts';

describeKind(setAside, [
  [
    'says where it lies, and why',
    setAside.draft(AT, 'a/b.txt', 'a', 'it is no JSON'),
    {
      subject: { vault: '-' },
      summary:
        'Something could not be read and was set aside whole as a/b.txt: it is no JSON. What follows from the same source lies in a.',
    },
  ],
]);
