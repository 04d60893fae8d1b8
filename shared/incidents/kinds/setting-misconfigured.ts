import { NO_VAULT } from '../../domain/audit-record.ts';
import { incidentKind } from './kind.ts';

export const settingMisconfigured = incidentKind(
  {
    id: 'setting-misconfigured',
    severity: 'error',
    tells: 'A setting of the app is not known, cannot be used or lacks another one; all else works without it.',
    ends: { kind: 'with-its-state', when: 'when every setting can be used' },
  },
  (faults: readonly string[], now: Date) => ({
    subject: { vault: NO_VAULT },
    since: now,
    summary: `The app does without settings that cannot be used: ${faults.join('; ')}.`,
    judgement: 'left to people',
  }),
);
