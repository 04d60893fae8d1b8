import { NO_VAULT } from '../../domain/audit-record.ts';
import type { PolicyInvalid } from '../../errors.ts';
import { incidentKind } from './kind.ts';

/** Faults that an alert names at most. */
const TOLD_FAULTS = 20;

export const policyInvalid = incidentKind(
  {
    id: 'policy-invalid',
    severity: 'critical',
    tells: 'The policy file cannot be used, so that nothing is watched and nothing is written.',
    ends: { kind: 'with-its-state', when: 'when it can be used again' },
  },
  ({ faults }: PolicyInvalid, now: Date) => ({
    subject: { vault: NO_VAULT },
    since: now,
    summary: `The policy cannot be used, so that no vault is watched and nothing is written: ${faults.slice(0, TOLD_FAULTS).join('; ')}${faults.length <= TOLD_FAULTS ? '' : `; and ${faults.length - TOLD_FAULTS} more: "npm run build" lists all`}.`,
    judgement: 'left to people',
  }),
);
