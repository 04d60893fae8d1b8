import { NO_VAULT } from '../../domain/audit-record.ts';
import { incidentKind } from './kind.ts';

export const policyLoosened = incidentKind(
  {
    id: 'policy-loosened',
    severity: 'error',
    tells: 'The policy guards less than the one before it. Everyone hears of it: who may change it may be who attacks.',
    ends: { kind: 'by-a-person' },
  },
  (loosened: readonly string[], now: Date) => ({
    subject: { vault: NO_VAULT },
    since: now,
    summary: `The policy guards less than before: ${loosened.join('; ')}.`,
    judgement: 'left to people',
  }),
);
