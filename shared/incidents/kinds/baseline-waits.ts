import { utc } from '../../domain/time.ts';
import { incidentKind } from './kind.ts';

export const baselineWaits = incidentKind(
  {
    id: 'baseline-waits',
    severity: 'error',
    tells: 'A baseline was proposed and nobody has accepted it, so that the vault is not guarded.',
    ends: { kind: 'with-its-state', when: 'with the first pass after a person accepted it' },
  },
  (vault: string, since: Date) => ({
    subject: { vault },
    since,
    summary: `Vault ${vault} is not guarded: its baseline waits for a person since ${utc(since)}. Until it is accepted, deletions and disablements there are neither told nor undone.`,
    judgement: 'left to people',
    command: `key-guardian baseline show ${vault}`,
  }),
);
