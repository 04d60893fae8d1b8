import { incidentKind } from './kind.ts';

export const trailBehind = incidentKind(
  {
    id: 'trail-behind',
    severity: 'error',
    tells: "The trail does not take records; they wait in the register's storage.",
    ends: { kind: 'with-its-state', when: 'when they were brought in' },
  },
  (vault: string, since: Date) => ({
    subject: { vault },
    since,
    summary: `The trail of ${vault} cannot be appended: its records wait in the register's storage and follow later.`,
    judgement: 'trying again',
  }),
);
