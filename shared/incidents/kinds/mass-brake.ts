import { MASS_BRAKE_VERSIONS } from '../../domain/decision.ts';
import { incidentKind } from './kind.ts';

export const massBrake = incidentKind(
  {
    id: 'mass-brake',
    severity: 'critical',
    tells: 'More was bad before the last look than the guardian undoes by itself.',
    ends: { kind: 'with-its-state', when: `when no more than ${MASS_BRAKE_VERSIONS} versions are` },
  },
  (vault: string, since: Date, versions: number) => ({
    subject: { vault },
    since,
    summary: `${versions} versions in ${vault} were bad before the last look and would be undone only because the register says so.`,
    judgement: 'held for a person',
    command: `key-guardian baseline show ${vault}`,
  }),
);
