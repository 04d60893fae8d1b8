import { NO_VAULT } from '../../domain/audit-record.ts';
import { incidentKind } from './kind.ts';

export const setAside = incidentKind(
  {
    id: 'set-aside',
    severity: 'warning',
    tells: 'Something could not be parsed and was set aside whole.',
    ends: { kind: 'by-a-person' },
  },
  (since: Date, document: string, folder: string, because: string) => ({
    subject: { vault: NO_VAULT },
    since,
    summary: `Something could not be read and was set aside whole as ${document}: ${because}. What follows from the same source lies in ${folder}.`,
    judgement: 'left to people',
  }),
);
