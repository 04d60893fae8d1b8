import { GUARDIAN } from '../../domain/subject.ts';
import { BY_A_PERSON, deploy, incidentKind } from './kind.ts';

export const policyLoosened = incidentKind(
  {
    id: 'policy-loosened',
    severity: 'error',
    audience: 'on-call',
    tells: 'The policy guards less than before. Everyone is alerted: an attacker may have changed it.',
    ...BY_A_PERSON,
  },
  (loosened: readonly string[], now: Date) => ({
    subject: GUARDIAN,
    since: now,
    summary: `The policy guards less than before: ${loosened.join('; ')}. It came with a deployment: if nobody meant it, deploy the policy of before.`,
    commands: [
      'git log --patch -3 -- policy.json  # in the folder of its deployment: who changed it',
      deploy('if nobody meant it, with the policy.json of before'),
    ],
  }),
);
