import { incidentKind } from './kind.ts';

export const registerLost = incidentKind(
  {
    id: 'register-lost',
    severity: 'critical',
    tells: 'The register lost a vault whose baseline was accepted.',
    ends: { kind: 'by-a-person' },
  },
  (vault: string, since: Date, keys: number) => ({
    subject: { vault },
    since,
    summary: `The register of ${vault} was empty although its baseline was accepted; ${keys} keys were rebuilt from the trail.`,
    judgement: 'rebuilt from the trail',
  }),
);
