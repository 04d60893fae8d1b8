import { utc } from '../../domain/time.ts';
import { incidentKind } from './kind.ts';

export const vaultBlind = incidentKind(
  {
    id: 'vault-blind',
    severity: 'critical',
    tells: 'A vault could not be swept for two minutes, or no pass began, with the reason.',
    ends: { kind: 'with-its-state', when: 'when a pass came to its end' },
  },
  (vault: string, since: Date, because: string) => ({
    subject: { vault },
    since,
    summary: `Vault ${vault} cannot be swept since ${utc(since)}: ${because}. Deletions and disablements there go unseen.`,
    judgement: 'trying again',
  }),
);
