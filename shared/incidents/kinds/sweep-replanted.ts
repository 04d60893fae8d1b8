import { incidentKind } from './kind.ts';

export const sweepReplanted = incidentKind(
  {
    id: 'sweep-replanted',
    severity: 'warning',
    tells: 'A pass over a vault was overdue: another function than the sentry planted the next.',
    ends: { kind: 'with-its-state', when: 'when the sentry runs again' },
  },
  (vault: string, since: Date, by: string) => ({
    subject: { vault },
    since,
    summary: `A pass over ${vault} was overdue: ${by} planted the next one before the sentry did.`,
    judgement: 'planted again',
  }),
);
