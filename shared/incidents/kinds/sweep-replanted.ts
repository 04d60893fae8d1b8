import { incidentKind } from './kind.ts';

export const sweepReplanted = incidentKind(
  {
    id: 'sweep-replanted',
    severity: 'warning',
    tells: 'No pass over a vault for two minutes: another function than the sentry planted the next.',
    ends: { kind: 'with-its-state', when: 'when the sentry runs again' },
  },
  (vault: string, since: Date, by: string) => ({
    subject: { vault },
    since,
    summary: `No pass over ${vault} for two minutes: ${by} planted the next one before the sentry did.`,
    judgement: 'planted again',
  }),
);
