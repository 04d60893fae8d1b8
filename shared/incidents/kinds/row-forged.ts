import { GUARDIAN } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

export const rowForged = incidentKind(
  {
    id: 'row-forged',
    severity: 'critical',
    audience: 'on-call',
    tells: "Somebody wrote an approval or a hold into the guardian's storage past the guardian. It counts for nothing.",
    ...BY_A_PERSON,
  },
  (row: string, since: Date) => ({
    subject: GUARDIAN,
    since,
    summary: `The row ${row} is not as the guardian signed it, so it counts for nothing: find out who can write to the storage of the register, then remove the row.`,
  }),
);
