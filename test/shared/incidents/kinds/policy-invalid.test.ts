import { expect } from 'vitest';
import { PolicyInvalid } from '../../../../shared/errors.ts';
import { policyInvalid } from '../../../../shared/incidents/kinds/policy-invalid.ts';
import { AT, describeKind } from './table.ts';

describeKind(policyInvalid, [
  [
    'names every fault',
    policyInvalid.draft(new PolicyInvalid('policy.json', ['one', 'two']), AT),
    {
      subject: { vault: '-' },
      summary: 'The policy cannot be used, so that no vault is watched and nothing is written: one; two.',
    },
  ],
  [
    'names twenty and counts the others',
    policyInvalid.draft(
      new PolicyInvalid(
        'policy.json',
        Array.from({ length: 23 }, (_, nth) => `${nth}`),
      ),
      AT,
    ),
    { summary: expect.stringMatching(/: 0; 1; .+; 19; and 3 more: "npm run build" lists all\.$/) },
  ],
]);
